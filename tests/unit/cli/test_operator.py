"""An operator's word: what it does to a stream in each state, what goes on record, and what happens if SES fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sesguard.bus.events import Outcome
from sesguard.errors import AwsError
from sesguard.pausing.operator_command import Answer, Operated, Order, Word, operate
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.policy import Mode, Policy
from sesguard.stream import StreamId
from tests.fakes.clock import HOUR, NOW
from tests.fakes.states import held, paused, probation, watched
from tests.fakes.world import ACME, NOTICES, Memory

WORD = Word("arn:aws:iam::123456789012:user/alice", "ticket 12: a list of unknown origin")
NOBODY = StreamId("123456789012", "eu-west-1", "no-such-set")
OFF, ON = Sending.OFF, Sending.ON


@pytest.fixture
def memory() -> Memory:
    return Memory()


def put(memory: Memory, state: StreamState, *, off: bool | None = None, **changes: Any) -> None:
    """Put acme-news into ``state``, turned off by the guard where the state says off."""
    record = StreamRecord(ACME, 3, state, memory.streams.policy, **{"turned_off": state.off, **changes})
    memory.streams.records[ACME] = record
    memory.switch.sets[ACME] = OFF if (state.off if off is None else off) else ON


def say(memory: Memory, order: Order, stream: StreamId = ACME) -> Operated:
    return operate(memory.deps, stream, order, WORD, NOW + HOUR / 2)


@pytest.mark.parametrize("state", [StreamState(), watched(), probation(), paused()], ids=lambda state: state.status)
def test_a_hold_turns_any_stream_off_until_an_operator_says_otherwise(memory, state):
    put(memory, state)
    operated = say(memory, Order.HOLD)
    assert (operated.answer, operated.result.outcome) == (Answer.DONE, Outcome.PAUSED)
    assert (memory.state().status, memory.state().origin) == (Status.HELD, Origin.OPERATOR)
    assert memory.switch.sets[ACME] is OFF
    assert memory.bus.types == ["Tenant Held"]


def test_a_hold_is_obeyed_where_the_guard_only_observes(memory):
    memory.streams.policy = Policy(mode=Mode.OBSERVE)
    put(memory, paused(), turned_off=False, off=False)
    assert say(memory, Order.HOLD).answer is Answer.DONE
    assert memory.switch.sets[ACME] is OFF


def test_a_hold_by_strikes_that_was_only_observed_is_one_in_earnest_after_an_operators(memory):
    put(memory, held(origin=Origin.GUARD), turned_off=False, off=False)
    assert say(memory, Order.HOLD).answer is Answer.DONE
    assert memory.switch.sets[ACME] is OFF


def test_a_stream_that_the_guard_never_heard_of_can_be_held(memory):
    assert say(memory, Order.HOLD).answer is Answer.DONE
    assert memory.state().incident


def test_a_hold_of_what_somebody_else_turned_off_is_on_record_as_such(memory):
    put(memory, StreamState(), off=True)
    operated = say(memory, Order.HOLD)
    assert operated.result.outcome is Outcome.ALREADY_OFF
    assert memory.state().status is Status.HELD
    assert say(memory, Order.RESUME).answer is Answer.DONE
    assert memory.switch.sets[ACME] is ON


def test_a_release_gives_a_paused_stream_back_to_its_cool_down(memory):
    put(memory, held())
    say(memory, Order.RELEASE)
    assert (memory.state().status, memory.state().origin) == (Status.PAUSED, Origin.GUARD)
    assert memory.switch.sets[ACME] is OFF
    assert not memory.state().may_resume(NOW + HOUR / 2)
    assert memory.state().may_resume(NOW + HOUR)


def test_a_release_of_a_stream_that_the_guard_had_not_paused_turns_it_on(memory):
    say(memory, Order.HOLD)
    say(memory, Order.RELEASE)
    assert memory.state().status is Status.PROBATION
    assert memory.switch.sets[ACME] is ON


@pytest.mark.parametrize("state", [paused(acknowledge=True), held(), paused(origin=Origin.OPERATOR)])
def test_a_resume_turns_on_whatever_the_stream_waits_for_and_only_new_mail_weighs(memory, state):
    put(memory, state)
    assert say(memory, Order.RESUME).answer is Answer.DONE
    assert (memory.state().status, memory.state().counted_from) == (Status.PROBATION, NOW + HOUR / 2)
    assert memory.switch.sets[ACME] is ON


def test_a_resume_of_a_pause_that_was_only_observed_ends_it(memory):
    memory.streams.policy = Policy(mode=Mode.OBSERVE)
    put(memory, paused(), turned_off=False, off=False)
    assert say(memory, Order.RESUME).answer is Answer.DONE
    assert memory.state().status is Status.PROBATION


@pytest.mark.parametrize("state", [StreamState(), watched()], ids=lambda state: state.status)
def test_a_resume_turns_on_what_was_turned_off_outside_the_guard_and_the_record_says_so(memory, state):
    put(memory, state, off=True)
    assert say(memory, Order.RESUME).answer is Answer.DONE
    assert memory.switch.sets[ACME] is ON
    assert [(it.kind, it.to) for it in memory.streams.journal if it.to] == [
        ("drift", "paused"),
        ("decided", "probation"),
    ]
    assert len({entry.incident for entry in memory.streams.journal}) == 1


def test_an_acknowledgement_ends_the_wait_for_the_owner_and_not_the_cool_down(memory):
    put(memory, paused(acknowledge=True))
    assert say(memory, Order.ACKNOWLEDGE).answer is Answer.DONE
    assert memory.state().status is Status.PAUSED
    assert not memory.state().may_resume(NOW + HOUR / 2)
    assert memory.state().may_resume(NOW + HOUR)


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (Order.HOLD, held()),
        (Order.RELEASE, paused()),
        (Order.RELEASE, StreamState()),
        (Order.RESUME, StreamState()),
        (Order.RESUME, probation()),
        (Order.ACKNOWLEDGE, paused()),
        (Order.ACKNOWLEDGE, probation()),
    ],
    ids=lambda it: getattr(it, "status", it),
)
def test_what_is_so_already_changes_nothing_and_makes_no_record(memory, order, state):
    put(memory, state)
    assert say(memory, order).answer is Answer.NOTHING_TO_DO
    assert memory.streams.records[ACME].version == 3
    assert memory.streams.journal == []


@pytest.mark.parametrize("order", Order)
def test_a_stream_that_nobody_knows_is_said_to_be_unknown(memory, order):
    assert say(memory, order, NOBODY).answer is Answer.UNKNOWN_STREAM
    assert memory.bus.types == []


def test_a_set_that_ses_no_longer_has_cannot_be_held_but_its_hold_can_be_ended(memory):
    put(memory, held())
    del memory.switch.sets[ACME]
    assert say(memory, Order.HOLD).answer is Answer.UNKNOWN_STREAM
    assert say(memory, Order.RELEASE).answer is Answer.DONE


@pytest.mark.parametrize(
    ("order", "state"),
    [
        (Order.HOLD, StreamState()),
        (Order.RELEASE, held()),
        (Order.RESUME, held()),
        (Order.ACKNOWLEDGE, paused(acknowledge=True)),
    ],
)
def test_the_journal_says_who_and_why(memory, order, state):
    put(memory, state)
    say(memory, order)
    (decided,) = memory.streams.entries(ACME, "decided")
    assert (decided.command, decided.who, decided.why) == (order, *WORD)
    assert [entry for entry in memory.streams.journal if entry is not decided and entry.who] == []


def test_who_and_why_are_in_no_event(memory):
    say(memory, Order.HOLD)
    assert "alice" not in str(memory.bus.events)
    assert "ticket 12" not in str(memory.bus.events)


def test_the_guards_own_mail_can_be_held_by_an_operator_alone(memory):
    assert say(memory, Order.HOLD, NOTICES).answer is Answer.DONE
    assert memory.switch.sets[NOTICES] is OFF


@pytest.mark.parametrize("retryable", [True, False])
def test_where_ses_does_not_turn_it_the_order_is_on_record_and_due(memory, retryable):
    def refuse(step: str) -> None:
        if step == "turn":
            raise AwsError("PutConfigurationSetSendingOptions", "Busy", retryable=retryable)

    memory.switch.hook = refuse
    operated = say(memory, Order.HOLD)
    assert (operated.answer, operated.after.switch_due) == (Answer.DUE, "off")
    assert "Busy" in operated.problem
    assert memory.state().status is Status.HELD


def test_where_only_the_notices_are_late_the_order_is_done(memory):
    def refuse(step: str) -> None:
        if step == "publish":
            raise AwsError("PutEvents", "Throttling", retryable=True)

    memory.bus.hook = refuse
    operated = say(memory, Order.HOLD)
    assert (operated.answer, operated.problem) == (Answer.DONE, "PutEvents failed: Throttling")
    assert memory.switch.sets[ACME] is OFF


def test_where_nothing_could_be_recorded_it_is_an_error(memory):
    def refuse(step: str) -> None:
        if step == "save":
            raise AwsError("TransactWriteItems", "AccessDeniedException", retryable=False)

    memory.streams.hook = refuse
    with pytest.raises(AwsError, match="AccessDenied"):
        say(memory, Order.HOLD)
    assert memory.switch.turns == []


def test_a_turn_that_was_due_already_is_settled_first(memory):
    put(memory, held(), off=False, switch_due="off")
    assert say(memory, Order.RESUME).answer is Answer.DONE
    assert memory.switch.turns == [(ACME, False), (ACME, True)]
    assert replace(memory.streams.records[ACME]).turned_off is False
