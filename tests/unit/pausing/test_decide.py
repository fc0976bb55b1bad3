"""The table of decide(): one sentence for each transition, and both sides of each threshold."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.weigh import Verdict
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Acknowledge, Action, Alarm, Command, Decision, Look, Operator, Reason, Signal
from sesguard.pausing.state import HeardAlarm, Origin, Status, StreamState, cool_down, next_look
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.states import INCIDENT, POLICY, a_verdict, healthy, held, paused, probation, watched

SECOND = timedelta(seconds=1)
LOOK = Look()
UP, OK, NO_DATA = AlarmValue.ALARM, AlarmValue.OK, AlarmValue.INSUFFICIENT_DATA


def up(at: datetime = NOW) -> Alarm:
    return Alarm(UP, at)


def ok(at: datetime = NOW) -> Alarm:
    return Alarm(OK, at)


class Row(NamedTuple):
    says: str
    state: StreamState
    signal: Signal
    verdict: Verdict
    action: Action
    reason: Reason
    status: Status
    now: datetime = NOW


TABLE = [
    # healthy
    Row("a healthy stream under the warning stays so", healthy(), LOOK, a_verdict(0.4999),
        Action.NONE, Reason.NO_CHANGE, Status.HEALTHY),
    Row("a healthy stream at the warning is watched", healthy(), LOOK, a_verdict(0.5),
        Action.WARN, Reason.BOUNCES, Status.WATCHED),
    Row("a warning says complaints where those weigh most", healthy(), LOOK, a_verdict(0.5, kind=COMPLAINTS),
        Action.WARN, Reason.COMPLAINTS, Status.WATCHED),
    Row("just under risk 1 is not enough to pause", healthy(), LOOK, a_verdict(0.9999),
        Action.WARN, Reason.BOUNCES, Status.WATCHED),
    Row("risk 1 pauses", healthy(), LOOK, a_verdict(1.0), Action.PAUSE, Reason.BOUNCES, Status.PAUSED),
    Row("an alarm pauses whatever the evidence", healthy(), up(), a_verdict(0.0),
        Action.PAUSE, Reason.ALARM, Status.PAUSED),
    Row("an alarm with enough evidence pauses for that", healthy(), up(), a_verdict(1.0, kind=COMPLAINTS),
        Action.PAUSE, Reason.COMPLAINTS, Status.PAUSED),
    Row("an alarm that was only measured pauses where the evidence still says so",
        healthy(), Alarm(UP, NOW, own=True), a_verdict(1.0), Action.PAUSE, Reason.BOUNCES, Status.PAUSED),
    Row("and not where that was about what is over", probation(), Alarm(UP, NOW, own=True), a_verdict(0.9999),
        Action.NONE, Reason.OUTDATED, Status.PROBATION),
    Row("OK does nothing to a healthy stream", healthy(), ok(), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.HEALTHY),
    Row("missing data never pauses", healthy(), Alarm(NO_DATA, NOW), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.HEALTHY),
    # watched
    Row("a watched stream at risk 1 is paused", watched(), LOOK, a_verdict(1.0),
        Action.PAUSE, Reason.BOUNCES, Status.PAUSED),
    Row("a watched stream is not warned again", watched(), LOOK, a_verdict(0.7),
        Action.NONE, Reason.NO_CHANGE, Status.WATCHED),
    Row("risk that has just become low ends no watch", watched(), LOOK, a_verdict(0.2),
        Action.NONE, Reason.NO_CHANGE, Status.WATCHED, NOW + 2 * DAY),
    Row("nor does low risk of almost a day", watched(calm_since=NOW), LOOK, a_verdict(0.2499),
        Action.NONE, Reason.NO_CHANGE, Status.WATCHED, NOW + DAY - SECOND),
    Row("a day of low risk does", watched(calm_since=NOW), LOOK, a_verdict(0.2499),
        Action.CALM, Reason.CALM, Status.HEALTHY, NOW + DAY),
    Row("but not of risk that is only under the warning", watched(calm_since=NOW), LOOK, a_verdict(0.25),
        Action.NONE, Reason.NO_CHANGE, Status.WATCHED, NOW + DAY),
    # paused
    Row("no evidence resumes a paused stream", paused(), LOOK, a_verdict(),
        Action.NONE, Reason.ALREADY_OFF, Status.PAUSED, NOW + DAY),
    Row("more evidence does not pause it again", paused(), LOOK, a_verdict(5.0),
        Action.NONE, Reason.ALREADY_OFF, Status.PAUSED),
    Row("nor does another alarm", paused(), up(NOW + MINUTE), a_verdict(5.0),
        Action.NONE, Reason.ALREADY_OFF, Status.PAUSED, NOW + MINUTE),
    Row("OK before the cool-down is over resumes nobody", paused(), ok(NOW + HOUR - SECOND), a_verdict(),
        Action.NONE, Reason.NOT_YET, Status.PAUSED, NOW + HOUR - SECOND),
    Row("OK once it is over resumes on probation", paused(), ok(NOW + HOUR), a_verdict(),
        Action.RESUME, Reason.COOLED_DOWN, Status.PROBATION, NOW + HOUR),
    Row("OK resumes nobody whose owner has not spoken", paused(acknowledge=True), ok(NOW + HOUR), a_verdict(),
        Action.NONE, Reason.NOT_ACKNOWLEDGED, Status.PAUSED, NOW + HOUR),
    Row("missing data never resumes", paused(), Alarm(NO_DATA, NOW + DAY), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.PAUSED, NOW + DAY),
    Row("what an operator turned off, OK does not turn on", paused(origin=Origin.OPERATOR), ok(NOW + DAY), a_verdict(),
        Action.NONE, Reason.NOT_OURS, Status.PAUSED, NOW + DAY),
    Row("nor what AWS turned off", paused(origin=Origin.AWS), ok(NOW + DAY), a_verdict(),
        Action.NONE, Reason.NOT_OURS, Status.PAUSED, NOW + DAY),
    Row("an operator resumes at any time", paused(acknowledge=True), Operator(Command.RESUME), a_verdict(),
        Action.RESUME, Reason.OPERATOR, Status.PROBATION),
    Row("an operator makes a pause a hold", paused(), Operator(Command.HOLD), a_verdict(),
        Action.HOLD, Reason.OPERATOR, Status.HELD),
    Row("the owner's word alone resumes nobody", paused(acknowledge=True), Acknowledge(), a_verdict(),
        Action.NONE, Reason.ACKNOWLEDGED, Status.PAUSED, NOW + DAY),
    Row("a word on this very pause is taken", paused(acknowledge=True), Acknowledge(NOW), a_verdict(),
        Action.NONE, Reason.ACKNOWLEDGED, Status.PAUSED, NOW + DAY),
    Row("one on the pause before is not", paused(acknowledge=True), Acknowledge(NOW - SECOND), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.PAUSED, NOW + DAY),
    Row("nobody is reminded before the cool-down is over", paused(acknowledge=True), LOOK, a_verdict(),
        Action.NONE, Reason.ALREADY_OFF, Status.PAUSED, NOW + HOUR - SECOND),
    Row("once it is, whoever has not spoken is", paused(acknowledge=True), LOOK, a_verdict(),
        Action.REMIND, Reason.NOT_ACKNOWLEDGED, Status.PAUSED, NOW + HOUR),
    Row("once", paused(acknowledge=True, reminded=True), LOOK, a_verdict(),
        Action.NONE, Reason.ALREADY_OFF, Status.PAUSED, NOW + DAY),
    Row("but not of what an operator turned off", paused(acknowledge=True, origin=Origin.OPERATOR), LOOK, a_verdict(),
        Action.NONE, Reason.ALREADY_OFF, Status.PAUSED, NOW + DAY),
    # probation
    Row("on probation, risk 1 pauses again", probation(), LOOK, a_verdict(1.0),
        Action.PAUSE, Reason.BOUNCES, Status.PAUSED),
    Row("and so does an alarm", probation(), up(NOW), a_verdict(), Action.PAUSE, Reason.ALARM, Status.PAUSED),
    Row("but not one from before the resume", probation(), up(NOW - SECOND), a_verdict(1.0),
        Action.NONE, Reason.OUTDATED, Status.PROBATION),
    Row("be it the guard's own: the minute of the resume holds the mail that it was about",
        probation(), Alarm(UP, NOW - SECOND, own=True), a_verdict(2.0),
        Action.NONE, Reason.OUTDATED, Status.PROBATION),
    Row("an hour and 200 clean mails end it", probation(), LOOK, a_verdict(0.4999, volume=200),
        Action.RECOVER, Reason.PROBATION_PASSED, Status.HEALTHY, NOW + HOUR),
    Row("199 mails do not", probation(), LOOK, a_verdict(volume=199),
        Action.NONE, Reason.NO_CHANGE, Status.PROBATION, NOW + HOUR),
    Row("nor does less than an hour", probation(), LOOK, a_verdict(volume=200),
        Action.NONE, Reason.NO_CHANGE, Status.PROBATION, NOW + HOUR - SECOND),
    Row("nor mail at the warning", probation(), LOOK, a_verdict(0.5, volume=5_000),
        Action.NONE, Reason.NO_CHANGE, Status.PROBATION, NOW + HOUR),
    Row("after a week it ends for who hardly sends", probation(), LOOK, a_verdict(volume=3),
        Action.RECOVER, Reason.PROBATION_OVER, Status.HEALTHY, NOW + 7 * DAY),
    Row("and not before", probation(), LOOK, a_verdict(volume=3),
        Action.NONE, Reason.NO_CHANGE, Status.PROBATION, NOW + 7 * DAY - SECOND),
    Row("a week does not end it for who is bad right then", probation(), LOOK, a_verdict(1.0),
        Action.PAUSE, Reason.BOUNCES, Status.PAUSED, NOW + 7 * DAY),
    Row("OK does nothing on probation", probation(), ok(), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.PROBATION),
    # held
    Row("OK lifts no hold", held(), ok(NOW + 30 * DAY), a_verdict(),
        Action.NONE, Reason.NOT_OURS, Status.HELD, NOW + 30 * DAY),
    Row("not even one by strikes", held(origin=Origin.GUARD), ok(NOW + 30 * DAY), a_verdict(),
        Action.NONE, Reason.NOT_OURS, Status.HELD, NOW + 30 * DAY),
    Row("an alarm does nothing to a hold", held(), up(), a_verdict(5.0),
        Action.NONE, Reason.ALREADY_OFF, Status.HELD),
    Row("an operator resumes it", held(), Operator(Command.RESUME), a_verdict(),
        Action.RESUME, Reason.OPERATOR, Status.PROBATION),
    Row("or releases it to its cool-down", held(), Operator(Command.RELEASE), a_verdict(),
        Action.NONE, Reason.OPERATOR, Status.PAUSED),
    Row("and where it has none, to probation", held(cool_down_until=None), Operator(Command.RELEASE), a_verdict(),
        Action.RESUME, Reason.OPERATOR, Status.PROBATION),
    Row("nobody is reminded of a hold", held(acknowledge=True, origin=Origin.GUARD), LOOK, a_verdict(),
        Action.NONE, Reason.ALREADY_OFF, Status.HELD, NOW + DAY),
    # an operator elsewhere
    Row("an operator holds a healthy stream", healthy(), Operator(Command.HOLD), a_verdict(),
        Action.HOLD, Reason.OPERATOR, Status.HELD),
    Row("there is nothing to resume in one that is on", watched(), Operator(Command.RESUME), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.WATCHED),
    Row("nor to release in one that is not held", paused(), Operator(Command.RELEASE), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.PAUSED),
    Row("nor to acknowledge in one that waits for nobody", paused(), Acknowledge(), a_verdict(),
        Action.NONE, Reason.NO_CHANGE, Status.PAUSED),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.says)
def test_table(row: Row) -> None:
    decision = decide(row.state, row.signal, row.verdict, POLICY, row.now)
    assert (decision.action, decision.reason, decision.state.status) == (row.action, row.reason, row.status)


def taken(state: StreamState, signal: Signal, verdict: Verdict | None = None, **more: Any) -> Decision:
    return decide(state, signal, verdict or a_verdict(), more.get("policy", POLICY), more.get("now", NOW))


# ---- messages


@pytest.mark.parametrize(("at", "stale"), [(NOW - SECOND, True), (NOW, True), (NOW + timedelta(microseconds=1), False)])
def test_a_message_that_is_not_newer_than_the_newest_loses(at, stale):
    decision = taken(healthy(alarm_at=NOW), up(at), now=NOW + MINUTE)
    assert (decision.reason is Reason.STALE_MESSAGE) is stale


@pytest.mark.parametrize("state", [healthy(), watched(), paused(), probation(), held()], ids=lambda it: it.status)
def test_an_alarm_of_somebody_elses_is_remembered(state):
    decided = taken(state, Alarm(UP, NOW + 2 * HOUR, "theirs"), now=NOW + 2 * HOUR).state
    assert decided.heard == {"theirs": HeardAlarm(True, NOW + 2 * HOUR)}
    assert decided.alarm_at == NOW + 2 * HOUR  # as older versions read it


def test_an_ok_that_overtakes_its_alarm_does_not_make_it_stale():
    state = taken(watched(), Alarm(OK, NOW + SECOND, "theirs"), now=NOW + SECOND).state
    late = taken(state, Alarm(UP, NOW, "theirs"), now=NOW + 2 * SECOND)
    assert late.action is Action.PAUSE


@pytest.mark.parametrize("value", [OK, NO_DATA])
def test_what_one_alarm_says_makes_no_message_of_another_stale(value):
    state = taken(watched(), Alarm(value, NOW + SECOND, "mine"), now=NOW + SECOND).state
    assert taken(state, Alarm(UP, NOW, "theirs"), now=NOW + 2 * SECOND).action is Action.PAUSE


def test_the_time_of_an_old_record_holds_for_all_alarms_until_one_is_remembered_by_name():
    old = watched(alarm_at=NOW)
    assert taken(old, Alarm(UP, NOW, "any"), now=NOW).reason is Reason.STALE_MESSAGE
    newer = taken(old, Alarm(UP, NOW + SECOND, "any"), now=NOW + SECOND)
    assert newer.action is Action.PAUSE


@pytest.mark.parametrize(("stands", "action"), [(True, Action.PAUSE), (False, Action.NONE)])
@pytest.mark.parametrize("state", [healthy(), probation()], ids=lambda it: it.status)
def test_an_old_alarm_and_one_from_before_the_resume_have_to_be_up_still(state, stands, action):
    signal = Alarm(UP, NOW - 10 * DAY, "theirs", stands=stands)
    assert taken(state, signal, now=NOW).action is action


def test_the_largest_age_is_the_policys():
    policy = replace(POLICY, alarm_age=HOUR)
    signal = Alarm(UP, NOW - HOUR, "theirs")
    assert decide(healthy(), signal, a_verdict(0.0), policy, NOW).action is Action.PAUSE
    assert decide(healthy(), signal, a_verdict(0.0), policy, NOW + SECOND).action is Action.NONE


def test_a_pause_that_is_over_waits_for_another_alarm_that_rose_meanwhile_and_is_up():
    state = taken(paused(), Alarm(UP, NOW + MINUTE, "theirs"), now=NOW + MINUTE).state
    assert state.risen_since == {"theirs"}
    well = Alarm(OK, NOW + 2 * HOUR, own=True)
    waits = taken(state, replace(well, others_up=frozenset({"theirs"})), now=NOW + 2 * HOUR)
    assert (waits.action, waits.reason) == (Action.NONE, Reason.ALARM_UP)
    assert taken(state, well, now=NOW + 2 * HOUR).action is Action.RESUME


def test_a_stale_message_changes_nothing_at_all():
    state = paused(alarm_at=NOW)
    assert taken(state, ok(NOW), now=NOW + DAY).state == state


# ---- cool-downs and strikes


@pytest.mark.parametrize(("strikes", "hours"), [(1, 1), (2, 2), (3, 4), (5, 16), (6, 24), (60, 24), (10_000, 24)])
def test_cool_downs_double_up_to_a_day(strikes, hours):
    assert cool_down(strikes, POLICY) == hours * HOUR


def test_a_second_pause_lasts_twice_as_long():
    state = taken(probation(), LOOK, a_verdict(1.0)).state
    assert state.cool_down_until == NOW + 2 * HOUR
    assert state.strikes == (NOW - HOUR, NOW)


def test_the_fourth_strike_is_a_hold_that_only_an_operator_lifts():
    strikes = tuple(NOW - days * DAY for days in (3, 2, 1))
    decision = taken(probation(strikes=strikes), LOOK, a_verdict(1.0))
    assert (decision.action, decision.reason, decision.state.status) == (Action.HOLD, Reason.STRIKES, Status.HELD)
    assert not decision.state.may_resume(NOW + 365 * DAY)


@pytest.mark.parametrize(("age", "remembered"), [(30 * DAY - SECOND, True), (30 * DAY, False)])
def test_strikes_are_forgotten_after_30_days(age, remembered):
    state = taken(probation(strikes=(NOW - age,)), LOOK, a_verdict(1.0)).state
    assert len(state.strikes) == (2 if remembered else 1)


def test_an_operators_hold_is_no_strike():
    assert taken(healthy(), Operator(Command.HOLD)).state.strikes == ()


# ---- the owner's word


@pytest.mark.parametrize(
    ("verdict", "asked"),
    [
        (a_verdict(1.0, rate=0.099), False),
        (a_verdict(1.0, rate=0.1), True),
        (a_verdict(1.0, rate=0.002, kind=COMPLAINTS), True),
        (a_verdict(0.9, rate=0.5), False),
    ],
    ids=["bounces under 10 %", "bounces of 10 %", "complaints", "an alarm without the evidence"],
)
def test_who_has_to_say_what_was_fixed(verdict, asked):
    assert taken(healthy(), up(), verdict).state.acknowledge is asked


def test_once_the_owner_has_spoken_time_decides():
    state = taken(paused(acknowledge=True), Acknowledge(), now=NOW + MINUTE).state
    assert not state.may_resume(NOW + HOUR - SECOND)
    assert state.may_resume(NOW + HOUR)


def test_a_pause_that_waits_for_a_word_is_named_by_its_time_whatever_operators_do_meanwhile():
    state = taken(probation(), LOOK, a_verdict(1.0, rate=0.1)).state
    held_too = taken(state, Operator(Command.HOLD), now=NOW + MINUTE).state
    released = taken(held_too, Operator(Command.RELEASE), now=NOW + 2 * MINUTE).state
    assert {it.unacknowledged for it in (state, held_too, released)} == {NOW}
    assert taken(released, Acknowledge(NOW)).state.unacknowledged is None


def test_every_pause_is_reminded_of_anew():
    reminded = taken(paused(acknowledge=True), LOOK, now=NOW + HOUR).state
    resumed = taken(reminded, Operator(Command.RESUME), now=NOW + HOUR).state
    again = taken(resumed, LOOK, a_verdict(1.0, rate=0.1), now=NOW + 2 * HOUR).state
    assert (reminded.reminded, resumed.reminded, again.reminded) == (True, False, False)
    assert taken(again, LOOK, now=NOW + 4 * HOUR).action is Action.REMIND


def test_a_policy_may_ask_nobody():
    lenient = Policy(acknowledge_complaints=False, acknowledge_bounce_rate=1.0)
    for verdict in (a_verdict(1.0, kind=COMPLAINTS), a_verdict(1.0, rate=0.9)):
        assert not taken(healthy(), LOOK, verdict, policy=lenient).state.acknowledge


# ---- resuming


def test_counting_restarts_at_a_resume():
    state = taken(paused(), ok(NOW + HOUR), now=NOW + HOUR).state
    assert (state.counted_from, state.since, state.calm_since) == (NOW + HOUR, NOW + HOUR, NOW + HOUR)
    assert (state.cool_down_until, state.origin, state.acknowledge) == (None, None, False)
    assert state.strikes == (NOW,)


@pytest.mark.parametrize("state", [paused(), held(), paused(acknowledge=True)], ids=["paused", "held", "unspoken"])
def test_a_release_or_resume_keeps_the_incident(state):
    assert taken(state, Operator(Command.RESUME)).state.incident == INCIDENT


# ---- incidents


def test_an_incident_begins_at_the_first_sign_and_ends_with_the_recovery():
    warned = taken(healthy(), LOOK, a_verdict(0.6)).state
    off = taken(warned, LOOK, a_verdict(1.0), now=NOW + MINUTE).state
    back = taken(off, ok(NOW + 2 * HOUR), now=NOW + 2 * HOUR).state
    well = taken(back, LOOK, a_verdict(volume=500), now=NOW + 3 * HOUR).state
    assert warned.incident == off.incident == back.incident == INCIDENT
    assert well.incident == ""


def test_the_next_one_has_another_name():
    first = taken(healthy(), LOOK, a_verdict(0.6)).state
    second = taken(healthy(), LOOK, a_verdict(0.6), now=NOW + timedelta(microseconds=1)).state
    assert first.incident < second.incident


# ---- when to look again


@pytest.mark.parametrize(
    ("state", "at"),
    [
        (healthy(), None),
        (paused(), NOW + HOUR),
        (paused(acknowledge=True), None),
        (paused(origin=Origin.OPERATOR), None),
        (held(), None),
        (probation(), NOW + HOUR),
        (probation(calm_since=None), NOW + 7 * DAY),
        (watched(), None),
        (watched(calm_since=NOW), NOW + DAY),
    ],
)
def test_time_alone_may_next_change_a_state_at(state, at):
    assert next_look(state, POLICY) == at
