"""The account shield: who says that the account is at risk, what is told, who is paused, and when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sesguard.account.shield import CALM_FOR, EVERY, keep_shield, shield
from sesguard.bus.events import Outcome
from sesguard.errors import AwsError
from sesguard.pausing.backlog_command import dismiss
from sesguard.pausing.decision import Command, Operator
from sesguard.pausing.enforce import act
from sesguard.pausing.operator_command import Word
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import sweep
from sesguard.policy import Mode, Policy
from tests.fakes.account import HOME, AccountScene, account_alarm, stream
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.world import NOTICES

SECOND = timedelta(seconds=1)


def a_platform(scene: AccountScene) -> None:
    """At 4.5 %: pausing "worse" clears it."""
    scene.sent("good", 70_000, bounces=500)
    scene.sent("bad", 10_000, bounces=1_000)
    scene.sent("worse", 20_000, bounces=3_000)


def both_bad(scene: AccountScene) -> None:
    """Pausing "bad", which is the worse of them, does not clear it."""
    scene.sent("bad", 10_000, bounces=6_000)
    scene.sent("worse", 20_000, bounces=4_500)


@pytest.fixture
def scene() -> AccountScene:
    scene = AccountScene()
    a_platform(scene)
    return scene


@pytest.fixture
def enforcing() -> AccountScene:
    scene = AccountScene(Mode.ENFORCE)
    a_platform(scene)
    return scene


def run(scene: AccountScene, at=NOW):
    return shield(scene.memory.deps, scene.shield, at)


def off(scene: AccountScene) -> list[str]:
    return [it.configuration_set for it, sending in scene.memory.switch.sets.items() if sending is Sending.OFF]


def told(scene: AccountScene):
    return scene.memory.bus.details("Account At Risk")


# ---- who says so


def test_a_healthy_account_is_not_looked_at_stream_by_stream_and_leaves_no_record(scene):
    scene.account.sums = {stream("good"): scene.account.sums[stream("good")]}
    for minute in range(60):
        run(scene, NOW + minute * MINUTE)
    assert scene.account.looks == 0
    assert scene.memory.streams.records == {}


def test_the_guards_own_counts_say_so(scene):
    run(scene)
    (event,) = told(scene)
    assert (event["kinds"], event["alarms"]) == (["bounces"], [])
    assert event["total"] == {
        "volume": 100_000,
        "bounces": 4_500,
        "complaints": 0,
        "unreported": 0,
        "bounce_rate": 0.045,
        "complaint_rate": 0.0,
    }


def test_sess_own_metric_says_so_whatever_the_guard_counted(scene):
    scene.account.sums.clear()
    scene.sent("good", 70_000, bounces=500)
    enforce(scene.memory.deps, account_alarm(NOW, metric="Reputation.ComplaintRate"), NOW)
    run(scene, NOW + MINUTE)
    (event,) = told(scene)
    assert event["kinds"] == ["complaints"]
    assert event["alarms"][0]["name"] == "account-Reputation.ComplaintRate"
    assert event["contributors"] == []


def test_an_alarm_on_the_account_pauses_nobody_and_tells_nothing_by_itself(scene):
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    assert scene.memory.switch.turns == []
    assert scene.memory.bus.events == []


@pytest.mark.parametrize("value", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_was_never_up_makes_no_record(scene, value):
    enforce(scene.memory.deps, account_alarm(NOW, value), NOW)
    assert scene.memory.streams.records == {}


def test_an_older_message_of_an_alarm_loses_and_alarms_do_not_shut_out_each_other(scene):
    world = scene.memory.deps
    enforce(world, account_alarm(NOW), NOW)
    enforce(world, account_alarm(NOW - MINUTE, "OK"), NOW)
    enforce(world, account_alarm(NOW - SECOND, metric="Reputation.ComplaintRate"), NOW)
    assert {name: alarm.up for name, alarm in scene.memory.state(HOME).alarms.items()} == {
        "account-Reputation.BounceRate": True,
        "account-Reputation.ComplaintRate": True,
    }


def test_rough_sums_alone_say_nothing_when_a_look_at_every_stream_does_not_bear_them_out(scene):
    exact = dict(scene.account.sums)
    exact[stream("good")] = exact[stream("good")]._replace(volume=500_000)
    scene.account.by_stream = lambda home, now, time_left: exact
    run(scene)
    assert told(scene) == []


# ---- what is told


def test_a_look_at_many_streams_goes_on_with_the_next_sweep_until_it_has_seen_all(scene):
    scene.account.takes = 3
    for minute in range(2):
        assert run(scene, NOW + MINUTE * minute) == ()
        assert told(scene) == []
    run(scene, NOW + MINUTE * 2)
    assert scene.account.looks == 3
    assert len(told(scene)) == 1


def test_it_is_told_once_an_episode(scene):
    for minute in range(120):
        run(scene, NOW + minute * MINUTE)
    assert len(told(scene)) == 1
    assert scene.memory.bus.types == ["Account At Risk"]


def test_the_worst_are_named_in_order_with_what_pausing_each_would_bring(scene):
    run(scene)
    (event,) = told(scene)
    named = [
        (each["configuration_set"], each["pause"], each["projected"]["bounce_rate"]) for each in event["contributors"]
    ]
    assert named == [("worse", True, 0.01875), ("bad", False, 0.007143)]


def test_unattributed_mail_is_a_contributor_that_cannot_be_paused_with_identities_that_lack_a_default_set(scene):
    scene.sent("", 5_000, bounces=4_000)
    run(scene)
    (event,) = told(scene)
    first = event["contributors"][0]
    assert (first["configuration_set"], first["pausable"], first["pause"]) == (None, False, False)
    assert event["unattributed"]["bounces"] == 4_000
    assert event["identities"] == {"without_default_set": ["shop.example"], "looked_at": 3, "of": 3, "more": False}


def test_where_ses_does_not_say_which_identities_lack_one_the_rest_is_told_all_the_same(scene):
    scene.identities.failing = True
    run(scene)
    assert told(scene)[0]["identities"] is None


def test_twenty_are_named_and_the_others_counted(scene):
    for number in range(25):
        scene.sent(f"shop-{number:02}", 1_000, bounces=500)
    run(scene)
    (event,) = told(scene)
    assert (len(event["contributors"]), event["more_contributors"]) == (20, 7)


def test_the_journal_has_the_episode_under_the_accounts_own_key(scene):
    run(scene)
    entry = scene.memory.streams.entries(HOME, "account")[0]
    assert (entry.outcome, entry.to, entry.reason) == ("at_risk", "watched", "bounces")
    assert "4.5 % within 24 h (4,500 of 100,000 mails" in entry.evidence["sentence"]


def test_an_account_at_risk_is_no_stream_that_the_sweep_looks_after(scene):
    run(scene)
    assert sweep(scene.memory.deps, scene.memory.alarms, NOW + MINUTE).streams == 0


# ---- who is paused


def test_in_observe_nobody_is(scene):
    assert run(scene) == ()
    assert off(scene) == []


def test_in_enforce_the_worst_are_until_the_rate_is_clear(enforcing):
    (result,) = run(enforcing)
    assert (result.stream, result.reason, result.outcome) == (stream("worse"), "account_shield", Outcome.PAUSED)
    assert off(enforcing) == ["worse"]
    assert enforcing.memory.bus.types == ["Account At Risk", "Tenant Paused"]


def test_a_pause_of_the_shield_is_the_guards_own_and_cools_down(enforcing):
    run(enforcing)
    state = enforcing.memory.state(stream("worse"))
    assert (state.status, state.cool_down_until) == (Status.PAUSED, NOW + HOUR)


def test_no_more_are_paused_at_the_next_look_when_those_suffice(enforcing):
    for minute in range(30):
        run(enforcing, NOW + minute * MINUTE)
    assert off(enforcing) == ["worse"]


def test_more_are_paused_at_the_next_look_when_they_do_not(enforcing):
    run(enforcing)
    enforcing.sent("bad", 10_000, bounces=6_000)
    run(enforcing, NOW + EVERY)
    assert off(enforcing) == ["bad", "worse"]


def test_the_cap_holds_and_the_rest_wait_for_an_operator(enforcing):
    enforcing.memory.budget.cap = 1
    both_bad(enforcing)
    run(enforcing)
    assert off(enforcing) == ["bad"]
    assert enforcing.memory.streams.load(stream("worse")).waiting is not None


def test_whoever_was_resumed_since_the_episode_began_is_left_to_the_limits_of_its_probation(enforcing):
    run(enforcing)
    act(enforcing.memory.deps, stream("worse"), Operator(Command.RESUME), NOW + MINUTE)
    run(enforcing, NOW + EVERY)
    assert "worse" not in off(enforcing)


def test_what_an_operator_dropped_is_not_asked_for_again(enforcing):
    enforcing.memory.budget.cap = 0
    run(enforcing)
    dismiss(enforcing.memory.deps, stream("worse"), Word("olga", "why"), NOW + MINUTE)
    enforcing.memory.budget.cap = 20
    run(enforcing, NOW + EVERY)
    assert "worse" not in off(enforcing)


def test_the_guards_own_notices_are_never_paused(enforcing):
    enforcing.sent(NOTICES.configuration_set, 1_000, bounces=900)
    run(enforcing)
    assert NOTICES.configuration_set not in off(enforcing)


def test_a_stream_whose_own_policy_is_to_observe_is_paused_on_paper_alone(enforcing):
    enforcing.memory.streams.policy = Policy(mode=Mode.OBSERVE)
    (result,) = run(enforcing)
    assert result.outcome is Outcome.OBSERVED
    assert off(enforcing) == []


def test_one_that_fails_stops_no_other(enforcing):
    both_bad(enforcing)

    def once(name: str) -> None:
        if name == "look":
            enforcing.memory.switch.hook = lambda _: None
            raise AwsError("GetConfigurationSet", "TooManyRequestsException", retryable=True)

    enforcing.memory.switch.hook = once
    run(enforcing)
    assert off(enforcing) == ["worse"]


def test_when_time_runs_out_the_next_look_goes_on(enforcing):
    shield(enforcing.memory.deps, enforcing.shield, NOW, lambda: False)
    assert off(enforcing) == []
    run(enforcing, NOW + EVERY)
    assert off(enforcing) == ["worse"]


# ---- when it is over


def cleared(scene: AccountScene, since) -> None:
    """No longer at risk, looked at every ten minutes for an hour from ``since`` on."""
    scene.account.sums = {stream("good"): scene.account.sums[stream("good")]}
    at = since
    while at - since <= CALM_FOR:
        run(scene, at)
        at += EVERY


def test_it_is_over_after_an_hour_without_risk_and_the_next_time_is_another_episode(scene):
    run(scene)
    cleared(scene, NOW + EVERY)
    assert scene.memory.state(HOME).status is Status.HEALTHY
    assert scene.memory.streams.entries(HOME, "account")[-1].outcome == "over"
    a_platform(scene)
    run(scene, NOW + 3 * HOUR)
    assert len(told(scene)) == 2


def test_it_is_not_over_while_an_alarm_is_up(scene):
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    scene.memory.alarm_states.names.add("account-Reputation.BounceRate")
    run(scene)
    cleared(scene, NOW + EVERY)
    assert scene.memory.state(HOME).status is Status.WATCHED
    enforce(scene.memory.deps, account_alarm(NOW + 2 * HOUR, "OK"), NOW + 2 * HOUR)
    cleared(scene, NOW + 3 * HOUR)
    assert scene.memory.state(HOME).status is Status.HEALTHY


def test_an_alarm_that_was_deleted_while_it_was_up_does_not_keep_it_going_for_ever(scene):
    """It brings no OK any more. The next time that the account is at risk has to be told."""
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    run(scene)
    cleared(scene, NOW + EVERY)
    cleared(scene, NOW + 2 * HOUR)
    assert scene.memory.state(HOME).status is Status.HEALTHY
    assert [it.outcome for it in scene.memory.streams.entries(HOME, "account")] == ["alarm", "at_risk", "ok", "over"]
    a_platform(scene)
    run(scene, NOW + 5 * HOUR)
    assert len(told(scene)) == 2


@pytest.mark.parametrize("up", [True, False])
def test_an_alarms_message_that_is_redriven_days_later_has_to_hold_still(scene, up):
    scene.account.sums = {stream("good"): scene.account.sums[stream("good")]}
    enforce(scene.memory.deps, account_alarm(NOW - 10 * 24 * HOUR), NOW)
    scene.memory.alarm_states.names |= {"account-Reputation.BounceRate"} if up else set()
    run(scene, NOW + MINUTE)
    assert bool(told(scene)) is up


def test_where_cloudwatch_cannot_say_whether_it_is_up_it_counts_as_up(scene):
    enforce(scene.memory.deps, account_alarm(NOW - HOUR), NOW)

    def down(_: str) -> None:
        raise AwsError("DescribeAlarms", "InternalServiceFault", retryable=True)

    scene.memory.alarm_states.hook = down
    run(scene, NOW + MINUTE)
    assert len(told(scene)) == 1


def test_a_young_alarm_is_believed_without_asking(scene):
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    run(scene, NOW + MINUTE)
    assert scene.memory.alarm_states.asked == []
    assert len(told(scene)) == 1


def test_a_return_of_the_risk_starts_the_hour_again(scene):
    run(scene)
    bad = dict(scene.account.sums)
    scene.account.sums = {}
    run(scene, NOW + EVERY)
    scene.account.sums = bad
    run(scene, NOW + 2 * EVERY)
    scene.account.sums = {}
    run(scene, NOW + EVERY + CALM_FOR)
    assert scene.memory.state(HOME).status is Status.WATCHED


def test_pauses_that_waited_for_its_sake_drop_out_when_it_is_over(enforcing):
    enforcing.memory.budget.cap = 0
    run(enforcing)
    assert enforcing.memory.streams.load(stream("worse")).waiting is not None
    cleared(enforcing, NOW + EVERY)
    assert enforcing.memory.streams.load(stream("worse")).waiting is None
    assert off(enforcing) == []


# ---- trouble


@pytest.mark.parametrize("operation", ["save", "saved", "publish", "published"])
def test_a_crash_at_any_step_is_made_good_by_the_next_and_told_once(scene, operation):
    class Crash(BaseException):
        pass

    def crash(name: str) -> None:
        if name == operation:
            raise Crash

    scene.memory.hook_all(crash)
    with pytest.raises(Crash):
        run(scene)
    scene.memory.hook_all(lambda _: None)
    run(scene, NOW + MINUTE)
    run(scene, NOW + EVERY)
    assert scene.memory.bus.types == ["Account At Risk"]
    assert scene.memory.streams.load(HOME).announce == ()


def test_trouble_is_said_and_stops_nothing_else(scene):
    def refuses(name: str) -> None:
        raise AwsError("GetItem", "ThrottlingException", retryable=True)

    scene.memory.streams.hook = refuses
    shielded = keep_shield(scene.memory.deps, scene.shield, NOW)
    assert (shielded.results, shielded.failed) == ((), "ThrottlingException")
