"""The log of volume: one item a batch, read beside the streams' hours, folded into them once."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest

from sesguard.aws.counts import fold_writes, volume_fold, volume_log
from sesguard.aws.counts.cohorts import LETTERS, SLOTS
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.fold_writes import fold_request
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.counts.volume_fold import Folded, VolumeFold
from sesguard.aws.counts.volume_log import LOGGED, key_from, new_key, packed, written_at
from sesguard.aws.workers import Workers
from sesguard.detection import providers
from sesguard.detection.sample import BY_PROVIDER, OTHERS, REPORTING, SAMPLED
from sesguard.ingest.tally import Tally
from sesguard.ingest.volume import Volume
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW, minute_of
from tests.fakes.dynamodb import failure
from tests.fakes.tables import TABLES, in_memory, items, kept_in, volume_in
from tests.fakes.world import ACME

HOME = ACME._replace(configuration_set="")
OTHER = ACME._replace(configuration_set="other")
FOREIGN = ACME._replace(account="999988887777")
SOON = NOW + MINUTE * 31
"""When what was logged at NOW, which is on the half hour, is due."""


@pytest.fixture(params=["memory", "moto", pytest.param("emulator", marks=pytest.mark.emulator)])
def client(request):
    with kept_in(request.param, request) as client:
        yield client


@pytest.fixture
def memory():
    return in_memory()


def sends(stream=ACME, at=NOW, count=1):
    return Observation("send", stream, minute_of(at), count, CountsFor.VOLUME, "", Via.SNS)


def log(client, *observations, now=NOW, written: datetime | None = None):
    """Write a batch as ingest does; ``written``: what the writer's clock says, if not ``now``."""
    tally = Tally()
    for number, seen in enumerate(observations):
        tally.add(seen, number)
    first, rest = tally.parts()
    writer = DynamoCountsWriter(client, TABLES, Workers(1), home=HOME, clock=(written or now).timestamp)
    return writer.add([*first, *rest], now, lambda: True)


def logged(client):
    return [item for item in items(client, HOME) if item["cohort"]["S"].startswith(LOGGED) and "v" in item]


def fold(client, now=SOON, left=lambda: True):
    return VolumeFold(client, TABLES.cohorts, HOME, Workers(1)).fold(now, left)


def weighed(client, stream=ACME, now=NOW):
    return DynamoCounts(client, TABLES.cohorts).history(stream, now, None, Policy()).weighed_volume(minute_of(now))


def test_a_batch_of_many_streams_is_one_item_and_each_of_them_is_read_from_it(client):
    streams = [ACME._replace(configuration_set=f"s{number}") for number in range(50)]
    assert log(client, *[sends(stream, count=number + 1) for number, stream in enumerate(streams)]) == []
    assert len(logged(client)) == 1
    assert [weighed(client, stream) for stream in streams] == list(range(1, 51))
    assert not any(volume_in(client, stream) for stream in streams)


def test_what_is_read_is_the_same_before_and_after_it_is_folded(client):
    log(client, sends(count=3), sends(at=NOW - HOUR, count=5), sends(OTHER, count=7))
    log(client, sends(count=11), now=NOW + MINUTE)
    before = weighed(client), weighed(client, OTHER)
    assert fold(client) == Folded(items=2, streams=3)
    assert (weighed(client), weighed(client, OTHER)) == before == (19, 7)
    assert sum(volume_in(client, ACME).values()) == 19
    assert fold(client, SOON + HOUR) == Folded()
    assert weighed(client) == 19


def test_late_volume_and_that_of_other_accounts_goes_into_its_hour_at_once(client):
    log(client, sends(at=NOW - HOUR * 3), sends(FOREIGN))
    assert logged(client) == []
    assert (sum(volume_in(client, ACME).values()), sum(volume_in(client, FOREIGN).values())) == (1, 1)


def test_volume_is_folded_each_half_hour_by_the_clock(memory):
    log(memory, sends(), now=NOW + MINUTE * 29)
    assert fold(memory, NOW + MINUTE * 30) == Folded()  # it may be that not all of it is there yet
    assert fold(memory, NOW + MINUTE * 31).items == 1
    log(memory, sends(), now=NOW + MINUTE * 32)
    assert fold(memory, NOW + MINUTE * 60) == Folded()
    assert fold(memory, NOW + MINUTE * 61).items == 1


