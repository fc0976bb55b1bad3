"""The cap holds in every hour, whatever is tried, tried again, in whatever order, and by how many at once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.aws.counts.pause_budget import DynamoPauseBudget
from sesguard.errors import ConflictError
from sesguard.pausing.backlog_command import approve, backlog
from sesguard.pausing.budget import HOUR, Cap, PauseClaims, claim
from sesguard.pausing.decision import Alarm
from sesguard.pausing.enforce import act
from sesguard.pausing.operator_command import Word
from sesguard.pausing.record import Sending
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.examples import examples
from tests.fakes.clock import NOW
from tests.fakes.tables import TABLES, in_moto
from tests.fakes.world import ACME, Memory

HOME = StreamId(ACME.account, ACME.region, "")
minutes_apart = st.integers(0, 40)
tries = st.lists(st.tuples(minutes_apart, st.integers(0, 30)), max_size=80)


@given(tries, st.integers(1, 5))
def test_no_hour_has_more_new_pauses_than_the_cap(tries, cap):
    claims, at = PauseClaims(), NOW
    held: dict[int, datetime] = {}
    new: list[datetime] = []
    for minutes, number in tries:
        at += timedelta(minutes=minutes)
        claims, room = claim(claims, str(number), cap, at)
        # Who is tried again within the hour is the same pause.
        if room.granted and (number not in held or at - held[number] >= HOUR):
            held[number] = at
            new.append(at)
    for start in new:
        assert sum(start <= at < start + HOUR for at in new) <= cap


@settings(max_examples=examples(40))
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=40))
def test_whatever_alarms_come_each_stream_is_paused_at_most_once_and_the_rest_are_released_once(alarms):
    memory = Memory()
    memory.budget.cap = 3
    streams = [StreamId(ACME.account, ACME.region, f"shop-{number}") for number in range(10)]
    memory.switch.sets.update(dict.fromkeys(streams, Sending.ON))
    for number, minutes in alarms:
        at = NOW + timedelta(minutes=minutes)
        act(memory.deps, streams[number], Alarm(AlarmValue.ALARM, at), at)
    named = {streams[number] for number, _ in alarms}
    off = [stream for stream, on in memory.switch.turns if not on]
    waiting = [record.stream for record in backlog(memory.deps)]
    assert len(off) == len(set(off)) == min(3, len(named))
    assert {*off, *waiting} == named
    for _ in range(2):
        for stream in waiting:
            approve(memory.deps, stream, Word("olga", "why"), NOW + timedelta(minutes=30))
    off = [stream for stream, on in memory.switch.turns if not on]
    assert sorted(off) == sorted(named)


class OneCallAtATime:
    """A client whose calls do not overlap: DynamoDB's writes are atomic, moto looks first and writes then."""

    def __init__(self, client):
        self._client = client
        self._lock = threading.Lock()

    def __getattr__(self, name):
        def call(**request):
            with self._lock:
                return getattr(self._client, name)(**request)

        return call


@pytest.mark.parametrize("cap", [1, 5])
def test_workers_at_the_same_time_never_share_the_last_room(cap):
    granted: list[str] = []
    with in_moto() as client:
        slots = DynamoPauseBudget(OneCallAtATime(client), TABLES.cohorts, TABLES.cohorts, HOME, Cap(cap, 0.0))

        def work(worker: int) -> None:
            for number in range(6):
                name = f"{worker}-{number}"
                try:
                    if slots.claim(name, NOW).granted:
                        granted.append(name)
                except ConflictError:  # its message comes again
                    continue

        threads = [threading.Thread(target=work, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(granted) == cap
        assert all(slots.claim(name, NOW).granted for name in granted)
        assert not slots.claim("one more", NOW).granted
