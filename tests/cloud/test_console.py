"""The console, the watch and the fleet on the deployed guard: every adapter that they read through."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from localcloud.cloud import ACCOUNT, REGION
from localcloud.console_page import ConsolePage
from sesguard.fleet.account_page import read_account
from sesguard.fleet.guard_page import read_guard
from sesguard.fleet.read import read_fleet
from sesguard.pausing.state import Status
from sesguard.stream import StreamId
from sesguard.wiring.fleet import GuardFleet, account_facts, guard_facts
from sesguard.wiring.operator import Guard, open_guard
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
