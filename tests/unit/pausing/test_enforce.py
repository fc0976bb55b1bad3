"""Enforce: what an alarm message does to a stream, what is on record of it, and who is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sesguard.bus.events import Outcome
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.decision import Action, Alarm, Command, Look, Operator
from sesguard.pausing.enforce import act
from sesguard.pausing.record import Sending
from sesguard.pausing.saving import TRIES
from sesguard.pausing.state import Origin, Status
from sesguard.policy import Mode, Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.alarms import MEASURED, a_body, an_alarm, enveloped, own_trigger, ses_trigger
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.world import ACME, NOTICES, Memory

OBSERVE = Policy(mode=Mode.OBSERVE)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def a_bad_list(memory: Memory, *, mails: int = 400, bounces: int = 72) -> None:
    memory.counts.sent(ACME, NOW - 5 * MINUTE, mails, bounces=bounces)


def paused(memory: Memory, *, at=NOW) -> None:
    """Paused by the guard's own alarm, for bounces that need no acknowledgement."""
    a_bad_list(memory, mails=2_000, bounces=190)
    enforce(memory.deps, a_body(at), at)
    memory.counts.mail.clear()


def test_an_alarm_turns_the_stream_off_and_says_why(memory):
    a_bad_list(memory)
    result = enforce(memory.deps, a_body(NOW), NOW)
    assert (result.action, result.reason, result.outcome) == (Action.PAUSE, "bounces", Outcome.PAUSED)
    assert memory.switch.sets[ACME] is Sending.OFF
    (event,) = memory.bus.details("Tenant Paused")
    assert event["evidence"]["bad"] == 72
    assert event["outcome"] == "paused"
    assert (event["from"], event["to"]) == ("healthy", "paused")


def test_the_journal_says_what_was_asked_and_what_was_done(memory):
    a_bad_list(memory)
    enforce(memory.deps, a_body(NOW), NOW)
    decided, done, announced = memory.streams.entries(ACME)
    assert (decided.kind, decided.action, decided.outcome) == ("decided", "pause", "asked")
    assert decided.evidence["kind"] == "bounces"
    assert (done.kind, done.outcome) == ("done", "paused")
    assert announced.events == (memory.bus.details("Tenant Paused")[0]["id"],)
    assert {entry.incident for entry in (done, announced)} == {decided.incident}


@pytest.mark.parametrize("body", [a_body(NOW), json.dumps(enveloped(an_alarm(NOW)))], ids=["raw", "enveloped"])
def test_it_is_the_same_raw_and_in_an_envelope(memory, body):
    a_bad_list(memory)
    assert enforce(memory.deps, body, NOW).action is Action.PAUSE


def test_the_guards_own_metric_measured_over_the_threshold_pauses_nobody_once_that_is_over(memory):
    late = enforce(memory.deps, a_body(NOW, NewStateReason=MEASURED), NOW)
    assert (late.action, late.reason) == (Action.NONE, "outdated")
    a_bad_list(memory)
    again = enforce(memory.deps, a_body(NOW + MINUTE, NewStateReason=MEASURED), NOW + MINUTE)
    assert (again.action, again.reason) == (Action.PAUSE, "bounces")


def test_an_alarm_that_others_made_on_ses_own_metric_is_obeyed_without_evidence_of_the_guards(memory):
    result = enforce(memory.deps, a_body(NOW, trigger=ses_trigger(), AlarmName="their alarm"), NOW)
    assert (result.action, result.reason) == (Action.PAUSE, "alarm")
    (event,) = memory.bus.details("Tenant Paused")
    assert event["evidence"]["alarm"]["name"] == "their alarm"
    assert event["evidence"]["alarm"]["own"] is False


def test_a_message_that_comes_twice_does_nothing_the_second_time(memory):
    a_bad_list(memory)
    for _ in range(2):
        enforce(memory.deps, a_body(NOW), NOW)
    assert memory.switch.turns == [(ACME, False)]
    assert memory.bus.types == ["Tenant Paused"]
    assert len(memory.state().strikes) == 1


@pytest.mark.parametrize("value", ["OK", "INSUFFICIENT_DATA"])
def test_anything_but_alarm_pauses_nobody_and_makes_no_record(memory, value):
    a_bad_list(memory)
    enforce(memory.deps, a_body(NOW, value), NOW)
    assert memory.switch.turns == []
    assert memory.streams.records == {}


def test_an_ok_before_the_cool_down_is_over_resumes_nobody(memory):
    paused(memory)
    result = enforce(memory.deps, a_body(NOW + HOUR - MINUTE, "OK"), NOW + HOUR - MINUTE)
    assert (result.action, result.reason) == (Action.NONE, "not_yet")
    assert memory.switch.sets[ACME] is Sending.OFF