def test_much_volume_is_folded_at_once(memory, monkeypatch):
    monkeypatch.setattr(volume_fold, "LARGEST", 100)
    one = VolumeFold(memory, TABLES.cohorts, HOME, Workers(1))
    log(memory, *[sends(ACME._replace(configuration_set=f"a-stream-{number}")) for number in range(4)])
    assert one.fold(NOW + MINUTE * 2) == Folded()
    others = [sends(ACME._replace(configuration_set=f"a-stream-{number}")) for number in range(4)]
    log(memory, *others, now=NOW + MINUTE * 2)
    assert one.fold(NOW + MINUTE * 4).items == 2
    log(memory, sends(), now=NOW + MINUTE * 5)
    assert one.fold(NOW + MINUTE * 7) == Folded()


def test_what_was_logged_while_no_sweep_ran_is_folded_in_turns_that_a_sweep_has_memory_for(memory, monkeypatch):
    """Hours of a large platform are hundreds of MB: a sweep that took them all would die of it each minute."""
    monkeypatch.setattr(volume_fold, "MOST_BYTES", 100)
    memory.page_bytes = 200
    for minute in range(12):
        log(memory, sends(count=1), sends(OTHER, count=2), now=NOW + MINUTE * minute)
    taken = [fold(memory, SOON + MINUTE * turn).items for turn in range(12)]
    assert sum(taken) == 12
    assert max(taken) <= 4
    assert (sum(volume_in(memory, ACME).values()), sum(volume_in(memory, OTHER).values())) == (12, 24)


def test_what_is_read_is_the_same_while_it_is_folded_in_turns(memory, monkeypatch):
    monkeypatch.setattr(volume_fold, "MOST_BYTES", 100)
    memory.page_bytes = 200
    for minute in range(12):
        log(memory, sends(count=1), now=NOW + MINUTE * minute)
    reader = DynamoCounts(memory, TABLES.cohorts)
    for turn in range(6):
        fold(memory, SOON + MINUTE * turn)
        now = SOON + MINUTE * turn
        assert reader.history(ACME, now, None, Policy()).weighed_volume(minute_of(now)) == 12


def test_what_came_to_be_there_late_is_taken_by_the_next_fold(memory):
    log(memory, sends(count=2))
    assert fold(memory).items == 1
    log(memory, sends(count=3), now=SOON, written=NOW + MINUTE * 17)
    assert fold(memory, SOON + MINUTE * 30).items == 1
    assert fold(memory, SOON + MINUTE * 60) == Folded()
    assert sum(volume_in(memory, ACME).values()) == 5


@pytest.mark.parametrize("ahead", [16, 29, 31, 90, 1_440, 100_000])
@pytest.mark.parametrize("within", [2, 14, 29])
def test_a_sweep_whose_clock_jumps_ahead_passes_by_nothing_that_comes_meanwhile(memory, ahead, within):
    start = NOW + MINUTE * within
    log(memory, sends(count=2), now=start)
    fold(memory, start + MINUTE * ahead)
    for minute in range(1, 60):
        log(memory, sends(count=1), now=start + MINUTE * minute)
    late = start + MINUTE * 120
    for minute in range(60):
        fold(memory, late + MINUTE * minute)
    assert sum(volume_in(memory, ACME).values()) == weighed(memory, now=late) == 61


@pytest.mark.parametrize("ahead", [31, 90, 1_440, 100_000])
def test_what_is_written_after_a_sweeps_clock_jumped_far_ahead_is_read_at_once(memory, ahead):
    log(memory, sends(count=2), now=NOW + MINUTE * 2)
    fold(memory, NOW + MINUTE * (2 + ahead))
    log(memory, sends(count=3), now=NOW + MINUTE * 3)
    assert weighed(memory, now=NOW + MINUTE * 4) == 5


def test_a_reader_whose_clock_jumps_ahead_reads_what_comes_afterwards(memory):
    reader = DynamoCounts(memory, TABLES.cohorts)

    def read(now):
        return reader.history(ACME, now, None, Policy()).weighed_volume(minute_of(NOW))

    log(memory, sends(count=2))
    assert read(NOW + HOUR) == 2
    log(memory, sends(count=3), now=NOW + MINUTE)
    assert read(NOW + MINUTE * 2) == 5
    assert read(NOW + MINUTE * 3) == 5
    log(memory, sends(count=4), now=NOW + MINUTE * 4)
    assert read(NOW + MINUTE * 5) == 9


