"""The sweep: what is not healthy is looked after every minute, and nothing that was lost stays lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from sesguard.errors import AwsError
from sesguard.pausing.decision import Acknowledge, Action, Alarm, Command, Look, Operator
from sesguard.pausing.enforce import act
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Origin, Status
from sesguard.pausing.sweep import PATIENCE, sweep
from sesguard.pausing.sweep_order import LOOKS, in_turn
from sesguard.policy import Mode, Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.alarms import a_body, own_trigger, ses_trigger
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.world import ACME, Memory

SECOND = timedelta(seconds=1)
TRIPPED = Alarm(AlarmValue.ALARM, NOW)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def paused(memory: Memory) -> None:
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 2_000, bounces=199)
    act(memory.deps, ACME, TRIPPED, NOW)
    memory.alarms.put(ACME, AlarmValue.ALARM, NOW)


def watched(memory: Memory, *, since=NOW) -> None:
    """Half way to a pause."""
    memory.counts.sent(ACME, since - MINUTE, 150, bounces=23)
    act(memory.deps, ACME, Look(), since)
    memory.alarms.put(ACME, AlarmValue.OK, since)


MANY = [ACME._replace(configuration_set=f"s{number:03}") for number in range(100)]


def many_are_watched(memory: Memory) -> None:
    for stream in MANY:
        memory.counts.sent(stream, NOW - MINUTE, 150, bounces=23)
        act(memory.deps, stream, Look(), NOW)


@pytest.mark.parametrize(("code", "tries"), [("Throttling", 1), ("LimitExceeded", 1), ("ValidationError", 100)])
def test_where_cloudwatch_takes_no_more_alarms_it_is_not_asked_for_each_of_hundreds(memory, code, tries):
    """It takes three a second, and a call that is refused takes seconds: others would not be looked after."""
    many_are_watched(memory)
    asked: list[str] = []

    def refuse(name: str) -> None:
        asked.append(name)
        if name == "ensure":
            raise AwsError("PutMetricAlarm", code, retryable=True)

    memory.alarms.hook = refuse
    swept = sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert asked.count("ensure") == tries
    assert len(swept.risks) == len(MANY), "all were looked after"
    asked.clear()
    sweep(memory.deps, memory.alarms, NOW + 2 * MINUTE)
    assert asked.count("ensure") == tries, "the next sweep asks again"


def on_probation(memory: Memory) -> None:
    """Since NOW + 1 h."""
    paused(memory)
    act(memory.deps, ACME, Alarm(AlarmValue.OK, NOW + HOUR), NOW + HOUR)
    memory.alarms.put(ACME, AlarmValue.OK, NOW + HOUR)


def sweep_at(memory: Memory, at):
    memory.alarms.published.clear()
    memory.alarms.tripped.clear()
    return sweep(memory.deps, memory.alarms, at)


def published_risk(memory: Memory) -> float:
    ((stream, verdict),) = memory.alarms.published
    assert stream == ACME
    return verdict.risk


def test_healthy_streams_cost_nothing(memory):
    memory.counts.sent(ACME, NOW, 10_000)
    act(memory.deps, ACME, Look(), NOW)
    swept = sweep_at(memory, NOW)
    assert swept.streams == 0
    assert memory.alarms.published == []


# ---- a stream that is off


def test_a_paused_stream_is_kept_at_risk_1_or_more_until_it_may_come_back(memory):
    paused(memory)
    memory.counts.mail.clear()  # whatever the numbers say by then
    sweep_at(memory, NOW + HOUR - SECOND)
    assert published_risk(memory) == 1.0


def test_and_at_its_real_risk_where_that_is_higher(memory):
    paused(memory)
    sweep_at(memory, NOW + MINUTE)
    assert published_risk(memory) > 1.0


def test_once_it_may_come_back_its_risk_falls_so_that_the_alarms_ok_resumes_it(memory):
    paused(memory)
    sweep_at(memory, NOW + HOUR)
    assert published_risk(memory) == 0.0
    assert memory.switch.sets[ACME] is Sending.OFF
    enforce(memory.deps, a_body(NOW + HOUR + SECOND, "OK", own_trigger()), NOW + HOUR + SECOND)
    assert memory.switch.sets[ACME] is Sending.ON


def test_nobody_who_may_come_back_waits_until_ses_has_been_asked_about_the_others(memory):
    paused(memory)
    published_by_then: list[int] = []
    memory.switch.hook = lambda _: published_by_then.append(len(memory.alarms.published))
    sweep_at(memory, NOW + HOUR)
    assert published_by_then
    assert set(published_by_then) == {1}


def test_what_waits_for_its_owner_is_not_let_go(memory):
    memory.counts.sent(ACME, NOW - MINUTE, 1_000, bounces=200)
    act(memory.deps, ACME, TRIPPED, NOW)
    sweep_at(memory, NOW + DAY)
    assert published_risk(memory) >= 1.0


def waits_for_its_owner(memory: Memory) -> None:
    memory.counts.sent(ACME, NOW - MINUTE, 1_000, bounces=200)
    act(memory.deps, ACME, TRIPPED, NOW)


@pytest.mark.parametrize(("at", "reminders"), [(HOUR - SECOND, 0), (HOUR, 1)])
def test_once_only_the_owners_word_is_missing_that_is_announced(memory, at, reminders):
    waits_for_its_owner(memory)
    sweep_at(memory, NOW + at)
    assert memory.bus.types == ["Tenant Paused"] + ["Tenant Awaiting Acknowledgement"] * reminders


def test_and_once_whatever_number_of_sweeps_sees_it(memory):
    waits_for_its_owner(memory)
    for minutes in range(5):
        sweep_at(memory, NOW + HOUR + minutes * MINUTE)
    (reminder,) = memory.bus.details("Tenant Awaiting Acknowledgement")
    (paused_,) = memory.bus.details("Tenant Paused")
    assert reminder["pause"] == paused_["pause"] == paused_["at"]
    assert (reminder["action"], reminder["reason"], reminder["to"]) == ("remind", "not_acknowledged", "paused")
    assert (reminder["acknowledge"], reminder["evidence"]["bad"]) == (True, 200)
    assert len(memory.bus.events) == 2


def test_a_reminder_that_the_bus_refuses_is_announced_by_the_next_sweep(memory):
    waits_for_its_owner(memory)

    def refuse(step: str) -> None:
        if step == "publish":
            raise AwsError("PutEvents", "Throttling", retryable=True)

    memory.bus.hook = refuse
    assert sweep_at(memory, NOW + HOUR).failed == {ACME: "Throttling"}
    memory.bus.hook = lambda _: None
    for minutes in (1, 2):
        sweep_at(memory, NOW + HOUR + minutes * MINUTE)
    assert memory.bus.types == ["Tenant Paused", "Tenant Awaiting Acknowledgement"]


def test_whoever_has_spoken_is_not_reminded(memory):
    waits_for_its_owner(memory)
    act(memory.deps, ACME, Acknowledge(), NOW + MINUTE)
    sweep_at(memory, NOW + HOUR)
    assert memory.bus.types == ["Tenant Paused"]


def test_what_is_held_is_not_let_go(memory):
    act(memory.deps, ACME, Operator(Command.HOLD), NOW)
    sweep_at(memory, NOW + 30 * DAY)
    assert published_risk(memory) >= 1.0


@pytest.mark.parametrize(("patience", "resumed"), [(PATIENCE - SECOND, False), (PATIENCE, True)])
def test_an_alarm_that_has_long_been_ok_sends_no_message_so_the_sweep_resumes(memory, patience, resumed):
    paused(memory)
    memory.alarms.put(ACME, AlarmValue.OK, NOW + HOUR - patience)
    sweep_at(memory, NOW + HOUR)
    assert (memory.switch.sets[ACME] is Sending.ON) is resumed


def test_but_never_before_the_cool_down_is_over(memory):
    paused(memory)
    memory.alarms.put(ACME, AlarmValue.OK, NOW - DAY)
    sweep_at(memory, NOW + HOUR - SECOND)
    assert memory.switch.sets[ACME] is Sending.OFF


# ---- a stream that is on and not healthy


def test_a_watched_stream_is_calm_after_a_day_of_low_risk(memory):
    watched(memory)
    memory.counts.sent(ACME, NOW, 50_000)
    sweep_at(memory, NOW + MINUTE)
    assert memory.state().status is Status.WATCHED
    swept = sweep_at(memory, NOW + MINUTE + DAY)
    assert swept.actions == [(ACME, Action.CALM)]
    assert memory.bus.types == ["Tenant Warned", "Tenant Calm"]


def test_a_clean_probation_ends_in_health(memory):
    on_probation(memory)
    memory.counts.sent(ACME, NOW + HOUR + MINUTE, 200)
    sweep_at(memory, NOW + 2 * HOUR - MINUTE)
    assert memory.state().status is Status.PROBATION
    sweep_at(memory, NOW + 2 * HOUR)
    assert memory.state().status is Status.HEALTHY
    assert memory.bus.types[-1] == "Tenant Recovered"


def test_a_relapse_trips_the_alarm_for_people_to_see_and_is_paused_at_once(memory):
    on_probation(memory)
    memory.counts.sent(ACME, NOW + HOUR + MINUTE, 200, bounces=30)
    sweep_at(memory, NOW + HOUR + 2 * MINUTE)
    assert memory.alarms.tripped == [ACME]
    assert memory.state().status is Status.PAUSED
    assert published_risk(memory) >= 1.0


@pytest.mark.parametrize(("since", "off"), [(PATIENCE - SECOND, False), (PATIENCE, True)])
def test_an_alarm_that_has_long_been_up_fires_no_more_so_the_sweep_pauses(memory, since, off):
    on_probation(memory)
    memory.counts.sent(ACME, NOW + HOUR + MINUTE, 200, bounces=30)
    at = NOW + HOUR + 10 * MINUTE
    memory.alarms.put(ACME, AlarmValue.ALARM, at - since)
    sweep_at(memory, at)
    assert memory.alarms.tripped == []
    assert memory.state().off is off
    if off:
        assert memory.state().cool_down_until == at + 2 * HOUR


def test_an_alarm_that_cannot_be_tripped_keeps_nobody_sending(memory):
    on_probation(memory)
    memory.counts.sent(ACME, NOW + HOUR + MINUTE, 200, bounces=30)
    memory.alarms.hook = failing("trip")
    sweep_at(memory, NOW + HOUR + 2 * MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF


def test_a_stream_whose_alarm_somebody_deleted_gets_a_new_one(memory):
    paused(memory)
    memory.alarms.alarms.clear()
    sweep_at(memory, NOW + MINUTE)
    assert memory.alarms.ensured == [ACME]


# ---- what was left undone


@pytest.mark.parametrize("step", ["turn", "turned", "save", "saved", "publish", "published"])
def test_a_crash_at_any_step_of_a_pause_is_made_good_within_minutes(memory, step):
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 2_000, bounces=199)
    memory.streams.save(replace(memory.streams.load(ACME), state=watched_state()))
    memory.alarms.put(ACME, AlarmValue.ALARM, NOW)

    class Crash(BaseException):
        pass

    def crash(name: str) -> None:
        if name == step:
            raise Crash

    memory.hook_all(crash)
    with pytest.raises(Crash):
        enforce(memory.deps, a_body(NOW), NOW)
    memory.hook_all(lambda _: None)
    for minute in range(1, 4):
        sweep_at(memory, NOW + minute * MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF
    assert memory.bus.types == ["Tenant Paused"]
    assert len(memory.state().strikes) == 1
    assert memory.streams.records[ACME].announce == ()


def watched_state():
    return replace_status(Status.WATCHED)


def replace_status(status):
    from msgspec.structs import replace as changed

    return changed(Memory().state(), status=status, since=NOW, incident="1")


def failing(operation: str, *, stream: StreamId | None = None):
    def hook(name: str) -> None:
        if name == operation:
            raise AwsError(operation, "Trouble", retryable=True)

    return hook


@pytest.mark.parametrize("operation", ["now", "metrics", "look", "publish", "ensure"])
def test_what_fails_beside_it_does_not_keep_a_stream_from_coming_back(memory, operation):
    paused(memory)
    memory.alarms.put(ACME, AlarmValue.OK, NOW)
    if operation == "now":
        enforce(memory.deps, a_body(NOW + HOUR, "OK"), NOW + HOUR)
    memory.hook_all(failing(operation))
    sweep_at(memory, NOW + HOUR)
    assert memory.switch.sets[ACME] is Sending.ON


def test_one_streams_failure_stops_no_other(memory):
    others = [StreamId("123456789012", "eu-west-1", f"shop-{n}") for n in range(5)]
    for stream in others:
        memory.switch.sets[stream] = Sending.ON
        act(memory.deps, stream, TRIPPED, NOW)
    calls: Counter[str] = Counter()

    def third_fails(name: str) -> None:
        calls[name] += 1
        if name == "history" and calls[name] == 3:
            raise AwsError("Query", "Trouble", retryable=True)

    memory.counts.hook = third_fails
    swept = sweep_at(memory, NOW + MINUTE)
    assert len(swept.failed) == 1
    assert len(memory.alarms.published) == 4


def test_when_time_runs_out_the_rest_is_said_and_comes_first_another_time(memory):
    memory.budget.cap = 40
    others = [StreamId("123456789012", "eu-west-1", f"shop-{n:02}") for n in range(40)]
    for stream in others:
        memory.switch.sets[stream] = Sending.ON
        act(memory.deps, stream, TRIPPED, NOW)
    seen, reached = set(), ""
    for minute in range(1, 5):
        budget = iter([True] * 15)
        memory.alarms.published.clear()
        swept = sweep(memory.deps, memory.alarms, NOW + minute * MINUTE, partial(next, budget, False), start=reached)
        reached = swept.reached
        assert swept.left == 25
        seen |= {stream for stream, _ in memory.alarms.published}
    assert seen == set(others)


# ---- what differs from what is wanted


def test_a_pause_that_somebody_undid_is_set_right_and_the_operator_is_told(memory):
    paused(memory)
    memory.switch.sets[ACME] = Sending.ON
    swept = sweep_at(memory, NOW + MINUTE)
    assert swept.repaired == [ACME]
    assert memory.switch.sets[ACME] is Sending.OFF
    assert memory.bus.types == ["Tenant Paused", "Operator Notice"]


def test_a_hold_that_somebody_undid_is_set_right(memory):
    act(memory.deps, ACME, Operator(Command.HOLD), NOW)
    memory.switch.sets[ACME] = Sending.ON
    sweep_at(memory, NOW + MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF


def test_whoever_else_turned_it_off_may_turn_it_on_and_the_stream_is_guarded_again(memory):
    memory.switch.sets[ACME] = Sending.OFF
    enforce(memory.deps, a_body(NOW, trigger=ses_trigger()), NOW)
    memory.switch.sets[ACME] = Sending.ON
    sweep_at(memory, NOW + MINUTE)
    assert (memory.state().status, memory.state().counted_from) == (Status.PROBATION, NOW + MINUTE)
    assert memory.switch.turns == []


def test_what_somebody_turned_off_is_recorded_and_told_once_and_left_alone(memory):
    watched(memory)
    memory.switch.sets[ACME] = Sending.OFF
    for minute in range(1, 100):
        sweep_at(memory, NOW + minute * HOUR)
    assert (memory.state().status, memory.state().origin) == (Status.PAUSED, Origin.OPERATOR)
    assert memory.switch.turns == []
    assert memory.bus.types == ["Tenant Warned", "Tenant Paused"]
    assert memory.bus.details("Tenant Paused")[0]["outcome"] == "found_off"


def test_observe_repairs_nothing(memory):
    memory.streams.policy = Policy(mode=Mode.OBSERVE)
    paused(memory)
    swept = sweep_at(memory, NOW + MINUTE)
    assert swept.repaired == []
    assert memory.switch.turns == []


def test_a_pause_that_was_only_observed_becomes_one_when_the_policy_says_enforce(memory):
    memory.streams.policy = Policy(mode=Mode.OBSERVE)
    paused(memory)
    memory.streams.records[ACME] = replace(memory.streams.records[ACME], policy=Policy())
    sweep_at(memory, NOW + MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF
    assert [it["outcome"] for it in memory.bus.details("Tenant Paused")] == ["observed", "paused"]


def test_the_drift_is_in_the_journal(memory):
    paused(memory)
    memory.switch.sets[ACME] = Sending.ON
    sweep_at(memory, NOW + MINUTE)
    (entry,) = memory.streams.entries(ACME, "drift")
    assert (entry.outcome, entry.origin, entry.switch_due) == ("found_on", "guard", "off")


def test_streams_take_turns_in_being_compared_and_each_has_one():
    streams = [StreamId("123456789012", "eu-west-1", f"shop-{n:03}") for n in range(100)]
    turns = [in_turn(streams, NOW + minute * MINUTE) for minute in range(7)]
    assert {len(turn) for turn in turns} == {LOOKS}
    assert set().union(*turns) == set(streams)


def test_regions_do_not_share_their_turns():
    here = [StreamId("123456789012", "eu-west-1", f"shop-{n}") for n in range(LOOKS)]
    there = [StreamId("123456789012", "us-east-1", f"shop-{n}") for n in range(LOOKS)]
    assert in_turn(here + there, NOW) == {*here, *there}
