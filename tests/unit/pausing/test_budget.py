"""The cap on automatic pauses: so many an hour, the rest wait for an operator, who is called once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.bus.events import Outcome
from sesguard.pausing.backlog_command import approve, backlog, dismiss
from sesguard.pausing.budget import MOST, Cap, Lane, PauseClaims, claim
from sesguard.pausing.decision import Action, Command, Operator, Pause, Reason
from sesguard.pausing.enforce import act
from sesguard.pausing.operator_command import Word
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Origin, Status
from sesguard.pausing.sweep import sweep
from sesguard.policy import Mode, Policy
from sesguard.stream import StreamId
from tests.fakes.alarms import a_body, own_trigger, ses_trigger
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.states import paused
from tests.fakes.world import ACME, Memory

SECOND = timedelta(seconds=1)
WORD = Word("arn:aws:iam::123456789012:user/olga", "a provider refuses everybody")


def shop(number: int) -> StreamId:
    return StreamId(ACME.account, ACME.region, f"shop-{number:02}")


def bad(memory: Memory, stream: StreamId, at=NOW, *, bounces: int = 199) -> None:
    """Worth a pause that needs no acknowledgement."""
    memory.switch.sets.setdefault(stream, Sending.ON)
    memory.counts.sent(stream, at - 5 * MINUTE, 2_000, bounces=bounces)


def alarmed(memory: Memory, stream: StreamId, at=NOW, **fields):
    return enforce(memory.deps, a_body(at, trigger=own_trigger(stream), **fields), at)


@pytest.fixture
def memory() -> Memory:
    """Two pauses have used up a cap of two, and acme-news is as bad."""
    memory = Memory()
    memory.budget.cap = 2
    for number in range(2):
        bad(memory, shop(number))
        assert alarmed(memory, shop(number)).outcome is Outcome.PAUSED
    bad(memory, ACME)
    memory.bus.events.clear()
    return memory


def waits(memory: Memory, stream: StreamId = ACME) -> bool:
    return memory.streams.load(stream).waiting is not None


# ---- the cap


@pytest.mark.parametrize(
    ("streams", "cap"), [(0, 20), (399, 20), (400, 20), (419, 20), (420, 21), (10_000, 500), (10**6, MOST)]
)
def test_the_cap_is_the_larger_of_a_number_and_a_share_of_the_streams(streams, cap):
    assert Cap(20, 0.05).among(streams) == cap


@pytest.mark.parametrize(("later", "granted"), [(HOUR - SECOND, False), (HOUR, True)])
def test_room_that_was_taken_is_free_again_an_hour_later(later, granted):
    claims, _ = claim(PauseClaims(), "a", 1, NOW)
    assert claim(claims, "b", 1, NOW + later)[1].granted is granted


def test_whoever_has_room_keeps_it_however_often_the_pause_is_tried():
    claims, _ = claim(PauseClaims(), "a", 1, NOW)
    assert claim(claims, "a", 1, NOW + MINUTE) == (claims, (True, None))


@pytest.mark.parametrize(("between", "same"), [(HOUR - SECOND, True), (HOUR, False)])
def test_it_is_one_episode_until_an_hour_has_passed_in_which_none_had_to_wait(between, same):
    claims, first = claim(PauseClaims(), "a", 0, NOW)
    _, second = claim(claims, "b", 0, NOW + between)
    assert (second.full_since == first.full_since) is same


# ---- what has to wait


def test_a_pause_over_the_cap_waits_and_the_stream_sends_on_in_sight(memory):
    result = alarmed(memory, ACME)
    assert (result.action, result.outcome) == (Action.PAUSE, Outcome.WAITS)
    assert memory.switch.sets[ACME] is Sending.ON
    assert memory.state().status is Status.WATCHED
    assert memory.state().strikes == ()


def test_the_journal_says_that_it_waits_on_what_evidence(memory):
    alarmed(memory, ACME)
    entry = memory.streams.entries(ACME)[0]
    assert (entry.kind, entry.outcome, entry.reason, entry.to) == ("backlog", "waits", "bounces", "watched")
    assert entry.evidence["bad"] == 199
    assert entry.incident == memory.state().incident != ""


def test_the_operator_is_called_once_however_many_wait(memory):
    for stream in (ACME, shop(3), shop(4)):
        if stream != ACME:
            bad(memory, stream)
        alarmed(memory, stream)
        alarmed(memory, stream, NOW + MINUTE)
    assert memory.bus.types == ["Operator Notice"]
    (notice,) = memory.bus.details("Operator Notice")
    assert "sesguard backlog approve" in notice["text"]
    assert notice["stream"] is None


def test_an_alarm_that_comes_again_waits_no_second_time(memory):
    for minute in range(3):
        alarmed(memory, ACME, NOW + minute * MINUTE)
    assert len(memory.streams.entries(ACME, "backlog")) == 1


def test_when_there_is_room_again_those_that_wait_go_ahead_the_worst_first(memory):
    for stream, bounces in ((shop(3), 220), (shop(4), 210)):
        bad(memory, stream, bounces=bounces)
    for stream in (ACME, shop(3), shop(4)):
        assert alarmed(memory, stream).outcome is Outcome.WAITS
    sweep(memory.deps, memory.alarms, NOW + 59 * MINUTE)
    assert waits(memory, shop(3))
    sweep(memory.deps, memory.alarms, NOW + HOUR)
    assert [waits(memory, stream) for stream in (shop(3), shop(4), ACME)] == [False, False, True]
    assert [stream for stream, on in memory.switch.turns if not on][-2:] == [shop(3), shop(4)]


def test_while_any_waits_the_operator_is_called_every_hour_with_what_was_sent_since(memory):
    alarmed(memory, ACME)
    memory.budget.cap = 0
    memory.counts.sent(ACME, NOW + 30 * MINUTE, 5_000, bounces=600)
    for minute in range(1, 150):
        sweep(memory.deps, memory.alarms, NOW + minute * MINUTE)
    _, second, third = memory.bus.details("Operator Notice")
    assert "Pauses still wait for you: 1" == second["subject"] == third["subject"]
    assert "5,000 mails, of which 600 bounced" in second["text"]


def test_a_tenant_counts_once_against_the_cap_however_many_streams_it_has(memory):
    memory.budget.cap = 3
    for number in range(10, 16):
        memory.streams.save(replace(memory.streams.load(shop(number)), tenant="mallory"))
        bad(memory, shop(number))
        assert alarmed(memory, shop(number)).outcome is Outcome.PAUSED
    assert alarmed(memory, ACME).outcome is Outcome.WAITS


def test_decoys_just_over_the_limit_take_no_room_from_what_is_far_over_it(memory):
    memory.counts.sent(ACME, NOW, 200_000, bounces=40_000)
    assert alarmed(memory, ACME).outcome is Outcome.PAUSED


def test_nor_does_the_shield_wait_for_their_room(memory):
    alarmed(memory, ACME)
    result = act(memory.deps, ACME, Pause(Reason.ACCOUNT_SHIELD), NOW + MINUTE)
    assert result.outcome is Outcome.PAUSED


def test_but_far_over_the_limit_has_a_cap_of_its_own(memory):
    far = [shop(number) for number in range(20, 25)]
    for stream in far:
        bad(memory, stream)
        memory.counts.sent(stream, NOW, 20_000, bounces=4_000)
    outcomes = [alarmed(memory, stream).outcome for stream in far]
    assert outcomes == [Outcome.PAUSED] * 2 + [Outcome.WAITS] * 3


def test_a_stream_that_turns_bad_when_there_is_room_again_is_paused_though_others_wait(memory):
    alarmed(memory, ACME)
    bad(memory, shop(5), NOW + HOUR)
    assert alarmed(memory, shop(5), NOW + HOUR).outcome is Outcome.PAUSED


def test_its_alarm_stays_up_and_is_tripped_no_more(memory):
    alarmed(memory, ACME)
    sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert dict(memory.alarms.published)[ACME].risk >= 1
    assert ACME not in memory.alarms.tripped


def test_a_relapse_counts_as_well_and_stays_on_probation(memory):
    act(memory.deps, ACME, Operator(Command.HOLD), NOW - MINUTE)
    act(memory.deps, ACME, Operator(Command.RESUME), NOW)
    bad(memory, ACME, NOW + 10 * MINUTE, bounces=150)
    assert alarmed(memory, ACME, NOW + 10 * MINUTE).outcome is Outcome.WAITS
    assert memory.state().status is Status.PROBATION


# ---- what the cap is not for


def test_an_operators_own_hold_takes_no_room_and_needs_none(memory):
    act(memory.deps, ACME, Operator(Command.HOLD), NOW)
    assert memory.switch.sets[ACME] is Sending.OFF
    assert len(memory.budget.lanes[Lane.USUAL].taken) == 2


def test_a_hold_ends_the_waiting(memory):
    alarmed(memory, ACME)
    act(memory.deps, ACME, Operator(Command.HOLD), NOW + MINUTE)
    assert not waits(memory)


def test_what_is_only_observed_takes_no_room_and_needs_none(memory):
    memory.streams.policy = Policy(mode=Mode.OBSERVE)
    assert alarmed(memory, ACME).outcome is Outcome.OBSERVED
    assert len(memory.budget.lanes[Lane.USUAL].taken) == 2


def test_a_drill_takes_no_room_and_needs_none(memory):
    memory.streams.policy = Policy(count_simulator=True)
    assert alarmed(memory, ACME).outcome is not Outcome.WAITS
    assert len(memory.budget.lanes[Lane.USUAL].taken) == 2


def test_what_somebody_else_turned_off_takes_no_room(memory):
    memory.switch.sets[ACME] = Sending.OFF
    assert alarmed(memory, ACME).outcome is Outcome.ALREADY_OFF


@pytest.mark.parametrize(("cap", "off"), [(2, False), (3, True)])
def test_a_pause_on_paper_becomes_one_in_earnest_only_where_there_is_room(memory, cap, off):
    memory.budget.cap = cap
    record = memory.streams.load(ACME)
    memory.streams.save(replace(record, state=paused(), policy=Policy()))
    sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert (memory.switch.sets[ACME] is Sending.OFF) is off


# ---- what ends the waiting without an operator


def test_a_pause_whose_evidence_is_gone_drops_out_and_that_is_on_record(memory):
    alarmed(memory, ACME)
    memory.counts.sent(ACME, NOW, 50_000)
    sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert not waits(memory)
    assert [it.outcome for it in memory.streams.entries(ACME, "backlog")] == ["waits", "vanished"]


def test_evidence_that_only_fades_below_a_pause_keeps_it_waiting(memory):
    alarmed(memory, ACME)
    memory.counts.sent(ACME, NOW, 700)
    sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert 0.5 <= dict(memory.alarms.published)[ACME].risk < 1
    assert waits(memory)


def on_their_alarm(memory: Memory, value: str, at, name: str = "theirs") -> None:
    enforce(memory.deps, a_body(at, value, ses_trigger(), AlarmName=name), at)


@pytest.mark.parametrize(("name", "still"), [("theirs", False), ("another", True)])
def test_a_pause_on_somebodys_alarm_drops_out_when_that_alarm_says_ok(memory, name, still):
    memory.counts.mail.clear()
    on_their_alarm(memory, "ALARM", NOW)
    sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert waits(memory)
    on_their_alarm(memory, "OK", NOW + 2 * MINUTE, name)
    assert waits(memory) is still


# ---- an operator's word


def test_the_backlog_shows_the_worst_first(memory):
    for stream, bounces in ((shop(6), 195), (shop(7), 199), (shop(8), 197)):
        bad(memory, stream, bounces=bounces)
        alarmed(memory, stream)
    assert [record.stream for record in backlog(memory.deps)] == [shop(7), shop(8), shop(6)]


def test_a_released_pause_goes_ahead_as_the_guards_own_and_the_record_says_who_and_why(memory):
    alarmed(memory, ACME)
    result = approve(memory.deps, ACME, WORD, NOW + MINUTE)
    assert result is not None
    assert result.outcome is Outcome.PAUSED
    assert (memory.state().origin, len(memory.state().strikes)) == (Origin.GUARD, 1)
    (entry,) = memory.streams.entries(ACME, "decided")
    assert (entry.command, entry.who, entry.why) == ("approve", *WORD)
    assert (memory.bus.types, waits(memory)) == (["Operator Notice", "Tenant Paused"], False)


def test_no_notice_of_a_released_pause_names_the_operator(memory):
    alarmed(memory, ACME)
    approve(memory.deps, ACME, WORD, NOW + MINUTE)
    assert "olga" not in json.dumps(memory.bus.events)


def test_a_release_takes_no_room(memory):
    alarmed(memory, ACME)
    approve(memory.deps, ACME, WORD, NOW + MINUTE)
    assert len(memory.budget.lanes[Lane.USUAL].taken) == 2


def test_a_pause_is_released_once(memory):
    alarmed(memory, ACME)
    approve(memory.deps, ACME, WORD, NOW + MINUTE)
    assert approve(memory.deps, ACME, WORD, NOW + MINUTE) is None
    assert memory.switch.turns.count((ACME, False)) == 1


def test_a_dropped_pause_does_not_come_back_on_the_same_evidence(memory):
    alarmed(memory, ACME)
    assert dismiss(memory.deps, ACME, WORD, NOW + MINUTE)
    memory.budget.cap = 100
    for minute in range(2, 10):
        sweep(memory.deps, memory.alarms, NOW + minute * MINUTE)
    assert memory.switch.sets[ACME] is Sending.ON
    assert not waits(memory)
    entry = memory.streams.entries(ACME, "backlog")[-1]
    assert (entry.outcome, entry.who, entry.why) == ("dropped", *WORD)


def test_but_new_evidence_pauses_it(memory):
    alarmed(memory, ACME)
    dismiss(memory.deps, ACME, WORD, NOW + MINUTE)
    bad(memory, ACME, NOW + HOUR)
    assert alarmed(memory, ACME, NOW + HOUR).outcome is Outcome.PAUSED


def test_an_alarm_from_before_the_drop_pauses_nobody(memory):
    alarmed(memory, ACME)
    dismiss(memory.deps, ACME, WORD, NOW + DAY)
    assert alarmed(memory, ACME, NOW + HOUR).reason == "outdated"


def test_where_nothing_waits_there_is_nothing_to_release_or_drop(memory):
    assert approve(memory.deps, ACME, WORD, NOW) is None
    assert not dismiss(memory.deps, ACME, WORD, NOW)
