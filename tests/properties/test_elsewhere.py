"""Pauses that guards follow from each other end, whatever is delivered twice, late, out of order or not at all."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.pausing.decision import Command, Look, Operator, Reason
from sesguard.pausing.enforce import act
from sesguard.pausing.state import Status
from sesguard.policy import Elsewhere, Policy
from tests.examples import examples
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.members import Organization

POLICIES = st.sampled_from([Policy(elsewhere=each) for each in Elsewhere])
PLACE = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("bad list"), PLACE, st.just(0)),
        st.tuples(st.just("resume"), PLACE, st.just(0)),
        st.tuples(st.just("sweep"), PLACE, st.just(0)),
        st.tuples(st.just("forward"), st.just(0), st.just(0)),
        st.tuples(st.just("deliver"), PLACE, st.integers(0, 30)),  # any that was ever said, again and again
        st.tuples(st.just("wait"), st.just(0), st.sampled_from([1, 10, 59, 60, 600, 3_000])),
    ),
    max_size=40,
)


@settings(max_examples=examples(40), deadline=None)
@given(st.tuples(POLICIES, POLICIES, POLICIES), STEPS)
def test_no_loop_and_nobody_stays_off(
    policies: tuple[Policy, Policy, Policy], steps: list[tuple[str, int, int]]
) -> None:
    organization, now = Organization(*policies), NOW
    for step, place, number in steps:
        guard = organization.guards[place]
        now += timedelta(seconds=1)
        match step:
            case "bad list":
                guard.memory.counts.sent(guard.stream, now, 400, bounces=72)
                act(guard.memory.deps, guard.stream, Look(), now)
            case "resume":
                act(guard.memory.deps, guard.stream, Operator(Command.RESUME), now)
            case "sweep":
                guard.sweep(now)
            case "forward":
                organization.forward(now)
            case "deliver" if organization.given:
                name, event = organization.given[number % len(organization.given)]
                organization.guard(name).hear(event, now)
            case "wait":
                now += number * MINUTE
        for each in organization.guards:
            check(organization, each.stream)
    organization.deliver(now)
    # Passed on is what somebody paused by his own evidence, once to each other guard, and nothing else.
    own = sum(
        entry.reason != Reason.PAUSED_ELSEWHERE and entry.action in {"pause", "hold"} and entry.outcome == "asked"
        for guard in organization.guards
        for entry in guard.memory.streams.entries(guard.stream, "decided")
    )
    assert len({(name, event["detail"]["id"]) for name, event in organization.given}) <= 2 * own
    # And when nothing new comes, all that guards did to each other is over. Who resumed within a bad list's own minute
    # may still relapse once by his own evidence, which is followed like any other pause.
    for hours in (25, 26, 50, 51, 100, 101, 150, 151):
        for guard in organization.guards:
            guard.sweep(now + hours * HOUR)
        organization.deliver(now + hours * HOUR)
    for guard in organization.guards:
        state = guard.memory.state(guard.stream)
        followed = guard.memory.streams.entries(guard.stream, "decided")
        last = next((it.reason for it in reversed(followed) if it.action in {"pause", "hold"}), "")
        assert last != Reason.PAUSED_ELSEWHERE or not state.off
        assert guard.memory.streams.load(guard.stream).proposed is None


def check(organization: Organization, stream: object) -> None:
    """A stream is off for another's sake only where its policy says so, and for no longer than a day."""
    guard = next(it for it in organization.guards if it.stream == stream)
    record = guard.memory.streams.load(guard.stream)
    followed = [
        entry
        for entry in guard.memory.streams.entries(guard.stream, "decided")
        if entry.reason == Reason.PAUSED_ELSEWHERE
    ]
    assert not followed or record.policy.elsewhere is Elsewhere.PAUSE
    state = record.state
    if state.status is Status.PAUSED and state.cool_down_until is not None and state.since is not None:
        assert state.cool_down_until - state.since <= DAY