def test_a_writer_whose_clock_was_ahead_is_folded_when_its_time_has_come(memory):
    log(memory, sends(count=2), now=NOW + MINUTE, written=NOW + HOUR * 5)
    log(memory, sends(count=3), now=NOW + MINUTE * 2)
    assert weighed(memory, now=NOW + MINUTE * 3) == 5
    for minute in range(31, 60):
        fold(memory, NOW + MINUTE * minute)
    assert weighed(memory, now=NOW + HOUR) == 5
    fold(memory, NOW + HOUR * 6)
    assert sum(volume_in(memory, ACME).values()) == 5


def test_a_fold_for_which_there_was_no_time_goes_on_where_it_was(memory, monkeypatch):
    monkeypatch.setattr(fold_writes, "AT_ONCE", 2)
    streams = [ACME._replace(configuration_set=f"s{number}") for number in range(7)]
    log(memory, *map(sends, streams))
    found = []
    for _ in range(4):
        lots = iter([True, False])
        found.append(fold(memory, left=lambda lots=lots: next(lots)))
        assert [weighed(memory, stream) for stream in streams] == [1] * 7
    assert [(each.streams, each.done) for each in found] == [(2, False), (2, False), (2, False), (1, True)]
    assert [sum(volume_in(memory, stream).values()) for stream in streams] == [1] * 7


def test_a_stream_that_cannot_be_written_keeps_nobody_elses_volume_from_being_folded(memory, caplog):
    class Refusing:
        def __getattr__(self, name):
            return getattr(memory, name)

        def update_item(self, **request):
            if request["Key"]["stream"]["S"] == str(OTHER):
                raise failure("ValidationException", "UpdateItem")
            return memory.update_item(**request)

    log(memory, sends(count=2), sends(OTHER))
    assert fold(Refusing()).done
    assert sum(volume_in(memory, ACME).values()) == 2
    assert str(OTHER) in caplog.text


def test_a_fold_that_is_much_too_late_is_seen_by_what_was_rolled_up_meanwhile(memory):
    log(memory, sends(count=4))
    later = NOW + DAY * 5
    assert weighed(memory, now=NOW + HOUR * 4) == 4  # which rolls hours up
    assert fold(memory, later).done
    assert weighed(memory, now=later) == 4


def test_many_entries_are_several_items_none_too_large_and_nothing_is_left_out():
    volumes = [Volume(ACME._replace(configuration_set=f"{n:064}"), 500_000, [5, 1, n]) for n in range(9_000)]
    found = list(packed(volumes))
    assert [volume for some, _ in found for volume in some] == volumes
    assert len(found) == 3
    assert max(len(body) for _, body in found) < 350_000
    entries = {name: each for _, body in found for name, each in volume_log.decode(body).items()}
    assert entries == {volume.stream[2]: [(500_000, SLOTS[5], 1), (500_000, LETTERS[1], 1)] for volume in volumes}


def test_only_what_was_not_written_comes_again_where_one_of_several_items_fails(memory, monkeypatch):
    monkeypatch.setattr(volume_log, "MOST_ENTRIES", 1)
    streams = [ACME._replace(configuration_set=f"s{number}") for number in range(3)]
    puts = []

    class Failing:
        def put_item(self, **request):
            puts.append(request)
            if len(puts) == 2:
                raise failure("ProvisionedThroughputExceededException", "PutItem")
            return memory.put_item(**request)

    unwritten = log(Failing(), *map(sends, streams))
    assert [(each.stream, each.messages) for each in unwritten] == [(streams[1], (1,))]
    assert len(logged(memory)) == 2


def test_the_longest_expression_of_a_fold_is_one_that_dynamodb_takes(memory):
    known = providers._providers()
    names = [f"{BY_PROVIDER}{slot}{provider}" for slot in range(6) for provider in {*known.by_domain.values(), OTHERS}]
    sums = dict.fromkeys([*SLOTS, *LETTERS, SAMPLED, REPORTING, *names], 1)
    request = fold_request(TABLES.cohorts, ACME, 500_000, sums, 1)
    assert len(request["UpdateExpression"]) <= 4_096
    memory.update_item(**request)  # which refuses longer ones


def test_a_reader_reads_anew_only_what_is_new(memory):
    class Reading:
        def __init__(self):
            self.found = []

        def query(self, **request):
            page = memory.query(**request)
            self.found.append(len(page["Items"]))
            return page

    for minute in range(10):
        log(memory, sends(), now=NOW + MINUTE * minute)
    reading = Reading()
    reader = VolumeLog(reading, TABLES.cohorts)
    for minute, known in ((10, 11), (11, 12), (11, 12)):  # what was read for a batch serves its next stream too
        log(memory, sends(), now=NOW + MINUTE * minute)
        (hour,) = reader.reading(HOME, NOW + MINUTE * minute, lambda it: it.of(ACME.configuration_set)).fresh.values()
        assert hour["s"] == known
    assert reading.found == [0, 11, 2]  # how far it is folded; all; what is new, and what came just before


