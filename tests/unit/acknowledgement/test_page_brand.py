"""The page wears the platform's brand, and nothing that a brand holds changes what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from sesguard.acknowledgement import pages
from sesguard.acknowledgement.pages import Response
from sesguard.aws.tables.wordings import DynamoBrand
from sesguard.errors import AwsError
from sesguard.notices.brand import Brand, read_brand
from tests.fakes.moto_tables import tables
from tests.fakes.owner import Owner

BRIGHTMAIL = Brand(
    name="Brightmail & Co",
    colour="#ffd400",
    support="help@brightmail.example",
    footer="Rue <b>1</b>, Lyon",
    lang="fr",
)
LOGO = Brand(
    name="Brightmail", logo_url="https://cdn.brightmail.example:8443/logo.png?a=1;script-src,*", logo_text="B!"
)


@pytest.fixture
def owner() -> Owner:
    return Owner()


def every_page(owner: Owner) -> list[Response]:
    """Shown, refused form, refused request, no good link, thanked, come back, and no records."""
    link = owner.link()
    answers = [owner.open(), owner.press(fixed=""), owner.ask("PUT"), owner.open("x"), owner.press(), owner.open(link)]
    owner.cut_off("load")
    return [*answers, owner.open(link)]


def test_every_answer_carries_the_name_colour_support_and_footer(owner):
    owner.brand = BRIGHTMAIL
    answers = every_page(owner)
    assert [answer.status for answer in answers] == [200, 422, 405, 404, 200, 200, 503]
    for answer in answers:
        assert '<header lang="fr">Brightmail &amp; Co</header>' in answer.body
        assert "--brand: #ffd400; --on-brand: #000000;" in answer.body
        assert '<a href="mailto:help@brightmail.example">' in answer.body
        assert '<p lang="fr">Rue &lt;b&gt;1&lt;/b&gt;, Lyon</p>' in answer.body


def test_without_a_brand_it_is_the_guards_own(owner):
    for answer in every_page(owner):
        assert '<header lang="en">sesguard</header>' in answer.body
        assert "<img" not in answer.body
        assert answer.headers.items() >= pages.HEADERS.items()


@pytest.mark.parametrize("brand", [Brand(), BRIGHTMAIL, LOGO], ids=["none", "colours", "logo"])
def test_the_one_style_sheet_is_the_one_that_the_policy_names(owner, brand):
    owner.brand = brand
    for answer in every_page(owner):
        (style,) = re.findall(r"<style>(.*?)</style>", answer.body, re.DOTALL)
        named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{named}';" in answer.headers["content-security-policy"]
        assert "style=" not in answer.body


def test_the_logo_may_come_from_its_host_and_nothing_else_from_anywhere(owner):
    owner.brand = LOGO
    page = owner.open()
    assert f'<img src="{LOGO.logo_url}" alt="B!"' in page.body
    plain = {**pages.HEADERS, "content-security-policy": ""}
    assert {**page.headers, "content-security-policy": ""} == plain
    directives = [each.strip() for each in page.headers["content-security-policy"].split(";")]
    assert "img-src https://cdn.brightmail.example:8443" in directives
    assert len(directives) == len(pages.HEADERS["content-security-policy"].split(";")) + 1
    assert page.headers["referrer-policy"] == "no-referrer"  # the logo's host does not see the link


@pytest.mark.parametrize("url", ["", "https://[2001:db8::1]/logo.png", "http://cdn.example/logo.png"])
def test_a_logo_that_the_policy_cannot_name_is_left_out_and_the_name_stands_there(owner, url):
    owner.brand = Brand(name="Brightmail", logo_url=url)
    page = owner.open()
    assert "<img" not in page.body
    assert '<header lang="en">Brightmail</header>' in page.body
    assert "img-src" not in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "values",
    [
        {"colour": "red; } body { display: none"},
        {"colour": "#12345"},
        {"logo_url": "javascript:alert(1)"},
        {"logo_url": "https://a.example/;img-src *; script-src 'unsafe-inline'"},
        {"lang": '"><script>'},
        {"name": "a\r\nset-cookie: b"},
        {"name": 7},
        {"other": "x"},
    ],
)
def test_what_is_wrong_with_a_brand_is_named_and_left_out(owner, values):
    owner.brand, problems = read_brand(values)
    assert len(problems) == 1
    assert owner.open().body == Owner().open().body


def test_text_of_a_brand_is_text_on_the_page(owner):
    hostile = "</style></header><script>alert(1)</script>"
    owner.brand, problems = read_brand({"name": hostile, "support": f"{hostile}{{{{ 7 * 7 }}}}", "footer": hostile})
    assert problems == []
    for answer in every_page(owner):
        assert "<script" not in answer.body
        assert answer.body.count("</style>") == 1
        assert "{{ 7 * 7 }}" in answer.body


# ---- where it is read


def put(client: Any, **attributes: Any) -> None:
    client.put_item(TableName="tenants", Item={"id": {"S": "@notices"}, **attributes})


def test_the_brand_is_the_one_that_is_installed_for_mails_and_read_again_after_a_minute():
    with tables() as client:
        clock = [0.0]
        brand = DynamoBrand(client, "tenants", lambda: clock[0])
        assert brand.now() == Brand()
        put(client, brand={"M": {"name": {"S": "Brightmail"}}}, templates={"M": {}})
        assert brand.now() == Brand()
        clock[0] = 60.0
        assert brand.now() == Brand(name="Brightmail")


@pytest.mark.parametrize("broken", [{"S": "text"}, {"NULL": True}, {"M": {"name": {"L": []}, "new": {"S": "x"}}}])
def test_a_broken_brand_is_the_built_in_one_and_the_log_says_what_was_expected(broken, caplog):
    with tables() as client:
        put(client, brand=broken)
        assert DynamoBrand(client, "tenants").now() == Brand()
        assert "brand.toml" in caplog.text
        assert "expected" in caplog.text


def test_where_the_table_cannot_be_read_the_brand_before_stays_and_it_is_asked_again_after_a_minute(caplog):
    with tables() as client:
        clock, asked = [0.0], []
        put(client, brand={"M": {"name": {"S": "Brightmail"}}})

        class Failing:
            def get_item(self, **_: Any) -> Any:
                asked.append(clock[0])
                if clock[0] >= 60.0:
                    raise AwsError("GetItem", "AccessDeniedException", retryable=False)
                return client.get_item(TableName="tenants", Key={"id": {"S": "@notices"}})

        brand = DynamoBrand(Failing(), "tenants", lambda: clock[0])  # type: ignore[arg-type]  # only what is called
        for clock[0] in (0.0, 60.0, 61.0, 119.0, 120.0):
            assert brand.now() == Brand(name="Brightmail")
        assert asked == [0.0, 60.0, 120.0]
        assert "AccessDenied" in caplog.text
