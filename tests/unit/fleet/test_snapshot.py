"""The sweep's snapshot of the fleet: a sixtieth each minute, nobody left out, and no part that breaks the others."""

from __future__ import annotations

import json
import zlib
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.counts.snapshot import DynamoDayCounts, DynamoSnapshotReader, DynamoSnapshotStore
from sesguard.aws.workers import Workers
from sesguard.errors import RecordError
from sesguard.fleet.hours import HOURS, HourCounts, hour_at, time_at
from sesguard.fleet.snapshot import PARTS, WORTH_A_SNAPSHOT, Snapshotter, pack, unpack, write_next
from sesguard.stream import StreamId
from tests.fakes.account import HOME
from tests.fakes.clock import HOUR, NOW
from tests.fakes.fleet import a_stream, an_hour
from tests.fakes.tables import TABLES, in_moto
from tests.unit.aws.test_month_counts import add, seen

MANY = [a_stream(f"stream-{number:04}") for number in range(WORTH_A_SNAPSHOT + 1)]
numbers = st.integers(0, 10**12)


class MemoryStore:
    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}

    def write(self, part: int, packed: bytes, now: object) -> None:
        self.parts[part] = packed


def deps(streams: list[StreamId], store: MemoryStore) -> Snapshotter:
    return Snapshotter(lambda now: streams, lambda those, now: {it: an_hour(7, 1, at=now) for it in those}, store)


def test_within_two_hours_every_stream_is_counted_once():
    store = MemoryStore()
    written = [write_next(deps(MANY, store), NOW + timedelta(minutes=minute)) for minute in range(2 * PARTS)]
    assert sum(written) == len(MANY)
    assert not any(before and after for before, after in pairwise(written[:PARTS])), "not all of one hour at once"
    found = {stream: counts for part in store.parts.values() for stream, counts in unpack(part).items()}
    assert found.keys() == set(MANY)
    assert {counts.sums.volume for counts in found.values()} == {7}


def test_a_platform_of_few_streams_needs_none():
    store = MemoryStore()
    assert write_next(deps(MANY[:-1], store), NOW) == 0
    assert store.parts == {}


@given(st.lists(st.tuples(numbers, numbers, numbers, numbers), max_size=5))
def test_what_is_packed_is_unpacked(streams):
    at = time_at(int(NOW.timestamp()))
    counts = {
        a_stream(f"s{number}"): HourCounts(hour_at(NOW), _volumes(sent), bounces, complaints, unreported, at)
        for number, (sent, bounces, complaints, unreported) in enumerate(streams)
    }
    assert unpack(pack(counts, NOW)) == counts


def _volumes(sent: int) -> tuple[int, ...]:
    return tuple(sent // (hour + 1) for hour in range(HOURS))


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"not zlib",
        zlib.compress(b"[]"),
        zlib.compress(json.dumps({"last": 1, "at": 1, "streams": [["x"]]}).encode()),
    ],
)
def test_a_part_that_is_none_is_a_record_error(packed):
    with pytest.raises(RecordError):
        unpack(packed)


def test_a_newer_versions_fields_are_no_error():
    line = [str(a_stream("one")), [1] * HOURS, 2, 3, 4, "new"]
    document = {"last": hour_at(NOW), "at": 1, "streams": [line], "also": "new"}
    assert unpack(zlib.compress(json.dumps(document).encode()))[a_stream("one")].bounces == 2


def test_volumes_move_on_with_the_hours():
    counts = an_hour(9)
    assert counts.ending(counts.last) == counts.volumes
    assert counts.ending(counts.last + 1)[-2:] == (9, 0)
    assert sum(counts.ending(counts.last + 2 * HOURS)) == 0


def test_the_table_keeps_parts_apart_and_a_broken_one_costs_only_its_own_streams():
    with in_moto() as client:
        store = DynamoSnapshotStore(client, TABLES.cohorts, HOME)
        store.write(3, pack({a_stream("one"): an_hour(1)}, NOW), NOW)
        store.write(4, pack({a_stream("two"): an_hour(2)}, NOW), NOW)
        store.write(5, b"broken", NOW)
        store.write(3, pack({a_stream("one"): an_hour(5)}, NOW), NOW)
        found = DynamoSnapshotReader(client, TABLES.cohorts, HOME).read()
    assert {stream.configuration_set: counts.sums.volume for stream, counts in found.items()} == {"one": 5, "two": 2}


def test_a_day_is_counted_by_the_hour_and_as_ses_counts():
    with in_moto() as client:
        news = seen("send", 40).stream
        add(client, seen("send", 40), seen("bounce", 3), seen("complaint", 1))
        counted = DynamoDayCounts(client, TABLES.cohorts, Workers(2)).of([news, a_stream("silent")], NOW + HOUR)
    assert counted[news].volumes[-2:] == (40, 0)
    assert (counted[news].bounces, counted[news].complaints) == (3, 1)
    assert counted[a_stream("silent")].sums.volume == 0
