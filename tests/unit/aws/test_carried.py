"""Volume of many small streams: carried from fold to fold, added to a block of hours at once, read all the same."""

from __future__ import annotations

import zlib
from datetime import timedelta

import msgspec
import pytest

from sesguard.aws.counts import carried, fold_writes, volume_fold
from sesguard.aws.counts.account_reader import read_day
from sesguard.aws.counts.carried import read_carried
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, by_hour, of_hours
from sesguard.aws.counts.month_counts import DynamoMonthCounts
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.counts.volume_log import MANIFEST, PROGRESS
from sesguard.aws.workers import Workers
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.tables import TABLES, in_memory, in_moto, items, volume_in
from tests.fakes.world import ACME
from tests.unit.aws.test_volume_log import HOME, fold, log, sends, weighed

STREAMS = [ACME._replace(configuration_set=f"s{number:02}") for number in range(volume_fold.FEWEST)]
HALF = MINUTE * 30
LATER = NOW + HOUR * 7
"""When the block of hours that begins at NOW is over, and what is of it is due."""


@pytest.fixture
def memory():
    return in_memory()


def fold_each_half_hour(client, halves, streams=STREAMS, start=NOW):
    """Log a mail of each stream, and fold it, half hour by half hour; the first fold of all carries nothing on."""
    for number in range(halves):
        log(client, *[sends(stream, at=start + HALF * number) for stream in streams], now=start + HALF * number)
        assert fold(client, start + HALF * (number + 1) + MINUTE).done


def hours_of(client, stream=STREAMS[0]):
    return [item for item in items(client, stream) if item["cohort"]["S"].startswith("v#")]


def carried_now(client):
    return read_carried(client, TABLES.cohorts, HOME, 1_000)


@pytest.mark.parametrize("store", ["memory", "moto"])
def test_volume_of_many_small_streams_is_added_once_in_a_block_of_hours_and_read_the_same_all_the_time(store):
    if store == "memory":
        check_a_block(in_memory())
    else:
        with in_moto() as client:
            check_a_block(client)


def check_a_block(client):
    halves = 3 if client.__class__.__name__ != "MemoryDynamoDB" else 6
    fold_each_half_hour(client, halves)
    assert len(carried_now(client)) == len(STREAMS)
    assert sum(volume_in(client, STREAMS[0]).values()) == 1, "the first fold's"
    soon = NOW + HALF * halves + MINUTE * 2
    assert weighed(client, STREAMS[0], soon) == halves
    assert fold(client, LATER).streams == len(STREAMS)
    assert not carried_now(client)
    assert weighed(client, STREAMS[0], soon) == sum(volume_in(client, STREAMS[0]).values()) == halves
    (block,) = hours_of(client)  # NOW begins both an hour and a block
    assert BLOCK_FOLDED in block
    assert fold(client, LATER) == volume_fold.Folded()


def test_days_and_months_are_counted_with_what_is_carried_and_with_what_lies_in_blocks():
    with in_moto() as client:
        fold_each_half_hour(client, 4)
        for now in (NOW + HOUR * 3, LATER):
            fold(client, now)
            assert read_day(client, TABLES.cohorts, VolumeLog(client, TABLES.cohorts), STREAMS[0], now).sums.volume == 4
            day = int(NOW.timestamp()) // 86_400
            counts = DynamoMonthCounts(client, TABLES.cohorts, Workers(1)).of(STREAMS[:1], range(day, day + 1), now)
            assert counts.streams[STREAMS[0]][day].volume == 4


def test_volume_of_few_streams_is_not_carried(memory):
    fold_each_half_hour(memory, 3, STREAMS[1:])
    assert not carried_now(memory)
    assert sum(volume_in(memory, STREAMS[1]).values()) == 3