def test_an_ok_once_the_cool_down_is_over_resumes_into_probation(memory):
    paused(memory)
    result = enforce(memory.deps, a_body(NOW + HOUR, "OK"), NOW + HOUR)
    assert (result.action, result.outcome) == (Action.RESUME, Outcome.RESUMED)
    assert memory.switch.sets[ACME] is Sending.ON
    assert memory.state().status is Status.PROBATION
    assert memory.bus.types == ["Tenant Paused", "Tenant Resumed"]


def test_an_ok_that_was_older_than_the_pause_resumes_nobody(memory):
    paused(memory)
    assert enforce(memory.deps, a_body(NOW - MINUTE, "OK"), NOW + 2 * HOUR).reason == "stale_message"


def test_insufficient_data_never_resumes(memory):
    paused(memory)
    enforce(memory.deps, a_body(NOW + 2 * HOUR, "INSUFFICIENT_DATA"), NOW + 2 * HOUR)
    assert memory.switch.sets[ACME] is Sending.OFF


def test_a_message_from_the_future_does_not_shut_out_the_next_one(memory):
    enforce(memory.deps, a_body(NOW + 1000 * HOUR, "OK", trigger=own_trigger()), NOW)
    paused(memory, at=NOW + MINUTE)
    assert memory.state().status is Status.PAUSED


# ---- whose pause it is


def test_what_somebody_else_had_turned_off_is_recorded_and_never_claimed(memory):
    a_bad_list(memory)
    memory.switch.sets[ACME] = Sending.OFF
    result = enforce(memory.deps, a_body(NOW), NOW)
    assert result.outcome is Outcome.ALREADY_OFF
    assert memory.switch.turns == []
    assert (memory.state().status, memory.state().origin, memory.state().strikes) == (
        Status.PAUSED,
        Origin.OPERATOR,
        (),
    )


def test_and_no_ok_ever_turns_it_on(memory):
    a_bad_list(memory)
    memory.switch.sets[ACME] = Sending.OFF
    enforce(memory.deps, a_body(NOW), NOW)
    for hours in (1, 25, 1000):
        result = enforce(memory.deps, a_body(NOW + hours * HOUR, "OK"), NOW + hours * HOUR)
        assert (result.action, result.reason) == (Action.NONE, "not_ours")
    assert memory.switch.sets[ACME] is Sending.OFF


def test_but_an_operator_may_turn_it_on(memory):
    a_bad_list(memory)
    memory.switch.sets[ACME] = Sending.OFF
    enforce(memory.deps, a_body(NOW), NOW)
    act(memory.deps, ACME, Operator(Command.RESUME), NOW + MINUTE)
    assert memory.switch.sets[ACME] is Sending.ON


def test_an_operators_hold_turns_off_and_waits_for_the_operator(memory):
    act(memory.deps, ACME, Operator(Command.HOLD), NOW)
    enforce(memory.deps, a_body(NOW + 48 * HOUR, "OK"), NOW + 48 * HOUR)
    assert memory.switch.sets[ACME] is Sending.OFF
    act(memory.deps, ACME, Operator(Command.RESUME), NOW + 49 * HOUR)
    assert memory.switch.sets[ACME] is Sending.ON
    assert memory.bus.types == ["Tenant Held", "Tenant Resumed"]


# ---- observe


def test_observe_does_everything_but_the_last_call(memory):
    memory.streams.policy = OBSERVE
    a_bad_list(memory)
    result = enforce(memory.deps, a_body(NOW), NOW)
    assert result.outcome is Outcome.OBSERVED
    assert memory.switch.turns == []
    assert memory.state().status is Status.PAUSED
    assert memory.bus.details("Tenant Paused")[0]["mode"] == "observe"
    assert memory.bus.details("Tenant Paused")[0]["outcome"] == "observed"


def test_observe_resumes_on_paper_alone(memory):
    memory.streams.policy = OBSERVE
    paused(memory)
    memory.switch.sets[ACME] = Sending.OFF  # an operator, meanwhile
    result = enforce(memory.deps, a_body(NOW + HOUR, "OK"), NOW + HOUR)
    assert (result.action, result.outcome) == (Action.RESUME, Outcome.LEFT)
    assert memory.switch.sets[ACME] is Sending.OFF


def test_what_the_guard_turned_off_it_turns_on_even_if_it_only_observes_by_then(memory):
    paused(memory)
    memory.streams.records[ACME] = replace(memory.streams.records[ACME], policy=OBSERVE)
    enforce(memory.deps, a_body(NOW + HOUR, "OK"), NOW + HOUR)
    assert memory.switch.sets[ACME] is Sending.ON


def test_an_operator_is_obeyed_in_observe_mode(memory):
    memory.streams.policy = OBSERVE
    act(memory.deps, ACME, Operator(Command.HOLD), NOW)
    assert memory.switch.sets[ACME] is Sending.OFF


# ---- what names nobody


