"""The deployed sweep puts days on record, whatever came in between; reports and bills read them long afterwards."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import pytest

from localcloud.cloud import ACCOUNT, REGION
from sesguard.aws.counts.cohorts import SETTLED, day_text
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.daily_history import DAYS, recorded
from sesguard.aws.counts.day_counts import StreamDays
from sesguard.aws.counts.transactions import Tables
from sesguard.aws.workers import Workers
from sesguard.costs.month import Month, date_of
from sesguard.costs.usage import MailCounts
from sesguard.fleet.daily_history import MINUTES, turn_of
from sesguard.ingest.tally import Tally
from sesguard.ses_events.observation import CountsFor, Observation, Via
from sesguard.stream import StreamId
from tests.cloud.conftest import PATIENCE_SECONDS, Platform

pytestmark = pytest.mark.cloud

A_DAY: Final = 86_400
HISTORY_DAYS: Final = 400
_KINDS: Final = {"send": CountsFor.VOLUME, "bounce": CountsFor.HARD_BOUNCE, "complaint": CountsFor.COMPLAINT}

Items = dict[str, dict[str, Any]]


class Kept(NamedTuple):
    """A stream in the minute that is its turn.

    today: an epoch day. once: its months after one turn; mended: after the one that follows a crash between two of
    them; late: after something late had come, and one more turn.
    """

    stream: StreamId
    today: int
    once: Items
    mended: Items
    late: Items


def stream_of_minute(minute: int) -> StreamId:
    """A stream whose turn it is then, and which nobody has seen before."""
    names = (StreamId(ACCOUNT, REGION, f"kept-{time.time_ns()}-{number}") for number in itertools.count())
    return next(it for it in names if turn_of(it) == minute % MINUTES)


def count(platform: Platform, stream: StreamId, *seen: tuple[str, int, int]) -> None:
    """Count as ingest does what became known of mail: kind, how many, epoch day of sending."""
    tally = Tally()
    for number, (kind, many, day) in enumerate(seen):
        named = (("inbox.example", many),) if kind == "bounce" else ()
        its = Observation(
            kind=kind, stream=stream, minute=day * 1_440 + 600, count=many, counts_for=_KINDS[kind], why="",
            identity=f"{stream}-{time.time_ns()}-{number}", domains=named, codes=(), via=Via.SNS,
        )  # fmt: skip
        tally.add(its, number)
    parts, rest = tally.parts()
    tables = Tables(platform.outputs["CohortsTableName"], platform.outputs["SeenTableName"])
    writer = DynamoCountsWriter(platform.dynamodb, tables, Workers(1), home=None, clock=time.time)
    assert writer.add([*parts, *rest], datetime.now(UTC), lambda: True) == []


def put(platform: Platform, stream: StreamId, key: str, **numbers: int) -> None:
    item = {"stream": {"S": str(stream)}, "cohort": {"S": key}}
    item |= {name: {"N": str(number)} for name, number in numbers.items()}
    platform.dynamodb.put_item(TableName=platform.outputs["CohortsTableName"], Item=item)


def months(platform: Platform, stream: StreamId) -> Items:
    """What is on record of it, by month."""
    reader = StreamDays(platform.dynamodb, platform.outputs["CohortsTableName"], stream, consistent=True)
    return {it["cohort"]["S"][len(DAYS) :]: it for it in reader.between(DAYS, f"{DAYS}9")}


def a_year_ago(today: int) -> Month:
    return Month.of_day(today - 300)


def tenant_of(stream: StreamId) -> str:
    return f"tenant-of-{stream.configuration_set}"


def prepare(platform: Platform, stream: StreamId, today: int) -> None:
    """Counts of now and of an older version, and what was put on record a year ago and by a later version."""
    tenant = {"S": tenant_of(stream)}
    item = {"stream": {"S": str(stream)}, "tenant": tenant}
    platform.dynamodb.put_item(TableName=platform.outputs["StreamsTableName"], Item=item)
    owner = {"id": tenant, "name": {"S": "Acme"}, "contacts": {"L": [{"S": "owner@history.example"}]}}
    platform.dynamodb.put_item(TableName=platform.outputs["TenantsTableName"], Item=owner)
    count(platform, stream, ("send", 100, today - 9), ("bounce", 4, today - 9), ("send", 50, today - 45))
    # Of a day that an older version settled: bounces without the forgiven ones, and not what was published.
    key = f"{SETTLED}{day_text(today - 20)}"
    put(platform, stream, key, volume=700, bounces=5, forgiven=2, seen=1, touched=1, expires=(today + 60) * A_DAY)
    long_ago = a_year_ago(today)
    numbers = {f"{letter}{date_of(day).day:02}": 0 for day in long_ago.days for letter in "vbct"}
    expires = (long_ago.days.stop + HISTORY_DAYS) * A_DAY
    put(platform, stream, f"{DAYS}{long_ago}", **numbers | {"v05": 900, "b05": 9, "c05": 1, "t05": 2}, expires=expires)
    put(platform, stream, f"{DAYS}{Month.of_day(today - 9)}", of_a_later_version=7)


class Sweep:
    """The deployed sweep in a process of its own: the usual one knows which streams there are for an hour."""

    def __init__(self, platform: Platform) -> None:
        self._functions = platform.cloud.client("lambda")
        self._name = platform.outputs["SweepFunctionName"]
        self._version = self._functions.publish_version(FunctionName=self._name)["Version"]
        self.failed = ""  # what the last one said that failed: one may be too slow on a busy machine

    def __call__(self) -> None:
        answer = self._functions.invoke(FunctionName=self._name, Qualifier=self._version, Payload=b"{}")
        if "FunctionError" in answer:
            self.failed = answer["Payload"].read().decode()

    def remove(self) -> None:
        self._functions.delete_function(FunctionName=self._name, Qualifier=self._version)


def turns(platform: Platform, sweep: Sweep, stream: StreamId, minute: int) -> Kept | None:
    """Three turns of a stream within its minute of today; None where that was over before."""
    today = minute // MINUTES
    time.sleep(max(0.0, minute * 60 - time.time()))

    def sweep_until(happened: Callable[[], object]) -> bool:
        """Whether it did before the turn was over. A sweep keeps no days while streams wait for SES."""
        while int(time.time()) // 60 == minute:
            sweep()
            if happened():
                return True
        return False

    def is_kept() -> bool:
        return f"v{date_of(today - 5).day:02}" in months(platform, stream).get(str(newest), {})

    newest = Month.of_day(today - 5)
    if not sweep_until(is_kept):
        return None
    once = months(platform, stream)
    key = {"stream": {"S": str(stream)}, "cohort": {"S": f"{DAYS}{newest}"}}
    platform.dynamodb.delete_item(TableName=platform.outputs["CohortsTableName"], Key=key)
    if not sweep_until(is_kept):
        return None
    mended = months(platform, stream)
    count(platform, stream, ("bounce", 3, today - 9), ("complaint", 1, today - 9), ("send", 20, today - 45))
    if not sweep_until(lambda: months(platform, stream) != mended):
        return None
    return Kept(stream, today, once, mended, months(platform, stream))


@pytest.fixture(scope="module")
def kept(platform: Platform) -> Iterator[Kept]:
    """Of some minutes to come each has a stream, as the first may be over too soon."""
    first = int(time.time()) // 60 + 1
    streams = {minute: stream_of_minute(minute) for minute in range(first, first + PATIENCE_SECONDS // 60)}
    for minute, stream in streams.items():
        prepare(platform, stream, minute // MINUTES)
    sweep = Sweep(platform)
    tried = (turns(platform, sweep, stream, minute) for minute, stream in streams.items() if minute * 60 > time.time())
    found = next((it for it in tried if it is not None), None)
    assert found is not None, f"no stream had three turns within its minute; {sweep.failed}"
    yield found
    sweep.remove()


def days(platform: Platform, kept: Kept) -> dict[int, MailCounts]:
    """What is on record of days on which there was something, by how many days ago they were."""
    reader = StreamDays(platform.dynamodb, platform.outputs["CohortsTableName"], kept.stream, consistent=True)
    found = recorded(reader, range(kept.today - 400, kept.today))
    return {kept.today - day: it.counts for day, it in found.items() if it.counts.events()}


def sesguard(platform: Platform, *words: str) -> str:
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "sesguard.cli.main", *words],
        env=platform.cloud.emulator.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_sweep_puts_two_months_of_days_on_record_in_the_streams_turn(platform: Platform, kept: Kept) -> None:
    recent = {str(Month.of_day(kept.today - ago)) for ago in (4, 9, 20, 45)}
    assert recent | {str(a_year_ago(kept.today))} <= kept.once.keys()
    for name in recent:
        expires = int(kept.once[name]["expires"]["N"])
        assert expires == (Month.parse(name).days.stop + HISTORY_DAYS) * A_DAY


def test_a_crash_between_two_months_is_made_up_for_by_the_next_turn(kept: Kept) -> None:
    added = "of_a_later_version"
    once = {name: {key: it for key, it in item.items() if key != added} for name, item in kept.once.items()}
    assert {name: {key: it for key, it in item.items() if key != added} for name, item in kept.mended.items()} == once


def test_what_a_later_version_put_beside_the_days_stays(kept: Kept) -> None:
    assert kept.once[str(Month.of_day(kept.today - 9))]["of_a_later_version"] == {"N": "7"}


def test_days_are_what_was_counted_with_what_came_late_and_what_an_older_version_settled(
    platform: Platform, kept: Kept
) -> None:
    long_ago = kept.today - (a_year_ago(kept.today).days.start + 4)
    assert days(platform, kept) == {
        9: MailCounts(100, 7, 1),
        20: MailCounts(700, 7),
        45: MailCounts(70),
        long_ago: MailCounts(900, 9, 1),
    }


def test_a_tenants_month_of_a_year_ago_is_reported_day_by_day_and_billed(platform: Platform, kept: Kept) -> None:
    month = a_year_ago(kept.today)
    told = json.loads(sesguard(platform, "report", tenant_of(kept.stream), "--month", str(month), "--json"))
    mail = {"volume": 900, "bounces": 9, "complaints": 1, "bounce_rate": 0.01, "complaint_rate": 1 / 900}
    assert told["total"] == mail
    assert {"stream": str(kept.stream), **mail} in told["streams"]
    assert told["days"][4] == {"day": f"{month}-05", **mail}
    assert (len(told["days"]), told["unknown"], told["complete"]) == (len(month.days), [], True)
    page = sesguard(platform, "report", tenant_of(kept.stream), "--month", str(month))
    assert page.startswith("<!doctype html>")
    assert "900" in page
    assert "@page" in page  # laid out for printing
    bill = json.loads(sesguard(platform, "cost", "--month", str(month), "--json"))
    (line,) = [it for it in bill["lines"] if it["tenant"] == tenant_of(kept.stream)]
    assert (line["volume"], line["bounces"], line["complaints"]) == (900, 9, 1)
    assert line["ses"] == pytest.approx(0.09)
