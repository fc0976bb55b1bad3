"""A tenant with streams in two accounts or regions: a pause in one is followed in the other, if its policy says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from sesguard.bus.details import PausedElsewhere, Transition
from sesguard.bus.events import CENTRE, DetailType, Outcome
from sesguard.bus.read import read
from sesguard.errors import AwsError
from sesguard.members.pass_on import to_pass_on
from sesguard.notices import compose
from sesguard.notices.wording import Wording
from sesguard.pausing.backlog_command import approve, backlog, dismiss
from sesguard.pausing.decision import Command, Look, Operator, Pause, PauseElsewhere, Reason
from sesguard.pausing.enforce import act
from sesguard.pausing.journal import Word
from sesguard.pausing.state import Origin, Status
from sesguard.policy import Elsewhere, Mode, Policy
from sesguard.signals.guard_message import read_paused_elsewhere
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.members import TENANT, GuardThere, Organization, forwarded
from tests.fakes.world import NOTICES, MemoryPauseBudget

LEAVE, ASK, FOLLOW = (Policy(elsewhere=each) for each in Elsewhere)
WORD = Word("arn:aws:iam::111111111111:user/ada", "the same list")


def a_bad_list(guard: GuardThere, at: Any = NOW) -> None:
    """What pauses the stream by its own evidence."""
    guard.memory.counts.sent(guard.stream, at - 5 * MINUTE, 400, bounces=72)
    act(guard.memory.deps, guard.stream, Look(), at)


def two(policy: Policy) -> tuple[Organization, GuardThere, GuardThere]:
    """An organization whose first guard has just paused the tenant, and in whose second the policy is such."""
    organization = Organization(LEAVE, policy)
    here, there = organization.guards
    a_bad_list(here)
    assert not here.sends
    return organization, here, there


def test_by_default_a_pause_elsewhere_is_left_alone() -> None:
    organization, _, there = two(LEAVE)
    assert organization.deliver(NOW) == []
    assert there.sends
    assert there.memory.streams.journal == []


def test_a_pause_is_followed_where_the_policy_says_so() -> None:
    organization, here, there = two(FOLLOW)
    organization.deliver(NOW + MINUTE)
    state = there.memory.state(there.stream)
    assert not there.sends
    assert (state.status, state.origin, state.strikes, state.acknowledge) == (Status.PAUSED, Origin.GUARD, (), False)
    assert state.cool_down_until == NOW + HOUR  # as long as the other one's: from its beginning
    (entry,) = there.memory.streams.entries(there.stream, "decided")
    assert entry.reason == "paused_elsewhere"
    assert entry.evidence["elsewhere"] == {
        **here.stream._asdict(),
        "reason": "bounces",
        "at": "2026-11-21T18:00:00.000000Z",
    }


def test_both_come_back_by_their_own_line_when_the_time_is_up() -> None:
    organization, here, there = two(FOLLOW)
    organization.deliver(NOW)
    act(here.memory.deps, here.stream, Operator(Command.RESUME), NOW + 10 * MINUTE)
    organization.deliver(NOW + 10 * MINUTE)
    there.sweep(NOW + 11 * MINUTE)
    assert not there.sends  # an operator's word there is of that stream
    there.sweep(NOW + 2 * HOUR)
    assert there.sends
    assert there.memory.state(there.stream).status is Status.PROBATION


def test_a_followed_pause_is_passed_on_no_further() -> None:
    organization = Organization(FOLLOW, FOLLOW, FOLLOW)
    a_bad_list(organization.guards[0])
    organization.deliver(NOW)
    assert [guard.sends for guard in organization.guards] == [False, False, False]
    assert [name for name, _ in organization.given] == [guard.name for guard in organization.guards[1:]]


def test_a_stream_that_is_bad_itself_is_paused_for_that() -> None:
    organization, _, there = two(FOLLOW)
    there.memory.counts.sent(there.stream, NOW - 5 * MINUTE, 400, bounces=90)
    organization.deliver(NOW)
    (entry,) = there.memory.streams.entries(there.stream, "decided")
    assert (entry.reason, len(there.memory.state(there.stream).strikes)) == ("bounces", 1)


def test_a_pause_is_proposed_where_the_policy_asks() -> None:
    organization, here, there = two(ASK)
    organization.deliver(NOW)
    organization.guard(there.name).hear(organization.given[0][1], NOW + MINUTE)  # delivered twice
    assert there.sends
    assert there.memory.state(there.stream).status is Status.HEALTHY
    (notice,) = there.memory.bus.details("Operator Notice")
    assert str(here.stream) not in notice["subject"]
    assert here.stream.account in notice["text"]
    assert f"sesguard backlog approve {there.stream}" in notice["text"]
    assert [record.stream for record in backlog(there.memory.deps)] == [there.stream]


def test_an_operator_lets_a_proposed_pause_go_ahead() -> None:
    organization, _, there = two(ASK)
    organization.deliver(NOW)
    result = approve(there.memory.deps, there.stream, WORD, NOW + 5 * MINUTE)
    assert result is not None
    assert (result.reason, result.outcome, there.sends) == ("paused_elsewhere", Outcome.PAUSED, False)
    assert backlog(there.memory.deps) == []
    assert there.memory.streams.entries(there.stream, "decided")[-1].who == WORD.who
    assert organization.deliver(NOW + 5 * MINUTE) == []  # nor is it passed on


def test_a_dismissed_proposal_does_not_come_back() -> None:
    organization, _, there = two(ASK)
    organization.deliver(NOW)
    assert dismiss(there.memory.deps, there.stream, WORD, NOW + 5 * MINUTE)
    there.hear(organization.given[0][1], NOW + 6 * MINUTE)
    assert backlog(there.memory.deps) == []
    assert there.sends


def test_a_proposal_lapses_when_the_pause_elsewhere_is_over() -> None:
    organization, _, there = two(ASK)
    organization.deliver(NOW)
    there.sweep(NOW + HOUR - MINUTE)
    assert backlog(there.memory.deps)
    there.sweep(NOW + HOUR)
    assert backlog(there.memory.deps) == []
    assert list(there.memory.streams.not_healthy()) == []
    assert there.memory.streams.entries(there.stream)[-1].outcome == "vanished"


def test_a_proposal_that_nobody_has_dropped_keeps_no_later_one_back() -> None:
    organization, _, there = two(ASK)
    organization.deliver(NOW)
    # An older version, for a while in this one's place, does not know that the stream has to be swept.
    later = {**organization.given[0][1]}
    later["detail"] = {**later["detail"], "id": "f" * 32, "at": "2026-11-22T18:00:00.000000Z"}
    there.hear(later, NOW + DAY)
    assert len(there.memory.bus.details("Operator Notice")) == 2
    there.sweep(NOW + DAY + MINUTE)
    assert [record.stream for record in backlog(there.memory.deps)] == [there.stream]


def test_a_proposal_keeps_no_pause_by_own_evidence_back() -> None:
    organization, _, there = two(ASK)
    organization.deliver(NOW)
    a_bad_list(there, NOW + 10 * MINUTE)
    assert not there.sends
    assert there.memory.streams.load(there.stream).proposed is None


def test_an_id_that_is_the_same_by_chance_pauses_nobody_and_is_told_once() -> None:
    organization, here, there = two(FOLLOW)
    there.registry.streams[TENANT] = [there.stream]
    for minute in range(3):
        organization.deliver(NOW)
        (result,) = there.hear(organization.given[0][1], NOW + minute * MINUTE)
        assert result.reason == "unlisted"
    assert there.sends
    (notice,) = there.memory.bus.details("Operator Notice")
    assert str(here.stream) in notice["text"]


def test_what_claims_to_be_of_the_guards_own_place_is_left() -> None:
    organization, _, there = two(FOLLOW)
    organization.forward(NOW)
    event = organization.given[0][1]
    event["detail"]["stream"] |= {"account": there.home.account, "region": there.home.region}
    assert there.hear(event, NOW) == []
    assert there.sends


def test_it_is_one_pause_more_under_mode_cap_and_what_is_spared() -> None:
    organization, _, there = two(replace(FOLLOW, mode=Mode.OBSERVE))
    assert organization.deliver(NOW)[-1].outcome is Outcome.OBSERVED
    assert there.sends
    organization, _, there = two(FOLLOW)
    there.memory.budget = MemoryPauseBudget(0)
    assert organization.deliver(NOW)[-1].outcome is Outcome.WAITS
    assert there.sends
    there.memory.streams.records[NOTICES] = replace(
        there.memory.streams.load(there.stream), stream=NOTICES, policy=FOLLOW
    )
    organization.forward(NOW)
    said = msgspec.convert(organization.given[0][1]["detail"], PausedElsewhere)
    assert act(there.memory.deps, NOTICES, PauseElsewhere(said), NOW).outcome is Outcome.LEFT


def test_without_room_it_waits_and_goes_when_there_is_some_or_lapses() -> None:
    for cap, minutes, sends in ((20, 30, False), (0, 60, True)):
        organization, _, there = two(FOLLOW)
        there.memory.budget = MemoryPauseBudget(0)
        organization.deliver(NOW)
        there.memory.budget = MemoryPauseBudget(cap)
        there.sweep(NOW + minutes * MINUTE)
        assert there.sends is sends
        assert backlog(there.memory.deps) == []


def test_what_comes_late_or_after_a_resume_says_nothing() -> None:
    organization, _, there = two(FOLLOW)
    organization.forward(NOW)
    event = organization.given[0][1]
    assert there.hear(event, NOW + HOUR)[-1].reason == "outdated"
    organization, _, there = two(FOLLOW)
    organization.deliver(NOW)
    act(there.memory.deps, there.stream, Operator(Command.RESUME), NOW + MINUTE)
    there.hear(event, NOW + 2 * MINUTE)
    assert there.sends


def test_a_clock_that_runs_ahead_makes_no_pause_longer() -> None:
    organization, _, there = two(FOLLOW)
    organization.forward(NOW)
    event = organization.given[0][1]
    event["detail"] |= {"at": "2027-11-21T18:00:00.000000Z", "strikes": 10**9}
    there.hear(event, NOW)
    assert there.memory.state(there.stream).cool_down_until == NOW + DAY  # the longest of its own policy


def transition(kind: DetailType = DetailType.PAUSED, **fields: Any) -> Transition:
    _, here, _ = two(LEAVE)
    event = next(it for it in here.memory.bus.events if it["type"] == "Tenant Paused")
    news = read(forwarded(event, here.home.account))
    assert isinstance(news, Transition)
    return msgspec.structs.replace(news, kind=kind, **fields)


@pytest.mark.parametrize("reason", ["bounces", "complaints", "alarm", "tenant"])
def test_what_a_guard_did_by_evidence_of_the_mail_is_passed_on(reason: str) -> None:
    assert to_pass_on(transition(reason=reason)) is not None


def test_a_strike_too_many_is_passed_on_by_its_own_evidence_only() -> None:
    held = transition(DetailType.HELD, reason="strikes")
    assert to_pass_on(held) is not None
    assert to_pass_on(msgspec.structs.replace(held, evidence=msgspec.structs.replace(held.evidence, risk=0.2))) is None


@pytest.mark.parametrize(
    "fields",
    [
        *({"reason": reason.value} for reason in Reason if reason not in {"bounces", "complaints", "alarm", "tenant"}),
        {"tenant": ""},
        *({"outcome": outcome} for outcome in Outcome if outcome is not Outcome.PAUSED),
        *({"kind": kind} for kind in (DetailType.WARNED, DetailType.RESUMED, DetailType.HELD, DetailType.RECOVERED)),
    ],
)
def test_all_else_is_not_passed_on(fields: dict[str, Any]) -> None:
    assert to_pass_on(transition(**fields)) is None


def test_the_account_shields_pauses_are_not_passed_on() -> None:
    organization = Organization(FOLLOW, FOLLOW)
    here, there = organization.guards
    act(here.memory.deps, here.stream, Pause(Reason.ACCOUNT_SHIELD), NOW)
    organization.deliver(NOW)
    assert (here.sends, there.sends) == (False, True)


def test_a_guard_that_cannot_be_told_keeps_no_other_from_hearing() -> None:
    organization = Organization(LEAVE, FOLLOW, FOLLOW, FOLLOW)
    here, refuses, old, there = organization.guards
    members = organization.centre.members
    for member in members.all():
        if member.name == old.name:
            members.heard(msgspec.structs.replace(member, takes=()))  # of a version before there was a rule for it
    organization.centre.buses.failing[refuses.name] = AwsError("PutEvents", "AccessDenied", retryable=False)  # type: ignore[attr-defined]  # the twin's
    a_bad_list(here)
    organization.deliver(NOW)
    assert [guard.sends for guard in (refuses, old, there)] == [True, True, False]
    told = [subject for subject, _ in organization.centre.topic.heard if "hears of no pause" in subject]  # type: ignore[attr-defined]  # the twin's
    assert told == [f"sesguard: {refuses.name} hears of no pause"]


def test_what_time_can_heal_comes_again_after_all_were_tried() -> None:
    organization = Organization(LEAVE, FOLLOW, FOLLOW)
    here, busy, there = organization.guards
    buses = organization.centre.buses
    buses.failing[busy.name] = AwsError("PutEvents", "ThrottlingException", retryable=True)  # type: ignore[attr-defined]  # the twin's
    a_bad_list(here)
    with pytest.raises(AwsError):
        organization.forward(NOW)
    assert [name for name, _ in organization.given] == [there.name]
    buses.failing.clear()  # type: ignore[attr-defined]  # the twin's
    here.said = 0
    organization.deliver(NOW)
    assert (busy.sends, there.sends) == (False, False)


def test_notices_say_that_it_comes_from_elsewhere_and_the_operators_from_where() -> None:
    organization, here, there = two(FOLLOW)
    organization.deliver(NOW)
    event = next(it for it in there.memory.bus.events if it["type"] == "Tenant Paused")
    news = read(forwarded(event, there.home.account))
    assert isinstance(news, Transition)
    operators = compose.for_operator(news, "", Wording.built_in()).text
    owners = compose.for_owner(news, "Acme", Wording.built_in()).text
    assert f"account {here.stream.account}, region {here.stream.region}" in " ".join(operators.split())
    assert "in another region or account of the platform" in " ".join(owners.split())
    assert here.stream.account not in owners


@pytest.mark.parametrize("body", ["", "{}", "[1]", '{"source": "aws.ses"}', "\x00"])
def test_a_message_of_another_kind_is_none(body: str) -> None:
    assert read_paused_elsewhere(body) is None


def test_one_that_cannot_be_used_is_refused_and_one_of_a_newer_centre_is_read() -> None:
    organization, here, _ = two(FOLLOW)
    organization.forward(NOW)
    event = organization.given[0][1]
    newer = {**event, "detail": {**event["detail"], "version": "2", "colour": "red"}}
    said = read_paused_elsewhere(forwarded(newer, "999999999999", CENTRE))
    assert isinstance(said, PausedElsewhere)
    assert (said.stream, said.tenant) == (here.stream, TENANT)
    torn = {**event, "detail": {"tenant": TENANT}}
    with pytest.raises(msgspec.DecodeError):
        read_paused_elsewhere(forwarded(torn, "999999999999", CENTRE))
    assert (
        read_paused_elsewhere(forwarded(event, "999999999999", "sesguard")) is None
    )  # a guard's word is not the centre's