def test_what_a_reader_holds_of_a_minute_is_as_much_as_its_streams_have_minutes_whatever_they_send(memory):
    """Of 100 M mails a day it would hold 100 MB else, and at the peak of a day it would die of it."""
    for second in range(60):
        log(memory, sends(), sends(OTHER), now=NOW + MINUTE / 60 * second)
    (minute,) = VolumeLog(memory, TABLES.cohorts).reading(HOME, NOW + MINUTE, lambda unfolded: unfolded.fresh)
    assert len(minute) == 2
    assert [count for _, _, count in minute["other"]] == [60, 60], "of its minute, and of its hour"


def test_a_minute_that_a_fold_divides_is_read_the_same_while_it_is_folded_and_afterwards(memory, monkeypatch):
    monkeypatch.setattr(volume_fold, "MOST_ITEMS", 2)
    reader = DynamoCounts(memory, TABLES.cohorts)

    def read(now):
        return reader.history(ACME, now, None, Policy()).weighed_volume(minute_of(now))

    for second in range(5):
        log(memory, sends(count=2**second), now=NOW + MINUTE / 60 * second)
    assert read(NOW + MINUTE) == 31
    for turn, expected in enumerate([0, 3, 3, 15, 15, 31]):
        now = SOON + MINUTE / 6 * turn
        fold(memory, now, left=lambda turn=turn: turn % 2 == 1)
        assert sum(volume_in(memory, ACME).values()) == expected
        assert read(now) == 31


def test_keys_sort_by_the_time_of_writing_and_two_of_one_moment_differ():
    assert new_key(1) < new_key(2) < new_key(999_999_999_999) < volume_log.PROGRESS
    assert new_key(1) != new_key(1)
    assert key_from(5) < new_key(5) < key_from(6)
    assert written_at(new_key(1_764_172_800_123)) == 1_764_172_800_123


def test_logged_volume_expires():
    request = volume_log.log_request("cohorts", HOME, new_key(int(NOW.timestamp() * 1_000)), b"")
    assert int(request["Item"]["expires"]["N"]) == (NOW + timedelta(days=7)).timestamp()


def test_an_item_says_what_it_says_in_msgpack():
    (_, body), *_ = packed([Volume(StreamId("1", "r", "a"), 7, [0, 2, 0], {SAMPLED: 1})])
    assert msgspec.msgpack.decode(body) == {7: ["a", 0, 2, "a", "g", 1]}


UNREADABLE = [
    msgspec.msgpack.encode({500_000: ["acme-news", len(SLOTS), 1]}),  # a slot that only a newer version has
    msgspec.msgpack.encode({500_000: ["acme-news", 1]}),
    msgspec.msgpack.encode({500_000: [1, 1, 1]}),
    msgspec.msgpack.encode({500_000: ["acme-news", 1, "1"]}),
    msgspec.msgpack.encode({10**9: ["acme-news", 1, 1]}),
    msgspec.msgpack.encode(["acme-news"]),
    b"junk",
]


@pytest.mark.parametrize("body", UNREADABLE)
@pytest.mark.parametrize("attribute", ["v", "m"])
def test_an_item_that_this_version_cannot_read_hides_no_other(memory, body, attribute):
    log(memory, sends(count=3))
    unreadable = volume_log.log_request(TABLES.cohorts, HOME, new_key(int(NOW.timestamp() * 1_000)), body)
    if attribute == "m":
        unreadable["Item"] |= {"v": {"B": msgspec.msgpack.encode({})}, "m": {"B": body}}
    memory.put_item(**unreadable)
    assert weighed(memory) == 3
    folded = fold(memory)
    assert sum(volume_in(memory, ACME).values()) == 3
    assert [key.removeprefix(str(HOME)) for key in folded.unreadable] == (
        [unreadable["Item"]["cohort"]["S"]] if attribute == "v" else []
    )
    assert fold(memory, SOON + HOUR).done


def test_what_lies_among_them_under_a_key_that_has_no_time_hides_none(memory):
    memory.put_item(TableName=TABLES.cohorts, Item={"stream": {"S": str(HOME)}, "cohort": {"S": "w#a-newer-versions"}})
    log(memory, sends(count=3))
    assert weighed(memory) == 3
    fold(memory)
    assert sum(volume_in(memory, ACME).values()) == 3