def test_an_alarm_on_a_set_that_ses_does_not_know_pauses_nobody_and_tells_the_operator(memory):
    nobody = StreamId("123456789012", "eu-west-1", "no-such-set")
    result = enforce(memory.deps, a_body(NOW, trigger=ses_trigger(nobody)), NOW)
    assert result.outcome is Outcome.UNKNOWN_SET
    assert memory.streams.records == {}
    assert memory.bus.types == ["Operator Notice"]
    assert "no-such-set" in memory.bus.details("Operator Notice")[0]["text"]


def test_a_known_stream_whose_set_is_gone_is_paused_on_paper(memory):
    memory.counts.sent(ACME, NOW - MINUTE, 150, bounces=23)
    act(memory.deps, ACME, Look(), NOW)
    assert memory.state().status is Status.WATCHED
    del memory.switch.sets[ACME]
    a_bad_list(memory)
    assert enforce(memory.deps, a_body(NOW + MINUTE), NOW + MINUTE).outcome is Outcome.UNKNOWN_SET
    assert memory.state().status is Status.PAUSED


@pytest.mark.parametrize("body", ["hello", "{}", a_body(NOW, trigger={"Namespace": "AWS/S3", "MetricName": "Size"})])
def test_a_message_that_names_no_stream_pauses_nobody_and_tells_the_operator_once_a_day(memory, body):
    for at in (NOW, NOW + MINUTE):
        enforce(memory.deps, body, at)
    assert memory.switch.turns == []
    assert memory.bus.types == ["Operator Notice"]


def test_the_guards_own_notices_are_never_paused(memory):
    result = enforce(memory.deps, a_body(NOW, trigger=ses_trigger(NOTICES)), NOW)
    assert result.outcome is Outcome.LEFT
    assert memory.switch.turns == []
    assert memory.bus.types == ["Operator Notice"]


# ---- trouble


def failing(operation: str, *, retryable: bool, times: int = 1):
    left = [times]

    def hook(name: str) -> None:
        if name == operation and left[0]:
            left[0] -= 1
            raise AwsError(operation, "Trouble", retryable=retryable)

    return hook


@pytest.mark.parametrize("operation", ["load", "history", "look", "save", "turn", "publish"])
def test_trouble_that_passes_comes_back_through_the_queue(memory, operation):
    a_bad_list(memory)
    memory.hook_all(failing(operation, retryable=True))
    with pytest.raises(AwsError):
        enforce(memory.deps, a_body(NOW), NOW)
    enforce(memory.deps, a_body(NOW), NOW + MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF
    assert memory.bus.types == ["Tenant Paused"]
    assert len(memory.state().strikes) == 1


def test_a_refusal_for_good_is_on_record_told_once_and_tried_again(memory):
    a_bad_list(memory)
    memory.hook_all(failing("turn", retryable=False, times=3))
    for minute in range(3):
        with pytest.raises(AwsError):
            enforce(memory.deps, a_body(NOW), NOW + minute * MINUTE)
    assert memory.bus.types == ["Operator Notice"]
    assert [it.outcome for it in memory.streams.entries(ACME, "done")] == ["failed"]
    enforce(memory.deps, a_body(NOW), NOW + 3 * MINUTE)
    assert memory.bus.types == ["Operator Notice", "Tenant Paused"]
    assert memory.streams.records[ACME].trouble == ""


def test_whoever_loses_a_race_reads_again_and_decides_again(memory):
    a_bad_list(memory)

    def somebody_else(name: str) -> None:
        if name == "history":
            memory.hook_all(lambda _: None)
            act(memory.deps, ACME, Operator(Command.HOLD), NOW)

    memory.hook_all(somebody_else)
    result = enforce(memory.deps, a_body(NOW), NOW)
    assert (result.action, result.reason) == (Action.NONE, "already_off")
    assert memory.state().status is Status.HELD


def test_races_without_end_are_given_back_to_the_queue(memory):
    a_bad_list(memory)
    tries = []

    def always(name: str) -> None:
        if name == "save":
            tries.append(name)
            raise ConflictError(str(ACME))

    memory.hook_all(always)
    with pytest.raises(ConflictError):
        enforce(memory.deps, a_body(NOW), NOW)
    assert len(tries) == TRIES


def test_a_late_turn_off_that_crossed_an_operators_resume_is_set_right(memory):
    """One worker hangs in SES while another settles the pause and an operator resumes."""

    def operator_is_faster(name: str) -> None:
        if name == "turn":
            memory.hook_all(lambda _: None)
            act(memory.deps, ACME, Operator(Command.RESUME), NOW + MINUTE)

    memory.hook_all(operator_is_faster)
    act(memory.deps, ACME, Alarm(AlarmValue.ALARM, NOW), NOW)
    assert memory.state().status is Status.PROBATION
    assert memory.switch.sets[ACME] is Sending.ON
