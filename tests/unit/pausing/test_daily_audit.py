"""Once a day every stream is compared with SES, healthy or not, a few in each minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace as changed

from sesguard.aws.tables.audit_cursor import DynamoAuditCursor
from sesguard.errors import AwsError
from sesguard.pausing.audit_cursor import Cursor
from sesguard.pausing.daily_audit import A_MINUTE, LATE, audit_next
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Origin, Status
from sesguard.pausing.sweep import Swept
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, MINUTE, NOW
from tests.fakes.cursors import MemoryAuditCursor
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME, Memory


def shop(number: int) -> StreamId:
    return StreamId(ACME.account, ACME.region, f"shop-{number:05}")


class Round:
    """``streams`` healthy streams on record, all of them on in SES."""

    def __init__(self, streams: int) -> None:
        self.memory = Memory()
        for number in range(streams):
            self.memory.streams.save(self.memory.streams.load(shop(number)))
            self.memory.switch.sets[shop(number)] = Sending.ON
        self.rounds = MemoryAuditCursor(self.memory.streams)
        self.looks: list[datetime] = []
        self.now = NOW

        def looked(name: str) -> None:
            if name == "look":
                self.looks.append(self.now)

        self.memory.switch.hook = looked

    def go(self, at: datetime, **options: Any) -> Swept:
        self.now, swept = at, Swept()
        audit_next(self.memory.deps, self.rounds, swept, at, **options)
        return swept


def test_ten_thousand_streams_are_compared_within_a_day_and_never_more_than_a_few_in_a_minute():
    whole = Round(10_000)
    for minute in range(1_440):
        whole.go(NOW + minute * MINUTE)
    assert len(whole.looks) == 10_000
    assert max(whole.looks.count(at) for at in set(whole.looks)) == A_MINUTE


@pytest.mark.parametrize("streams", [0, 1, A_MINUTE - 1, A_MINUTE, A_MINUTE + 1, 30])
def test_each_is_compared_once_a_day_however_few_they_are(streams):
    few = Round(streams)
    for minute in range(2 * 1_440):
        few.go(NOW + minute * MINUTE)
    assert len(few.looks) == 2 * streams


@pytest.mark.parametrize("minutes", [1_439, 1_440])
def test_a_round_begins_a_day_after_the_last_one_began(minutes):
    few = Round(1)
    few.go(NOW)
    few.go(NOW + minutes * MINUTE)
    assert len(few.looks) == (2 if minutes == 1_440 else 1)


@pytest.mark.parametrize(("took", "told"), [(LATE - MINUTE, 0), (LATE, 1)])
def test_a_round_that_took_longer_than_a_day_is_told_once(took, told):
    """Of more streams than a day's calls of SES are enough for nobody would know that a healthy one was turned on."""
    more = Round(A_MINUTE + 1)
    more.go(NOW)
    more.go(NOW + took)
    notices = more.memory.bus.details("Operator Notice")
    assert len(notices) == told
    assert all("The last round took 26 hours" in notice["text"] for notice in notices)


def test_who_was_not_reached_in_time_comes_first_the_next_time():
    few = Round(5)
    left = iter([True, True])
    few.go(NOW, time_left=lambda: next(left, False))
    assert few.rounds.kept == Cursor(str(shop(1)), NOW)
    few.go(NOW + MINUTE)
    assert len(few.looks) == 5


def test_one_that_somebody_turned_off_is_recorded_and_told_and_never_turned_on():
    few = Round(1)
    few.memory.switch.sets[shop(0)] = Sending.OFF
    assert few.go(NOW).repaired == [shop(0)]
    few.go(NOW + DAY)
    state = few.memory.state(shop(0))
    assert (state.status, state.origin) == (Status.PAUSED, Origin.OPERATOR)
    assert few.memory.switch.turns == []
    assert few.memory.bus.types == ["Tenant Paused"]
    assert [entry.outcome for entry in few.memory.streams.entries(shop(0), "drift")] == ["found_off"]


def test_one_that_is_not_healthy_is_left_to_the_sweep_of_each_minute():
    few = Round(1)
    record = few.memory.streams.load(shop(0))
    watched = changed(record.state, status=Status.WATCHED, since=NOW, incident="1")
    few.memory.streams.save(replace(record, state=watched))
    few.go(NOW)
    assert few.looks == []


def test_the_record_of_an_account_is_no_stream_to_compare():
    few = Round(1)
    home = StreamId(ACME.account, ACME.region, "")
    few.memory.streams.save(few.memory.streams.load(home))
    few.go(NOW)
    assert len(few.looks) == 1
    assert few.rounds.kept.after == ""


def test_ses_refusing_to_say_of_one_stops_no_other():
    few = Round(3)
    refusals = [AwsError("GetConfigurationSet", "TooManyRequestsException", retryable=True)]

    def refuses(name: str) -> None:
        if name == "look" and refusals:
            raise refusals.pop()

    few.memory.switch.hook = refuses
    few.memory.switch.sets[shop(2)] = Sending.OFF
    swept = few.go(NOW)
    assert swept.failed == {shop(0): "TooManyRequestsException"}
    assert swept.repaired == [shop(2)]


def test_a_round_that_cannot_be_read_stops_no_sweep():
    few = Round(1)

    def fails() -> Cursor:
        raise AwsError("GetItem", "Trouble", retryable=True)

    few.rounds.place = fails  # type: ignore[method-assign]  # a fault, put in
    assert few.go(NOW).failed == {}


# ---- over the tables


@pytest.fixture
def rounds() -> Iterator[tuple[Any, DynamoAuditCursor]]:
    with tables() as client:
        yield client, DynamoAuditCursor(client, "streams", "turns")


def test_the_cursor_is_kept(rounds):
    _, kept = rounds
    assert kept.load() == Cursor()
    for cursor in (Cursor(str(ACME), NOW), Cursor("", NOW)):
        kept.save(cursor)
        assert kept.load() == cursor


def test_all_streams_are_met_once_and_then_the_end(rounds):
    client, kept = rounds
    for number in range(20):
        client.put_item(TableName="streams", Item={"stream": {"S": str(shop(number))}})
    met: list[str | None] = []
    while None not in met:
        met += kept.following(str(met[-1]) if met else "", 8)
    assert sorted(stream for stream in met if stream) == [str(shop(number)) for number in range(20)]


def test_no_streams_are_the_end_at_once(rounds):
    assert list(rounds[1].following("", 8)) == [None]
