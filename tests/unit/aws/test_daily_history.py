"""What streams sent by the day stays for longer than its counts, corrected by what is late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.aws.counts.cohorts import KEPT_DAYS
from sesguard.aws.counts.daily_history import DAYS, DynamoDailyHistory, counted_from, history_since, recorded
from sesguard.aws.counts.day_counts import StreamDays
from sesguard.aws.counts.month_counts import DynamoMonthCounts
from sesguard.aws.tables.metered_reads import MeteredReads
from sesguard.aws.workers import Workers
from sesguard.costs.day_counts import DAYS_A_TURN
from sesguard.costs.month import Month
from sesguard.costs.own import MONTH_DAYS, StandingCost, of_guard
from sesguard.costs.prices import list_prices
from sesguard.costs.usage import MailCounts
from sesguard.errors import AwsError
from sesguard.fleet.daily_history import MINUTES, DailyHistory, keep_next, turn_of
from sesguard.fleet.series import read_stream_days
from sesguard.pausing.sweep import ONE_BY_ONE
from tests.fakes.account import HOME, stream
from tests.fakes.clock import DAY, NOW
from tests.fakes.tables import TABLES, in_memory, in_moto, items
from tests.unit.aws.test_month_counts import NEWS, SHOP, TODAY, add, seen, settle

A_YEAR = timedelta(days=365)


class Eventual:
    """The twin of DynamoDB, which knows consistent reads alone, for who can do with others."""

    def __init__(self, client):
        self.client = client

    def query(self, **request):
        return self.client.query(**request | {"ConsistentRead": True})

    def __getattr__(self, name):
        return getattr(self.client, name)


@pytest.fixture
def client():
    return Eventual(in_memory())


class Metered(MeteredReads):
    """Meters reads, and lets writes through."""

    def __init__(self, client):
        super().__init__(client)
        self.update_item, self.put_item = client.update_item, client.put_item


def history(client, kept_days=400):
    return DynamoDailyHistory(client, TABLES.cohorts, HOME, kept_days)


def counts_of(client, days, *streams, now=NOW):
    return DynamoMonthCounts(client, TABLES.cohorts, Workers(1)).of(streams or (NEWS,), days, now)


def forget_counts(client, of=NEWS):
    """DynamoDB deletes what is over, which its twin does not."""
    table = client.client.tables[TABLES.cohorts]
    for key in [key for key in table if key[0] == str(of) and not key[1].startswith(DAYS)]:
        del table[key]


def test_dynamodb_takes_it_and_gives_it_back():
    with in_moto() as client:
        kept = history(client)
        add(client, seen("send", 100, days_ago=9))
        assert kept.keep(NEWS, NOW) == KEPT_DAYS - 4
        add(client, seen("bounce", 2, days_ago=9))
        assert kept.keep(NEWS, NOW) == 1
        assert history(client).keep(NEWS, NOW) == 0
        days = recorded(StreamDays(client, TABLES.cohorts, NEWS), range(TODAY - 12, TODAY - 3))
    assert {day: it.counts for day, it in days.items() if it.counts.events()} == {TODAY - 9: MailCounts(100, 2)}
    assert len(days) == 9


def test_days_are_there_long_after_their_counts(client):
    add(client, seen("send", 100, days_ago=9), seen("bounce", 4, days_ago=9), seen("complaint", days_ago=9))
    add(client, seen("send", 50, days_ago=12))
    history(client).keep(NEWS, NOW)
    forget_counts(client)
    days = range(TODAY - 12, TODAY - 8)
    found = counts_of(client, days, now=NOW + A_YEAR)
    assert found.streams == {NEWS: {TODAY - 9: MailCounts(100, 4, 1), TODAY - 12: MailCounts(50)}}
    assert found.unknown == ()


def test_a_day_is_put_on_record_once_only_what_is_late_can_join_it(client):
    add(client, seen("send", 100, days_ago=1), seen("send", 7, days_ago=5))
    days = history(client).keep(NEWS, NOW)
    assert days == KEPT_DAYS - 4  # all that are counted, but for today and the three before
    forget_counts(client)
    found = counts_of(client, range(TODAY - 6, TODAY + 1), now=NOW + A_YEAR)
    assert found.streams == {NEWS: {TODAY - 5: MailCounts(7)}}
    assert found.unknown == tuple(range(TODAY - 3, TODAY + 1))


def test_it_is_counted_once_a_day_and_not_again(client):
    add(client, seen("send", 100, days_ago=9))
    kept = history(client)
    kept.keep(NEWS, NOW)
    assert [kept.keep(NEWS, NOW), kept.keep(NEWS, NOW + DAY), kept.keep(NEWS, NOW + 2 * DAY)] == [0, 1, 1]


def test_what_comes_late_corrects_the_day(client):
    add(client, seen("send", 100, days_ago=9), seen("bounce", days_ago=9))
    kept = history(client)
    kept.keep(NEWS, NOW)
    add(client, seen("bounce", 3, days_ago=9, number=1), seen("send", 20, days_ago=9), seen("complaint", days_ago=9))
    assert kept.keep(NEWS, NOW) == 1
    forget_counts(client)
    found = counts_of(client, range(TODAY - 9, TODAY - 8), now=NOW + A_YEAR)
    assert found.streams == {NEWS: {TODAY - 9: MailCounts(120, 4, 1)}}


def test_it_is_the_same_whether_a_weighing_settled_the_days_or_not(client):
    for of in (NEWS, SHOP):
        bounces = [seen("bounce", 10, days_ago=9, number=number, domain="dead.example", of=of) for number in range(8)]
        add(client, seen("send", 1_000, days_ago=9, of=of), *bounces, seen("send", 5, days_ago=20, of=of))
    settle(client)
    for of in (NEWS, SHOP):
        history(client).keep(of, NOW)
        forget_counts(client, of)
    found = counts_of(client, range(TODAY - 20, TODAY - 8), NEWS, SHOP, now=NOW + A_YEAR).streams
    assert found[NEWS] == found[SHOP] == {TODAY - 9: MailCounts(1_000, 80), TODAY - 20: MailCounts(5)}


def test_what_is_late_after_a_day_was_read_and_before_it_is_written_is_found_at_the_next_turn(client, monkeypatch):
    add(client, seen("send", 100, days_ago=9), seen("bounce", days_ago=9))
    kept = history(client)
    write = kept._write

    def late(*args):
        add(client, seen("bounce", 5, days_ago=9, number=1))
        monkeypatch.undo()
        write(*args)

    monkeypatch.setattr(kept, "_write", late)
    kept.keep(NEWS, NOW)
    kept.keep(NEWS, NOW)
    forget_counts(client)
    found = counts_of(client, range(TODAY - 9, TODAY - 8), now=NOW + A_YEAR)
    assert found.streams == {NEWS: {TODAY - 9: MailCounts(100, 6)}}


def test_turns_that_were_missed_are_made_up_for(client):
    kept = history(client)
    kept.keep(NEWS, NOW - 40 * DAY)
    add(client, seen("send", 100, days_ago=9), seen("send", 3, days_ago=30))
    kept.keep(NEWS, NOW)
    forget_counts(client)
    found = counts_of(client, range(TODAY - 60, TODAY - 5), now=NOW + A_YEAR)
    assert found.streams == {NEWS: {TODAY - 9: MailCounts(100), TODAY - 30: MailCounts(3)}}
    assert found.unknown == ()


def test_a_day_has_eight_turns_while_its_counts_are_there_and_readers_see_the_same_before_each(client):
    kept = history(client)
    add(client, seen("send", 100, days_ago=9), seen("bounce", 4, days_ago=9))
    day = range(TODAY - 9, TODAY - 8)
    turns = [NOW + number * DAYS_A_TURN * DAY for number in range(8)]
    for turn in turns:
        assert counts_of(client, day, now=turn).streams == {NEWS: {TODAY - 9: MailCounts(100, 4)}}
        kept.keep(NEWS, turn)
    add(client, seen("bounce", days_ago=9, number=1))
    assert counts_of(client, day, now=turns[-1]).streams == {NEWS: {TODAY - 9: MailCounts(100, 5)}}
    kept.keep(NEWS, turns[-1])
    forget_counts(client)
    assert counts_of(client, day, now=NOW + A_YEAR).streams == {NEWS: {TODAY - 9: MailCounts(100, 5)}}


def test_a_day_that_nobody_has_on_record_is_unknown_and_one_of_nothing_is_not(client):
    history(client).keep(SHOP, NOW)
    long_ago = range(TODAY - KEPT_DAYS - 3, TODAY - KEPT_DAYS + 3)
    found = counts_of(client, long_ago, NEWS, SHOP, now=NOW + A_YEAR)
    assert found.streams == {}
    assert found.unknown == tuple(range(TODAY - KEPT_DAYS - 3, TODAY - KEPT_DAYS + 1))


def test_since_when_is_on_record_and_stays(client):
    assert history_since(client, TABLES.cohorts, HOME) is None
    history(client).keep(NEWS, NOW)
    first = history_since(client, TABLES.cohorts, HOME)
    history(client).keep(SHOP, NOW + 30 * DAY)
    assert history_since(client, TABLES.cohorts, HOME) == first == counted_from(NOW) + DAYS_A_TURN


def test_a_month_is_one_small_item_that_stays_for_the_days_that_are_asked_for(client):
    add(client, *(seen("send", 123_456, days_ago=day) for day in range(4, 60)))
    add(client, *(seen("bounce", 99, days_ago=day) for day in range(4, 60)))
    history(client, kept_days=500).keep(NEWS, NOW)
    months = [item for item in items(client, NEWS) if item["cohort"]["S"].startswith(DAYS)]
    assert len(months) == 3
    for item in months:
        month = Month.parse(item["cohort"]["S"][len(DAYS) :])
        assert int(item["expires"]["N"]) == (month.days.stop + 500) * 86_400
        assert sum(len(name) + len(value.get("N", value.get("S", ""))) for name, value in item.items()) < 1_024


def test_a_turn_costs_what_the_bill_says(client):
    add(client, *(seen("send", 1_000, days_ago=day) for day in range(60)), seen("bounce", days_ago=40))
    settle(client)
    kept = history(client)
    kept.keep(NEWS, NOW - DAYS_A_TURN * DAY)
    reads = Metered(client)
    history(reads).keep(NEWS, NOW)
    parts = of_guard(StandingCost(0, 0, 0, 0, streams=1, history_days=400), 1, list_prices())
    a_turn = list_prices().price["dynamodb_read"].of(reads.units) + list_prices().price["dynamodb_write"].of(1)
    turns = MONTH_DAYS / DAYS_A_TURN
    assert a_turn * turns <= parts["history"] <= 2 * a_turn * turns + 0.0001


def test_a_month_of_a_stream_is_read_day_by_day_for_whoever_looks(client):
    add(client, seen("send", 100, days_ago=9), seen("bounce", 4, days_ago=9))
    history(client).keep(NEWS, NOW)
    forget_counts(client)
    month = Month.of_day(TODAY - 9)

    class Source:
        def days(self, streams, days, now):
            return counts_of(client, days, *streams, now=now)

    days = read_stream_days(Source(), NEWS, month.days_until(NOW + A_YEAR), NOW + A_YEAR)
    assert [it.counts for it in days if it.counts and it.counts.events()] == [MailCounts(100, 4)]
    assert len(days) == len(month.days)
    assert days[-1].counts is None  # not put on record before its counts were gone


class Store:
    def __init__(self, *broken):
        self.kept, self.broken = [], broken

    def keep(self, stream, now):
        if stream in self.broken:
            raise AwsError("Query", "InternalServerError", retryable=True)
        self.kept.append(stream)
        return 1


MANY = [stream(f"stream-{number}") for number in range(60)]


def test_each_stream_has_its_turn_once_a_week_and_mail_without_a_set_too():
    store = Store()
    deps = DailyHistory(lambda now: MANY, store, ONE_BY_ONE)
    done = [keep_next(deps, NOW + timedelta(minutes=minute), lambda: True) for minute in range(MINUTES)]
    assert sum(done) == len(MANY) + 1
    assert sorted(store.kept) == sorted([*MANY, HOME])
    assert max(done) < 10


def test_one_that_fails_stops_no_other_and_where_there_is_no_time_nothing_is_begun():
    same = [it for it in MANY if turn_of(it) == turn_of(MANY[0])] or [MANY[0]]
    at = NOW + timedelta(minutes=(turn_of(MANY[0]) - int(NOW.timestamp()) // 60) % MINUTES)
    store = Store(MANY[0])
    assert keep_next(DailyHistory(lambda now: same, store, ONE_BY_ONE), at, lambda: True) == len(same) - 1
    store = Store()
    assert keep_next(DailyHistory(lambda now: same, store, ONE_BY_ONE), at, lambda: False) == 0
    assert store.kept == []


events = st.lists(
    st.tuples(st.integers(4, 62), st.sampled_from(["send", "bounce", "complaint"]), st.integers(1, 50)), max_size=12
)


@settings(max_examples=15)
@given(events, events)
def test_whatever_comes_before_or_after_the_day_was_counted_is_in_it(before, after):
    expected: dict[int, list[int]] = {}
    client = Eventual(in_memory())
    kept = history(client)
    for number, (days_ago, what, count) in enumerate([*before, *after]):
        if number == len(before):
            kept.keep(NEWS, NOW)
        add(client, seen("send", 1, days_ago=days_ago), seen(what, count, days_ago=days_ago, number=number))
        sums = expected.setdefault(TODAY - days_ago, [0, 0, 0])
        sums[0] += 1 + (count if what == "send" else 0)
        sums[1] += count if what == "bounce" else 0
        sums[2] += count if what == "complaint" else 0
    kept.keep(NEWS, NOW)
    reader = StreamDays(client, TABLES.cohorts, NEWS, consistent=True)
    days = range(TODAY - 62, TODAY - 3)
    found = {day: it.counts for day, it in recorded(reader, days).items()}
    assert found.keys() == set(days)
    assert {day: it for day, it in found.items() if it.events()} == reader.counted(days, {})
    assert {day: list(it[1:]) for day, it in found.items() if it.events()} == {
        day: it[1:] for day, it in expected.items()
    }