def test_a_large_stream_is_not_carried_with_the_small(memory):
    log(memory, sends())
    fold(memory)
    minutes = [sends(STREAMS[0], at=NOW + HALF + timedelta(minutes=it % 60, hours=it // 60)) for it in range(300)]
    log(memory, *minutes, *[sends(stream, at=NOW + HALF) for stream in STREAMS[1:]], sends(at=NOW), now=NOW + HALF)
    fold(memory, NOW + HOUR + MINUTE)
    assert STREAMS[0].configuration_set not in carried_now(memory)
    assert STREAMS[1].configuration_set in carried_now(memory)
    assert sum(volume_in(memory, STREAMS[0]).values()) == 300


def test_too_much_to_carry_is_added_at_once(memory, monkeypatch):
    monkeypatch.setattr(volume_fold, "MOST_CARRIED", 100)
    fold_each_half_hour(memory, 2)
    assert not carried_now(memory)
    assert sum(volume_in(memory, STREAMS[0]).values()) == 2


def test_what_is_carried_takes_as_many_items_as_it_needs(memory, monkeypatch):
    monkeypatch.setattr(carried, "PART_BYTES", 200)
    fold_each_half_hour(memory, 4)
    parts = [item for item in items(memory, HOME) if item["cohort"]["S"].startswith("z#")]
    assert len(parts) > 4
    monkeypatch.setattr(carried, "PART_BYTES", 300_000)  # fewer, over the same places
    fold_each_half_hour(memory, 2, start=NOW + HALF * 4)
    assert all(weighed(memory, stream, NOW + HALF * 6) == 6 for stream in STREAMS)
    fold(memory, LATER)
    assert all(sum(volume_in(memory, stream).values()) == 6 for stream in STREAMS)


def test_what_is_carried_is_added_when_its_block_is_over_though_nothing_is_logged_any_more(memory):
    fold_each_half_hour(memory, 3)
    assert fold(memory, NOW + HOUR * 5) == volume_fold.Folded(), "the block is not over"
    assert fold(memory, NOW + HOUR * 9).streams == len(STREAMS)
    assert sum(volume_in(memory, STREAMS[0]).values()) == 3
    assert fold(memory, NOW + HOUR * 30) == volume_fold.Folded()


def test_a_platform_that_wakes_up_a_day_later_loses_and_doubles_nothing(memory):
    fold_each_half_hour(memory, 3)
    fold_each_half_hour(memory, 2, start=NOW + HOUR * 30)
    assert weighed(memory, STREAMS[0], NOW + HOUR * 32) == 5
    fold(memory, NOW + HOUR * 40)
    assert sum(volume_in(memory, STREAMS[0]).values()) == 5


def as_older_versions_write(client):
    """Take from what is on record of folds what older versions neither write nor keep."""
    for (_, cohort), item in client.tables[TABLES.cohorts].items():
        if cohort in {PROGRESS, MANIFEST}:
            for name in ("since", "carries", "flush"):
                item.pop(name, None)


def test_a_fold_of_an_older_version_between_two_of_this_one_loses_and_doubles_nothing(memory, monkeypatch):
    fold_each_half_hour(memory, 3)
    soon = NOW + HOUR * 2
    with monkeypatch.context() as older:
        older.setattr(volume_fold.VolumeFold, "_carried", lambda *_: carried.Carried())
        older.setattr(volume_fold.VolumeFold, "_carry", lambda *_: 0)
        older.setattr(volume_fold, "FEWEST", 1_000)
        as_older_versions_write(memory)
        fold_each_half_hour(memory, 1, start=NOW + HALF * 3)
        as_older_versions_write(memory)
    assert weighed(memory, STREAMS[0], soon) == 4
    fold_each_half_hour(memory, 1, start=NOW + HALF * 4)
    assert weighed(memory, STREAMS[0], NOW + HOUR * 3) == sum(volume_in(memory, STREAMS[0]).values()) == 5


def test_an_older_versions_fold_that_has_died_is_finished_without_what_is_carried(memory, monkeypatch):
    fold_each_half_hour(memory, 3)
    log(memory, *[sends(stream, at=NOW + HALF * 3) for stream in STREAMS], now=NOW + HALF * 3)
    allowed = iter([True])
    monkeypatch.setattr(fold_writes, "AT_ONCE", 10)
    with monkeypatch.context() as older:
        older.setattr(volume_fold, "FEWEST", 1_000)
        older.setattr(volume_fold.VolumeFold, "_carried", lambda *_: carried.Carried())
        assert not fold(memory, NOW + HALF * 4 + MINUTE, lambda: next(allowed, False)).done
        as_older_versions_write(memory)
    soon = NOW + HOUR * 3
    assert [weighed(memory, stream, soon) for stream in STREAMS] == [4] * len(STREAMS)
    assert fold(memory, soon).done
    assert [weighed(memory, stream, soon) for stream in STREAMS] == [4] * len(STREAMS)
    fold(memory, LATER)
    fold_each_half_hour(memory, 1, start=LATER + HOUR)
    assert [sum(volume_in(memory, stream).values()) for stream in STREAMS] == [5] * len(STREAMS)


def test_what_is_carried_and_cannot_be_read_stops_nobody(memory):
    fold_each_half_hour(memory, 3)
    for (_, cohort), item in memory.tables[TABLES.cohorts].items():
        if cohort.startswith("z#"):
            item["z"] = {"B": zlib.compress(b"\xc1 of a newer version")}
    log(memory, *[sends(stream, at=NOW + HALF * 3) for stream in STREAMS], now=NOW + HALF * 3)
    soon = NOW + HOUR * 2 + MINUTE
    assert weighed(memory, STREAMS[0], soon) == 2, "the first fold's, and what is logged"
    assert fold(memory, soon).done
    assert weighed(memory, STREAMS[0], soon) == 2


@pytest.mark.parametrize(
    "flat",
    [[0, 5], [0, 99_999, 1], ["x", 5, 1], [0, 5, "x"], [0, -1, 1], [10**9, 5, 1], [-(10**9), 5, 1], [0, 5, -3]],
    ids=repr,
)
def test_of_a_stream_what_is_carried_and_cannot_be_read_keeps_that_of_no_other(memory, flat):
    fold_each_half_hour(memory, 3)
    for (_, cohort), item in memory.tables[TABLES.cohorts].items():
        if cohort.startswith("z#"):
            first, streams = msgspec.msgpack.decode(zlib.decompress(item["z"]["B"]))
            streams = {name: flat if name == STREAMS[0].configuration_set else it for name, it in streams.items()}
            item["z"] = {"B": zlib.compress(msgspec.msgpack.encode((first, streams)))}
    soon = NOW + HOUR * 2
    assert [weighed(memory, stream, soon) for stream in STREAMS] == [1] + [3] * (len(STREAMS) - 1)
    assert fold(memory, LATER).done
    assert [sum(volume_in(memory, stream).values()) for stream in STREAMS] == [1] + [3] * (len(STREAMS) - 1)


@pytest.mark.parametrize("attribute", ["number", "sequence", "parts", "z"])
def test_an_item_of_what_is_carried_without_what_it_has_to_have_stops_nobody(memory, attribute):
    fold_each_half_hour(memory, 3)
    for (_, cohort), item in memory.tables[TABLES.cohorts].items():
        if cohort.startswith("z#"):
            del item[attribute]
    assert weighed(memory, STREAMS[0], NOW + HOUR * 2) == 1, "the first fold's"
    assert fold(memory, LATER).done
    fold_each_half_hour(memory, 3, start=LATER + HOUR)
    lost = 0 if attribute == "z" else 1  # until both places are written anew
    assert weighed(memory, STREAMS[0], LATER + HOUR * 3) == 4 - lost


def test_what_an_earlier_fold_carried_does_not_count_again_where_the_latest_cannot_be_told(memory):
    fold_each_half_hour(memory, 4)
    latest = max(
        (item for (_, cohort), item in memory.tables[TABLES.cohorts].items() if cohort.startswith("z#")),
        key=lambda item: int(item["number"]["N"]),
    )
    del latest["number"]
    assert weighed(memory, STREAMS[0], NOW + HOUR * 2 + MINUTE * 2) == 1, "the first fold's"
    assert fold(memory, LATER).done
    assert weighed(memory, STREAMS[0], LATER) == 1


def test_a_part_of_what_is_carried_that_is_gone_keeps_no_other_from_being_added(memory, monkeypatch):
    monkeypatch.setattr(carried, "PART_BYTES", 400)
    fold_each_half_hour(memory, 3)
    kept = memory.tables[TABLES.cohorts]
    number = max(int(item["number"]["N"]) for (_, cohort), item in kept.items() if cohort.startswith("z#"))
    parts = sorted(key for key, item in kept.items() if key[1].startswith("z#") and item["number"]["N"] == str(number))
    assert len(parts) > 2
    del kept[parts[1]]
    assert fold(memory, LATER).done
    sums = [sum(volume_in(memory, stream).values()) for stream in STREAMS]
    assert set(sums) == {1, 3}, "the first fold's of some, all of others"


def test_hours_of_a_block_are_read_apart_and_with_what_lies_in_items_of_their_own():
    block = {
        "cohort": {"S": "v#2026-11-21T18"},
        "s05": {"N": "1"},
        "s": {"N": "1"},
        "k2s07": {"N": "3"},
        "k2s": {"N": "3"},
    }
    own = {"cohort": {"S": "v#2026-11-21T20"}, "s07": {"N": "4"}, "s": {"N": "4"}, "folded": {"N": "9"}}
    first = int(NOW.timestamp()) // 3600
    found = by_hour([block, own])
    assert {hour - first: item["s"]["N"] for hour, item in found.items()} == {0: "1", 2: "7"}
    assert found[first + 2]["s07"] == {"N": "7"}
    assert "k2s" not in found[first]
    assert [item["cohort"]["S"] for item in of_hours([block, own], first + 1, first + 5)] == ["v#2026-11-21T20"]
