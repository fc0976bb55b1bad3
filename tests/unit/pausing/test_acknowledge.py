"""The owner's word on a pause: taken once, in one write, and never of another pause than the one it is about."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.acknowledge import Taken, acknowledge
from sesguard.pausing.decision import Command, Operator
from sesguard.pausing.enforce import act
from sesguard.pausing.journal import Word
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.saving import TRIES
from sesguard.pausing.state import Status, StreamState
from sesguard.pausing.status import latest_decision
from sesguard.pausing.sweep import sweep
from sesguard.stream import StreamId
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.journal import a_decision
from tests.fakes.states import INCIDENT, held, paused, probation, watched
from tests.fakes.world import ACME, Memory

WORD = Word("owner, by link", "the imported list is gone")
LATER = NOW + HOUR / 2


def memory_with(state: StreamState) -> Memory:
    memory = Memory()
    memory.streams.records[ACME] = StreamRecord(ACME, 3, state, memory.streams.policy, turned_off=state.off)
    memory.switch.sets[ACME] = Sending.OFF if state.off else Sending.ON
    return memory


@pytest.fixture
def memory() -> Memory:
    return memory_with(paused(acknowledge=True))


def take(memory: Memory, pause: datetime | None = NOW, stream: StreamId = ACME) -> Taken:
    return acknowledge(memory.streams, stream, WORD, LATER, pause)


def test_a_word_on_a_pause_that_waits_is_taken(memory):
    assert take(memory) is Taken.DONE
    assert memory.state() == paused()


def test_the_journal_says_who_said_what_of_which_incident(memory):
    take(memory)
    (entry,) = memory.streams.journal
    assert (entry.command, entry.who, entry.why) == ("acknowledge", *WORD)
    assert (entry.incident, entry.kind, entry.reason) == (INCIDENT, "decided", "acknowledged")


def test_it_turns_nothing_and_announces_nothing(memory):
    take(memory)
    assert (memory.switch.turns, memory.bus.events, memory.streams.records[ACME].announce) == ([], [], ())


def test_a_word_that_names_no_pause_is_taken_of_whichever_it_is(memory):
    assert take(memory, pause=None) is Taken.DONE


@pytest.mark.parametrize(
    ("state", "pause"),
    [
        (paused(), NOW),
        (probation(), NOW),
        (watched(), None),
        (StreamState(), None),
        (paused(acknowledge=True), NOW - timedelta(microseconds=1)),
        (paused(acknowledge=True, strikes=(NOW, NOW + MINUTE)), NOW),
    ],
)
def test_a_word_that_nothing_waits_for_changes_nothing(state, pause):
    memory = memory_with(state)
    assert take(memory, pause) is Taken.NOTHING
    assert (memory.streams.records[ACME].version, memory.streams.journal) == (3, [])


def test_a_word_on_a_stream_that_nobody_knows_makes_no_record(memory):
    unknown = StreamId(ACME.account, ACME.region, "nobody")
    assert take(memory, None, unknown) is Taken.NOTHING
    assert unknown not in memory.streams.records


def test_a_second_word_is_not_taken(memory):
    assert [take(memory), take(memory)] == [Taken.DONE, Taken.NOTHING]
    assert len(memory.streams.journal) == 1


def test_a_hold_waits_for_the_word_too_and_stays_one():
    memory = memory_with(held(acknowledge=True))
    assert take(memory) is Taken.DONE
    assert memory.state().status is Status.HELD


def test_who_loses_against_another_word_hears_so(memory):
    memory.streams.hook = lambda step: take_first(memory, step)
    assert take(memory) is Taken.MEANWHILE
    assert len(memory.streams.journal) == 1


def take_first(memory: Memory, step: str) -> None:
    if step == "save":
        memory.streams.hook = lambda _: None
        take(memory)


def test_who_loses_against_a_resume_hears_that_nothing_waits(memory):
    def resume_first(step: str) -> None:
        if step == "save":
            memory.streams.hook = lambda _: None
            act(memory.deps, ACME, Operator(Command.RESUME), LATER)

    memory.streams.hook = resume_first
    assert take(memory) is Taken.NOTHING


@pytest.mark.parametrize(("conflicts", "taken"), [(TRIES - 1, True), (TRIES, False)])
def test_other_writers_are_waited_out_for_a_while(memory, conflicts, taken):
    left = [None] * conflicts

    def somebody_writes(step: str) -> None:
        if step == "save" and left:
            left.pop()
            raise ConflictError(str(ACME))

    memory.streams.hook = somebody_writes
    if taken:
        assert take(memory) is Taken.DONE
    else:
        with pytest.raises(ConflictError):
            take(memory)


@pytest.mark.parametrize("step", ["load", "save"])
def test_where_aws_refuses_nothing_has_changed(memory, step):
    def refuse(name: str) -> None:
        if name == step:
            raise AwsError("TransactWriteItems", "InternalServerError", retryable=True)

    memory.streams.hook = refuse
    with pytest.raises(AwsError):
        take(memory)
    assert (memory.streams.records[ACME].state, memory.streams.journal) == (paused(acknowledge=True), [])


def test_a_crash_right_after_the_write_has_done_all_of_it(memory):
    def crash(step: str) -> None:
        if step == "saved":
            raise KeyboardInterrupt

    memory.streams.hook = crash
    with pytest.raises(KeyboardInterrupt):
        take(memory)
    memory.streams.hook = lambda _: None
    assert take(memory) is Taken.NOTHING
    assert [entry.why for entry in memory.streams.journal] == [WORD.why]


def test_a_cool_down_that_is_over_ends_with_the_next_sweep(memory):
    acknowledge(memory.streams, ACME, WORD, NOW + 2 * HOUR, NOW)
    memory.alarms.published.clear()
    sweep(memory.deps, memory.alarms, NOW + 2 * HOUR + MINUTE)
    ((_, verdict),) = memory.alarms.published
    assert verdict.risk == 0.0


def test_neither_the_word_nor_its_want_hides_what_the_stream_was_paused_for(memory):
    memory.streams.note(a_decision(NOW, version=3))
    sweep(memory.deps, memory.alarms, NOW + HOUR)
    take(memory)
    assert [it.reason for it in memory.streams.entries(ACME, "decided")] == [
        "bounces",
        "not_acknowledged",
        "acknowledged",
    ]
    latest = latest_decision(memory.streams.entries(ACME))
    assert latest is not None
    assert latest.reason == "bounces"
