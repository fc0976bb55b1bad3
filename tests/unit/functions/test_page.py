"""page's handler: an event of the HTTP API in, an answer out, whatever goes wrong."""

from __future__ import annotations

import base64
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from sesguard.acknowledgement import pages
from sesguard.errors import SettingsError
from sesguard.notices.brand import Brand
from tests.fakes.clock import DAY
from tests.fakes.owner import FIXED, Owner

APP = Path(__file__).resolve().parents[3] / "functions" / "page" / "app.py"


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def page(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function's module, as Lambda loads it, over the owner's world in memory."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "page")
    spec = importlib.util.spec_from_file_location("app_page", APP)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "wired", lambda: owner.deps)
    return module


def an_event(method: str = "GET", token: str = "", *, path: str = "/", body: str | None = None, **more: Any) -> Any:
    """As the documented example, with what an HTTP API leaves out where there is none left out."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": f"t={token}" if token else "",
        "headers": {"host": "mail.example.com", **more.pop("headers", {})},
        "requestContext": {"domainName": "mail.example.com", "http": {"method": method, "path": path}},
        "isBase64Encoded": False,
        **more,
    }
    if token:
        event["queryStringParameters"] = {"t": token}
    if body is not None:
        event["body"] = body
    return event


def a_form(token: str, *, encoded: bool) -> Any:
    body = urlencode({"fixed": FIXED})
    return an_event(
        "POST",
        token,
        body=base64.b64encode(body.encode()).decode() if encoded else body,
        headers={"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"},
        isBase64Encoded=encoded,
    )


def link(owner: Owner) -> str:
    """That is good at the handler's own time, whatever that is."""
    return owner.link(lifetime=36_500 * DAY)


@pytest.mark.parametrize("path", ["/", "/acknowledge", "/any/other/path"])
def test_a_link_is_opened_under_whatever_path(page, owner, path):
    answer = page.handler(an_event(token=link(owner), path=path), None)
    assert (answer["statusCode"], answer["headers"]) == (200, dict(pages.HEADERS))
    assert "acme-news" in answer["body"]


@pytest.mark.parametrize("encoded", [True, False])
def test_the_form_is_taken_encoded_or_not(page, owner, encoded):
    assert page.handler(a_form(link(owner), encoded=encoded), None)["statusCode"] == 200
    assert [why for _, why in owner.words] == [FIXED]


def test_head_has_the_same_headers_and_no_body(page, owner):
    opened, asked = (page.handler(an_event(method, link(owner)), None) for method in ("GET", "HEAD"))
    assert {**opened, "body": ""} == asked


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/robots.txt"])
def test_whatever_is_asked_for_without_a_token_gets_the_one_answer(page, path):
    assert page.handler(an_event(path=path), None)["body"] == pages.unusable().body


def test_two_tokens_at_once_are_none(page, owner):
    event = an_event(token=f"{link(owner)},{link(owner)}")
    assert page.handler(event, None)["statusCode"] == 404


@pytest.mark.parametrize("broken", [SettingsError("STREAMS_TABLE", "StreamsTable", "is missing"), RuntimeError("bug")])
def test_what_goes_wrong_is_an_answer_with_every_header_and_is_on_record(page, monkeypatch, caplog, broken):
    def fails() -> None:
        raise broken

    monkeypatch.setattr(page, "wired", fails)
    answer = page.handler(an_event(token="x"), None)
    assert (answer["statusCode"], answer["body"]) == (503, pages.trouble().body)
    assert answer["headers"].items() >= pages.HEADERS.items()
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == [str(broken)]


@pytest.mark.parametrize("body", ["not base64!", "ä"])
def test_a_body_that_is_not_what_it_says_is_an_answer(page, owner, body):
    event = {**a_form(link(owner), encoded=True), "body": body}
    assert page.handler(event, None)["statusCode"] in {400, 422, 503}
    assert owner.words == []


def test_no_log_holds_a_token_or_what_was_written(page, owner, caplog):
    token = link(owner)
    page.handler(an_event(token=token), None)
    page.handler(a_form(token, encoded=True), None)
    written = [vars(record) for record in caplog.records]
    assert [(it["method"], it["status"]) for it in written] == [("GET", 200), ("POST", 200)]
    assert not any(secret in str(written) for secret in (token, FIXED, "imported"))


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"headers": {"origin": "http://["}}, 403),
        ({"body": "a", "isBase64Encoded": True}, 400),
        ({"body": base64.b64encode(b"\xff\xfe").decode(), "isBase64Encoded": True}, 400),
        ({"body": "\ud800"}, 400),
        ({"body": None}, 404),
        ({"headers": None}, 415),
        ({"body": "&".join(f"a{number}=1" for number in range(4_000))}, 413),
        ({"body": "&".join(f"a{number}=1" for number in range(40))}, 400),
    ],
)
def test_no_hostile_request_is_a_failure_of_the_page(page, event, status):
    form = {"content-type": "application/x-www-form-urlencoded"}
    headers = event.pop("headers", {})
    whole = {**an_event("POST", body="fixed=x"), **event}
    whole["headers"] = None if headers is None else {**form, **headers}
    assert page.handler(whole, None)["statusCode"] == status


def test_the_page_wears_the_platforms_brand(page, owner):
    owner.brand = Brand(name="Brightmail", colour="#0b57d0")
    answer = page.handler(an_event(token=link(owner)), None)
    assert (answer["statusCode"], ">Brightmail</header>" in answer["body"]) == (200, True)
    assert answer["headers"] == dict(pages.headers_of(owner.brand))
