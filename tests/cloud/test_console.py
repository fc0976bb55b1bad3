"""The console, the watch and the fleet on the deployed guard: every adapter that they read through."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from selenium.webdriver.common.by import By

from localcloud.cloud import ACCOUNT, REGION
from localcloud.console_page import ConsolePage
from sesguard.cli.console.guard_questions import guard_questions
from sesguard.fleet.account_page import read_account
from sesguard.fleet.guard_page import read_guard
from sesguard.fleet.read import read_fleet
from sesguard.fleet.sent_notices import SentNotice, read_notices
from sesguard.fleet.series import BucketWidth
from sesguard.fleet.stream_page import read_detail, read_what_if
from sesguard.pausing.incidents import incidents
from sesguard.pausing.state import Status
from sesguard.stream import StreamId
from sesguard.tenants.items import POLICY
from sesguard.wiring.fleet import GuardFleet, account_facts, guard_facts
from sesguard.wiring.operator import Guard, open_guard
from sesguard.wiring.registry import registry_store
from tests.cloud.browser import DESK, browsing, look
from tests.cloud.conftest import Platform
from tests.cloud.test_operator import Operator

pytestmark = pytest.mark.cloud


@pytest.fixture(scope="module")
def guard(platform: Platform) -> Guard:
    emulator = platform.cloud.emulator
    return open_guard("sesguard", region=REGION, endpoint=emulator.endpoint, keys=(ACCOUNT, "local"))


@pytest.fixture(scope="module")
def page(platform: Platform) -> Iterator[ConsolePage]:
    with ConsolePage(platform.cloud.emulator) as page:
        yield page


def test_the_fleet_has_a_stream_that_nobody_registered_with_what_it_sent(platform: Platform, guard: Guard) -> None:
    nobodys, bad = platform.stream(), platform.stream(owner="owner@fleet.example")
    platform.send_good(nobodys)
    platform.send_bad(bad)
    platform.wait_until(lambda: not platform.may_send(bad), "the bad stream is paused")
    platform.wait_until(lambda: platform.counted(nobodys)[0] == 50, "what was sent is counted")
    fleet = read_fleet(GuardFleet(guard), datetime.now(UTC))
    assert fleet.problems == ()
    row, paused = (fleet.row(StreamId(ACCOUNT, REGION, name)) for name in (nobodys, bad))
    assert row is not None
    assert row.sums is not None
    assert (row.tenant, row.sums.volume, row.state) == ("", 50, Status.HEALTHY)
    assert paused is not None
    assert paused.sums is not None
    assert (paused.tenant, paused.state, paused.sums.bounces) == (f"tenant-of-{bad}", Status.PAUSED, 48)
    assert fleet.rows.index(paused) < fleet.rows.index(row)
    assert fleet.reading.units > 0


def test_the_account_and_the_guard_are_read_whole(platform: Platform, guard: Guard) -> None:
    now = datetime.now(UTC)
    fleet = read_fleet(GuardFleet(guard), now)
    account = read_account(account_facts(guard), fleet, now, guard.deps.spared)
    assert account.problems == ()
    assert account.standing is not None
    assert account.standing.daily_quota > 0
    assert account.identities
    health = read_guard(guard_facts(guard), fleet, now)
    assert health.problems == ()
    assert {"SesEventsQueue", "AlarmDeadLetters"} <= {queue.name for queue in health.queues}
    assert "IngestFunction" in {function.name for function in health.functions}


@pytest.fixture(scope="module")
def told(platform: Platform) -> StreamId:
    """A stream that is paused, and whose owner has been told."""
    name, owner = platform.stream(owner="owner@desk.example"), "owner@desk.example"
    platform.send_bad(name)
    platform.wait_until(lambda: not platform.may_send(name), "the stream is paused")
    platform.wait_until(lambda: platform.mails_to(owner), "its owner is told")
    return StreamId(ACCOUNT, REGION, name)


def test_a_stream_is_read_with_its_mail_and_risk_over_time_and_another_policy_is_tried_on_it(
    guard: Guard, told: StreamId
) -> None:
    source, now = GuardFleet(guard), datetime.now(UTC)
    detail = read_detail(source, told, now)
    assert not detail.unknown
    for width, buckets in detail.history.items():
        assert (sum(it.mails for it in buckets), sum(it.bounces for it in buckets)) == (48, 48), width
    assert max(it.risk for it in detail.risks[BucketWidth.MINUTE]) >= 1
    assert {each.what for each in detail.worst} >= {"bounces at"}
    assert [incident.status for incident in detail.incidents] == ["paused"]
    tried = read_what_if(source, told, source.policy, now)
    assert tried.summary is not None
    assert [what for _, what, _, _ in tried.steps] == ["pause"]
    assert read_detail(source, told._replace(configuration_set="nobody-knows-it"), now).unknown


def test_an_incident_is_read_with_each_notice_as_it_was_sent(platform: Platform, guard: Guard, told: StreamId) -> None:
    source = GuardFleet(guard)
    platform.wait_until(lambda: len(_notices(source, told)) == 2, "owner and operator are on record as told")
    by_whom = {notice.to: notice for notice in _notices(source, told)}
    for notice in by_whom.values():
        assert notice.text is not None
        assert told.configuration_set in notice.text.subject
        assert [result.failed for result in notice.results] == [""]
    assert by_whom["owner"].text is not None
    assert by_whom["owner"].text.subject in platform.mails_to("owner@desk.example")[0]


def _notices(source: GuardFleet, stream: StreamId) -> Sequence[SentNotice]:
    entries = source.journal.of(stream)
    (incident,) = incidents(entries)
    return read_notices(source, incident, entries)


def test_the_registrys_policies_are_read_over_the_stacks(guard: Guard) -> None:
    store = registry_store(guard)
    store.put({"id": f"{POLICY}desk", "values": {"bounce_limit": 0.01}}, None)
    try:
        assert GuardFleet(guard).policies()["desk"] == replace(guard.policy, bounce_limit=0.01)
    finally:
        was = store.find(f"{POLICY}desk")
        assert was is not None
        store.remove(was)


def test_the_guard_answers_what_it_is_asked(guard: Guard, told: StreamId) -> None:
    asked, now = guard_questions(guard), datetime.now(UTC)
    assert all(it.queue.endswith("DeadLetters") for it in asked.causes())
    assert asked.errors(now).since == now - timedelta(days=1)
    assert asked.onboarding(now).waiting >= 0
    cost = asked.cost(now)
    assert cost.bill.lines[f"tenant-of-{told.configuration_set}"].counts.events() >= 48
    assert cost.bill.total.guard > 0


def test_every_page_opens_in_a_browser_and_leaves_nothing_unread(page: ConsolePage, told: StreamId) -> None:
    Platform.wait_until(lambda: page.link, "the console prints its link")
    origin = page.link.partition("/?")[0]
    with browsing() as chrome:
        look(chrome, DESK)
        chrome.get(page.link)

        def shows(*words: str) -> None:
            def text() -> str:
                return str(chrome.execute_script("return document.body.innerText"))

            for word in words:
                Platform.wait_until(lambda: word in text(), f"{chrome.current_url} shows {word!r}")  # noqa: B023
            assert "Not read" not in text()
            assert [it["message"] for it in chrome.get_log("browser") if it["level"] == "SEVERE"] == []

        def press(label: str) -> None:
            (button,) = [it for it in chrome.find_elements(By.TAG_NAME, "button") if it.text == label]
            button.click()

        shows("SES reviews at 5 %")
        # The grid draws only what is in sight, and the stack has streams of other tests.
        chrome.find_element(By.CSS_SELECTOR, "input[aria-label=Search]").send_keys(told.configuration_set)
        shows(told.configuration_set)
        chrome.get(f"{origin}/stream/{told}")
        shows("Worst run: of 48 mails", "domain-0.example", "What another policy would have done")
        press("Replay")
        shows("in the end")
        press("Registered policies")
        shows("now in the list")
        (link,) = chrome.find_elements(By.CSS_SELECTOR, "a[href^='/incident/']")
        chrome.get(link.get_attribute("href"))
        shows("To the owner: Tenant Paused", "To the operator: Tenant Paused")
        chrome.switch_to.frame(chrome.find_elements(By.CSS_SELECTOR, "iframe.notice")[0])
        shows(told.configuration_set)
        chrome.switch_to.default_content()
        chrome.get(f"{origin}/account")
        shows("By mailbox provider", "is off, so SES does not say", "Identities")
        chrome.get(f"{origin}/guard")
        shows("IngestFunction", "Read cost")
        for label, word in (("Read causes", ""), ("Read onboarding", "failed"), ("Read cost", "recipients")):
            press(label)
            shows(word)


def test_watch_says_once_how_every_stream_stands(platform: Platform) -> None:
    done = Operator(platform).run("watch", "--once")
    assert done.returncode == 0, done.stderr
    assert "healthy" in done.stdout


def test_the_console_serves_its_pages_to_whoever_has_the_link_and_to_nobody_else(page: ConsolePage) -> None:
    Platform.wait_until(lambda: page.link, "the console prints its link")
    origin = page.link.partition("/?")[0]
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(origin, timeout=20)  # noqa: S310 (of our own server)
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    assert browser.open(page.link, timeout=60).status == 200
    for path in ("/", "/account", "/guard"):
        assert "sesguard" in browser.open(origin + path, timeout=60).read().decode()
