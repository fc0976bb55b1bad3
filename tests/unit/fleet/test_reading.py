"""The fleet: every stream there is, what needs attention first, however much of it cannot be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sesguard.fleet.read import COUNTED_AT_ONCE, read_fleet, read_unhealthy
from sesguard.pausing.record import Sending, StreamRecord, Waiting
from sesguard.pausing.state import Origin, StreamState
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.fleet import MemoryFleet, a_stream, an_hour
from tests.fakes.states import held, paused, probation, watched


@pytest.fixture
def fleet() -> MemoryFleet:
    return MemoryFleet()


def put(fleet: MemoryFleet, name: str, state: StreamState, **changes: Any) -> None:
    stream = a_stream(name)
    fleet.memory.streams.records[stream] = StreamRecord(
        stream, 1, state, Policy(), **{"turned_off": state.off, **changes}
    )
    fleet.memory.switch.sets[stream] = Sending.OFF if state.off else Sending.ON
    fleet.sets.append(name)


def names(read: Any) -> list[str]:
    return [row.stream.configuration_set for row in read.rows]


def test_a_stream_that_nobody_registered_is_in_it_and_one_that_ses_does_not_list_as_well(fleet):
    fleet.sets = ["nobodys"]
    fleet.registered = {a_stream("acme-news"): "acme", a_stream("abroad")._replace(region="us-east-1"): "acme"}
    read = read_fleet(fleet, NOW)
    assert {(row.stream.region, row.stream.configuration_set, row.tenant) for row in read.rows} == {
        ("eu-west-1", "nobodys", ""),
        ("eu-west-1", "acme-news", "acme"),
        ("us-east-1", "abroad", "acme"),
    }
    assert read.counts["healthy"] == 3


def test_what_needs_attention_is_first_then_whoever_sends_most(fleet):
    fleet.sets = ["quiet", "loud"]
    fleet.sent = {a_stream("loud"): an_hour(900), a_stream("quiet"): an_hour(3)}
    put(fleet, "watched", watched())
    put(fleet, "on-probation", probation(NOW - HOUR))
    put(fleet, "paused", paused(NOW - 2 * HOUR))
    put(fleet, "held", held(NOW - HOUR))
    put(fleet, "turned-off-outside", paused(NOW, origin=Origin.OPERATOR))
    put(fleet, "in-the-backlog", watched(), waiting=Waiting(NOW, "bounces", 2.0))
    put(fleet, "on-the-way", watched())
    fleet.memory.counts.sent(a_stream("on-the-way"), NOW - 5 * MINUTE, 400, bounces=72)
    fleet.alarms.put(a_stream("on-the-way"), AlarmValue.ALARM, NOW)
    read = read_fleet(fleet, NOW)
    assert names(read) == [
        "held",
        "turned-off-outside",
        "in-the-backlog",
        "on-the-way",
        "paused",
        "on-probation",
        "watched",
        "loud",
        "quiet",
    ]
    assert read.attention


def test_of_two_that_are_watched_the_one_with_more_risk_is_first(fleet):
    put(fleet, "a-little", watched())
    put(fleet, "more", watched())
    fleet.memory.counts.sent(a_stream("more"), NOW - 5 * MINUTE, 400, bounces=40)
    assert names(read_fleet(fleet, NOW)) == ["more", "a-little"]


@pytest.mark.parametrize("what", ["sets", "letters", "queue", "on_record", "count"])
def test_what_cannot_be_read_is_said_and_the_rest_is_shown(fleet, what):
    fleet.registered = {a_stream("acme-news"): "acme"}
    put(fleet, "held", held())
    fleet.failing = {what}
    read = read_fleet(fleet, NOW)
    assert names(read)[0] == "held"
    assert [problem for problem in read.problems if "ThrottlingException" in problem]


def test_a_snapshot_that_cannot_be_read_leaves_streams_uncounted(fleet):
    fleet.sets = [f"stream-{number}" for number in range(COUNTED_AT_ONCE + 10)]
    fleet.failing = {"snapshot"}
    read = read_fleet(fleet, NOW)
    assert sum(row.counts is None for row in read.rows) == 10
    assert "the sweep's counts are not known" in read.problems[0]


def test_of_many_streams_the_snapshot_serves_and_only_the_most_urgent_are_counted_directly(fleet):
    fleet.sets = [f"stream-{number:04}" for number in range(2_000)]
    half_an_hour_ago = NOW - timedelta(minutes=30)
    fleet.snapped = {a_stream(name): an_hour(7, at=half_an_hour_ago) for name in fleet.sets[1:]}
    put(fleet, "held", held())
    read = read_fleet(fleet, NOW)
    assert fleet.counted[:2] == [a_stream("held"), a_stream("stream-0000")]
    assert len(fleet.counted) == COUNTED_AT_ONCE
    assert all(row.counts is not None for row in read.rows)
    assert read.oldest == half_an_hour_ago
    assert read.reading.requests == COUNTED_AT_ONCE


def test_a_second_reading_goes_on_with_those_that_are_oldest(fleet):
    fleet.sets = [f"stream-{number:04}" for number in range(COUNTED_AT_ONCE + 50)]
    first = read_fleet(fleet, NOW)
    fleet.counted.clear()
    second = read_fleet(fleet, NOW + MINUTE, first)
    assert len(fleet.counted) == COUNTED_AT_ONCE
    assert all(row.counts is not None for row in second.rows)


def test_what_was_counted_a_moment_ago_is_not_counted_again(fleet):
    fleet.sets = ["one", "two"]
    first = read_fleet(fleet, NOW)
    fleet.counted.clear()
    read_fleet(fleet, NOW + timedelta(seconds=5), first)
    assert fleet.counted == []


def test_who_asks_only_for_what_is_not_healthy_counts_nothing(fleet):
    fleet.sets = ["one"]
    put(fleet, "held", held())
    assert names(read_unhealthy(fleet, NOW)) == ["held"]
    assert fleet.counted == []


def test_a_record_that_no_version_can_read_is_among_what_needs_attention(fleet):
    put(fleet, "held", held())
    fleet.memory.counts.hook = _refuses
    (row,) = read_fleet(fleet, NOW).rows
    assert row.status is not None
    assert row.status.failed
    assert row.risk is None


def _refuses(_: str) -> None:
    from sesguard.errors import RecordError

    raise RecordError("x", "is of a newer version")
