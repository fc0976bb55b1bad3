"""The acknowledgement page of the deployed guard, in a real browser and over plain HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from localcloud.cloud import DATA
from localcloud.owner import link_in
from localcloud.setting_up import stream_of
from sesguard.acknowledgement.links import Links
from sesguard.acknowledgement.pages import HEADERS
from tests.cloud.browser import DESK, PHONE, browsing, look, shot, submit
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud
SHOTS = DATA / "screenshots"
FIXED = "We removed the imported list and every address that bounced."
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
# What differs from one answer to the next whatever was asked.
OF_THE_MOMENT = {"date", "apigw-requestid", "x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"}
CONTRAST = """
const channels = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number)
const light = text => channels(text).map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, at) => sum + c * [.2126, .7152, .0722][at], 0)
const ground = it => { for (; it; it = it.parentElement) {
  const colour = getComputedStyle(it).backgroundColor
  if (!colour.endsWith(', 0)')) return colour } return 'rgb(255, 255, 255)' }
return [...document.querySelectorAll('h1, h2, p, dt, li, label, textarea, button, a, footer')].map(it => {
  const [one, two] = [light(getComputedStyle(it).color), light(ground(it))].sort()
  return [it.tagName, (two + .05) / (one + .05)] })
"""


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Owner:
    """The owner of a stream that is paused and waits for a word."""

    def __init__(self, platform: Platform, **stream: Any) -> None:
        self.platform = platform
        self.stream = platform.stream(**stream)
        platform.send_bad(self.stream)
        platform.wait_until(lambda: self.state.get("acknowledge"), "a pause that waits for its owner")
        secret = platform.cloud.client("secretsmanager")
        (signing,) = [it["ARN"] for it in secret.list_secrets()["SecretList"] if "SigningSecret" in it["Name"]]
        self._key: bytes = secret.get_secret_value(SecretId=signing)["SecretString"].encode()

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.platform.item(self.stream).get("state", {}).get("S", "{}"))
        return state

    @property
    def version(self) -> str:
        version: str = self.platform.item(self.stream)["version"]["N"]
        return version

    @property
    def words(self) -> list[tuple[str, str]]:
        """Who spoke and what was said, as the journal has it."""
        found = self.platform.dynamodb.query(
            TableName=self.platform.outputs["IncidentsTableName"],
            KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "stream"},
            ExpressionAttributeValues={":s": {"S": str(stream_of(self.stream))}},
        )
        return [(it["who"]["S"], it["why"]["S"]) for it in found["Items"] if "who" in it]

    def link(self, lifetime: timedelta = timedelta(days=1), key: bytes = b"") -> str:
        links = Links(self.platform.outputs["PageUrl"], key or self._key, lifetime)
        pause = datetime.fromisoformat(self.state["strikes"][-1])
        return links.to(stream_of(self.stream), self.state["incident"], pause, datetime.now(UTC))


def ask(method: str, link: str, body: str | None = None, **headers: str) -> Answer:
    parts = urlsplit(link)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, headers)
        answer = connection.getresponse()
        kept = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in OF_THE_MOMENT}
        return Answer(answer.status, kept, answer.read())
    finally:
        connection.close()


def press(link: str, fixed: str = FIXED) -> Answer:
    return ask("POST", link, urlencode({"fixed": fixed}), **FORM)


def complaints_of(chrome: Chrome) -> list[str]:
    """What the browser has to complain of: violations of the policy, errors, what could not be loaded."""
    return [entry["message"] for entry in chrome.get_log("browser")]


@pytest.fixture(scope="module")
def owner(platform: Platform) -> Owner:
    """Of a pause that no test of this module ends."""
    return Owner(platform)


@pytest.fixture(scope="module")
def session() -> Iterator[Chrome]:
    with browsing() as chrome:
        yield chrome


@pytest.fixture
def chrome(session: Chrome) -> Chrome:
    look(session, DESK)
    session.get("about:blank")
    complaints_of(session)
    return session


def test_an_owner_opens_the_link_says_what_was_fixed_and_is_thanked(platform: Platform, chrome: Chrome) -> None:
    owner = Owner(platform)
    link = owner.link()
    chrome.get(link)
    assert f"Sending through {owner.stream} is paused" in chrome.title + chrome.find_element(By.TAG_NAME, "h1").text
    assert "48 of 48 mails" in chrome.find_element(By.CLASS_NAME, "numbers").text
    assert owner.state["acknowledge"] is True
    chrome.find_element(By.TAG_NAME, "textarea").send_keys(FIXED)
    submit(chrome)
    assert "on record" in chrome.find_element(By.TAG_NAME, "h1").text
    shot(chrome, SHOTS, "page-thanks", DESK)
    assert complaints_of(chrome) == []
    assert chrome.get_cookies() == []
    assert owner.state.get("acknowledge", False) is False
    assert owner.words == [("owner, by link", FIXED)]
    assert not platform.may_send(owner.stream)  # the cool-down still runs
    chrome.get(link)
    assert "is paused" in chrome.find_element(By.TAG_NAME, "h1").text
    assert "nothing to do here" in chrome.find_element(By.TAG_NAME, "main").text
    assert chrome.find_elements(By.TAG_NAME, "button") == []
    shot(chrome, SHOTS, "page-standing", DESK)


def test_an_owner_who_has_not_spoken_is_reminded_and_either_mails_link_acknowledges_once(
    platform: Platform, chrome: Chrome
) -> None:
    address = "owner@reminded.example"
    owner = Owner(platform, owner=address, policy={"cool_down": "5s"})
    platform.wait_until(lambda: len(platform.mails_to(address)) >= 2, "the notice of the pause, and the reminder")
    links = [link_in(mail) for mail in platform.mails_to(address)]
    assert None not in links
    assert len(set(links)) == 2
    chrome.get(str(links[1]))
    assert "waiting time is over" in chrome.find_element(By.TAG_NAME, "main").text
    chrome.find_element(By.TAG_NAME, "textarea").send_keys(FIXED)
    submit(chrome)
    assert "on record" in chrome.find_element(By.TAG_NAME, "h1").text
    assert all(b"nothing to do here" in ask("GET", str(link)).body for link in links)
    assert owner.words == [("owner, by link", FIXED)]


def test_it_works_without_scripts(platform: Platform, chrome: Chrome) -> None:
    owner = Owner(platform)
    look(chrome, PHONE, scripts=False)
    chrome.get(owner.link())
    chrome.find_element(By.TAG_NAME, "textarea").send_keys(FIXED)
    submit(chrome)
    assert "on record" in chrome.find_element(By.TAG_NAME, "h1").text
    assert owner.words == [("owner, by link", FIXED)]


def test_opening_it_in_whatever_way_changes_nothing(owner: Owner, chrome: Chrome) -> None:
    version = owner.version
    link = owner.link()
    chrome.get(link)
    chrome.refresh()
    opened = ask("GET", link, **{"Sec-Purpose": "prefetch", "Purpose": "prefetch"})
    head = ask("HEAD", link)
    assert (opened.status, head.status, head.body) == (200, 200, b"")
    assert [ask(method, link).status for method in ("PUT", "DELETE", "PATCH")] == [405, 405, 405]
    assert ask("POST", link, urlencode({"fixed": FIXED}), **{**FORM, "Sec-Fetch-Site": "cross-site"}).status == 403
    assert owner.version == version
    assert owner.words == []


def test_a_form_on_another_site_cannot_press_the_button(owner: Owner, chrome: Chrome) -> None:
    fields = (
        f'<form method="post" action="{owner.link()}"><input name="fixed" value="{FIXED}"><button>Win</button></form>'
    )
    chrome.get(f"data:text/html,{fields}".replace("#", "%23"))
    submit(chrome)
    assert "cannot be done here" in chrome.find_element(By.TAG_NAME, "h1").text
    assert owner.words == []


def test_what_is_missing_is_said_at_the_field_and_what_was_typed_is_kept(owner: Owner, chrome: Chrome) -> None:
    chrome.get(owner.link())
    chrome.find_element(By.TAG_NAME, "textarea").send_keys("too short")
    submit(chrome)
    field = chrome.find_element(By.TAG_NAME, "textarea")
    assert field.get_attribute("value") == "too short"
    assert field.accessible_name == "What have you fixed?"
    described = [chrome.find_element(By.ID, name).text for name in str(field.get_attribute("aria-describedby")).split()]
    assert "at least 10 characters" in described[0]
    chrome.find_element(By.CSS_SELECTOR, ".wrong a").click()
    assert chrome.switch_to.active_element == field
    assert [it for it in complaints_of(chrome) if "422" not in it] == []
    assert owner.words == []


@pytest.mark.parametrize("screen", ["phone", "desktop"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_can_be_read_on_every_screen(owner: Owner, chrome: Chrome, screen: str, dark: bool) -> None:
    size, name = PHONE if screen == "phone" else DESK, f"page-{screen}-{'dark' if dark else 'light'}"
    look(chrome, size, dark=dark)
    chrome.get(owner.link())
    shot(chrome, SHOTS, name, size, dark=dark)
    assert chrome.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    # https://www.w3.org/WAI/WCAG22/Understanding/contrast-minimum.html
    assert [it for it in chrome.execute_script(CONTRAST) if it[1] < 4.5] == []
    submit(chrome)
    shot(chrome, SHOTS, f"{name}-missing", size, dark=dark)
    assert [it for it in chrome.execute_script(CONTRAST) if it[1] < 4.5] == []


def test_forged_and_expired_links_and_a_second_press_are_answered_byte_by_byte_alike(
    platform: Platform,
) -> None:
    owner = Owner(platform)
    good = owner.link()
    bad = [
        good[:-6] + "AAAAAA",
        good.partition("?")[0],
        f"{good.partition('?')[0]}?t=x",
        owner.link(timedelta(seconds=-1)),
        owner.link(key=b"o" * 64),
    ]
    answers = [call(link) for link in bad for call in (press, lambda link: ask("GET", link))]
    assert press(good).status == 200
    answers.append(press(good))
    assert b"nothing to do here" in ask("GET", good).body
    assert {answer.status for answer in answers} == {404}
    assert len({json.dumps(answer.headers) for answer in answers}) == 1
    assert len({answer.body for answer in answers}) == 1
    assert len(owner.words) == 1


def test_two_clicks_at_once_are_one_word(platform: Platform) -> None:
    owner = Owner(platform)
    link = owner.link()
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(press, [link, link]))
    assert sorted({answer.status for answer in answers}) in ([200], [200, 404])
    assert all(b"on record" in it.body or b"what you wrote has arrived" in it.body for it in answers)
    assert owner.words == [("owner, by link", FIXED)]


def test_every_answer_carries_every_header(owner: Owner) -> None:
    link = owner.link()
    for answer in (ask("GET", link), ask("HEAD", link), press(link, ""), ask("PUT", link), ask("GET", link + "x")):
        assert answer.headers.items() >= HEADERS.items()
        assert "set-cookie" not in answer.headers


def test_the_page_answers_under_any_path_of_the_address(owner: Owner, platform: Platform) -> None:
    """As behind a domain with a prefix, and at the API's own address."""
    query = owner.link().partition("?")[2]
    own = f"{platform.cloud.emulator.endpoint}/_aws/execute-api/{platform.outputs['PageApiId']}/$default/"
    for address in (f"{platform.outputs['PageUrl']}/some/path", own):
        assert ask("GET", f"{address}?{query}").status == 200
