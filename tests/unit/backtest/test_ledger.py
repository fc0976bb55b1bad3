"""What is booked of a stream, however little or much of it there is in an hour."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sesguard.backtest.ledger import By, _by_place, _sent_once, book
from sesguard.backtest.moment import SeenBounces, SeenMoment, Send
from sesguard.backtest.replay import Replay, ReplayTerms
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of
from sesguard.policy import Policy

DAY = 86_400
FIRST = 1_795_219_200

bookings = st.tuples(st.integers(0, 119), st.integers(0, 5), st.integers(1, 3))


@given(st.lists(bookings, max_size=20), st.integers(1, 60))
def test_what_was_booked_is_there_by_minute_and_column(some, times):
    level: By = {}
    truth: Counter[tuple[int, int]] = Counter()
    for minute, column, count in some * times:
        book(level, minute, column, count)
        truth[minute, column] += count
    found = {
        (hour * 60 + place // 6, place % 6): count
        for hour, columns in level.items()
        for place, count in enumerate(_by_place(columns))
        if count
    }
    assert found == truth
    assert all(len(columns) <= 360 for columns in level.values())


@given(st.lists(st.tuples(st.integers(0, 59), st.sampled_from([0, 0, 0, 1, 2, 4, 5]), st.integers(1, 3)), min_size=1))
def test_an_hour_of_little_mail_comes_to_what_its_minutes_come_to(some):
    level: By = {}
    for minute, column, count in some:
        book(level, minute, column, count)
    (columns,) = level.values()
    found = _sent_once(columns)
    places = _by_place(columns)
    by_minute = [places[at : at + 6].tolist() for at in range(0, len(places), 6)]
    if found is not None:
        assert found == sum(map(volume_of, by_minute))
        assert not any(bucket[BOUNCED] or bucket[COMPLAINED] for bucket in by_minute)
    elif len(columns) < 300:
        assert len({column for _, column, _ in some}) > 1 or some[0][1] >= BOUNCED


def test_a_second_record_of_an_event_is_known_for_a_fortnight_and_forgotten_in_the_end():
    def bounce(at: float) -> SeenMoment:
        return SeenMoment("acme", at, [SeenBounces(at, 1, "a.example")], "the-same")

    replay = Replay(ReplayTerms(Policy()))
    days = (0, 14, 100)
    assert list(replay.run(bounce(FIRST + DAY * day) for day in days)) == []
    assert replay.duplicates == 1
    assert replay.streams["acme"].ledger.bounces == 2


def test_identities_of_long_ago_take_no_memory():
    replay = Replay(ReplayTerms(Policy()))
    moments = [SeenMoment("acme", FIRST + DAY * day, [Send(FIRST, 1)], str(day)) for day in range(400)]
    assert list(replay.run(moments)) == []
    assert sum(map(len, replay._identities)) <= 30
