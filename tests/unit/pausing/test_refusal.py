"""A stream whose domain's mail is going to be refused is watched before its first bounce, and for no longer than so."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Action, Decision, Look, Reason, RefusalSeen
from sesguard.pausing.state import MOST_REFUSED, REFUSAL_KEPT, Status, StreamState
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.states import POLICY, a_verdict, healthy, paused, probation, watched


def seen(domain: str, refused: bool, at: datetime = NOW) -> RefusalSeen:
    return RefusalSeen(domain, refused, at)


REFUSED, MENDED = seen("acme.example", refused=True), seen("acme.example", refused=False)


def after(state: StreamState, *signals: RefusalSeen, now: datetime = NOW) -> Decision:
    """What it comes to when posture says so just ``now``."""
    decision = Decision(Action.NONE, state, Reason.NO_CHANGE)
    for signal in signals:
        decision = decide(decision.state, replace(signal, at=now), a_verdict(0), POLICY, now)
    return decision


def looked(state: StreamState, risk: float, now: datetime) -> Decision:
    return decide(state, Look(), a_verdict(risk), POLICY, now)


def test_a_healthy_stream_is_watched_before_the_first_bounce():
    decision = after(healthy(), REFUSED)
    assert (decision.action, decision.reason, decision.state.status) == (
        Action.WARN,
        Reason.DOMAIN_REFUSED,
        Status.WATCHED,
    )
    assert decision.state.incident != ""


def test_it_stays_watched_however_calm_it_is_as_long_as_that_is_said_daily():
    state = after(healthy(), REFUSED).state
    for day in range(1, 10):
        state = looked(state, 0, NOW + day * DAY).state
        state = after(state, REFUSED, now=NOW + day * DAY).state
        assert state.status is Status.WATCHED


def test_it_is_healthy_at_once_when_the_domain_is_in_order():
    decision = after(after(healthy(), REFUSED).state, MENDED, now=NOW + HOUR)
    assert (decision.action, decision.reason, decision.state.status) == (
        Action.CALM,
        Reason.DOMAIN_MENDED,
        Status.HEALTHY,
    )


def test_what_is_not_said_again_for_three_days_is_over():
    state = after(healthy(), REFUSED).state
    assert looked(state, 0, NOW + REFUSAL_KEPT - MINUTE).state.status is Status.WATCHED
    assert looked(state, 0, NOW + REFUSAL_KEPT).reason is Reason.DOMAIN_MENDED


def test_what_is_redriven_days_later_warns_nobody():
    decision = decide(healthy(), REFUSED, a_verdict(0), POLICY, NOW + REFUSAL_KEPT)
    assert (decision.action, decision.reason, decision.state) == (Action.NONE, Reason.STALE_MESSAGE, healthy())


def test_what_comes_late_holds_from_when_it_was_found():
    state = decide(healthy(), REFUSED, a_verdict(0), POLICY, NOW + DAY).state
    assert state.status is Status.WATCHED
    assert looked(state, 0, NOW + REFUSAL_KEPT).reason is Reason.DOMAIN_MENDED


def test_an_older_word_does_not_end_a_newer_one():
    state = after(healthy(), REFUSED, now=NOW + DAY).state
    assert decide(state, MENDED, a_verdict(0), POLICY, NOW + DAY).state == state


def test_all_domains_have_to_be_in_order():
    state = after(healthy(), REFUSED, seen("shop.example", refused=True)).state
    assert after(state, MENDED).state.status is Status.WATCHED
    assert after(state, MENDED, seen("shop.example", refused=False)).state.status is Status.HEALTHY


def test_its_own_bounces_warn_all_the_same_and_pause_as_ever():
    state = after(healthy(), REFUSED).state
    warned = looked(state, 0.5, NOW + HOUR)
    assert (warned.action, warned.reason) == (Action.WARN, Reason.BOUNCES)
    assert warned.state.incident == state.incident
    assert looked(warned.state, 0.6, NOW + HOUR).action is Action.NONE
    assert looked(state, 1, NOW + HOUR).action is Action.PAUSE


def test_a_stream_that_is_watched_for_its_bounces_is_not_calmed_by_its_domain():
    decision = after(watched(), REFUSED, MENDED)
    assert (decision.action, decision.state.status) == (Action.NONE, Status.WATCHED)


def test_one_that_calms_while_its_domain_is_refused_stays_watched_for_that():
    state = after(watched(calm_since=NOW - DAY), REFUSED).state
    state = looked(state, 0, NOW).state
    assert (state.status, state.for_domain) == (Status.WATCHED, True)
    assert after(state, MENDED).state.status is Status.HEALTHY


def test_a_paused_stream_and_one_on_probation_stay_what_they_are():
    for state in (paused(), probation()):
        assert after(state, REFUSED).state.status is state.status
        assert after(state, REFUSED).action is Action.NONE


def test_a_refusal_that_is_over_is_nothing_to_a_healthy_stream():
    assert after(healthy(), MENDED).state == healthy()


signals = st.lists(
    st.tuples(
        st.integers(0, 5 * 24),
        st.one_of(
            st.builds(seen, st.sampled_from([f"d{number}.example" for number in range(40)]), st.booleans()),
            st.floats(0, 2).map(lambda risk: risk),
        ),
    ),
    max_size=60,
)


@given(signals)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_in_whatever_order_only_its_own_mail_pauses_and_what_is_kept_is_bounded(
    events: list[tuple[int, RefusalSeen | float]],
):
    state, now = healthy(), NOW
    for hours, event in events:
        now += hours * HOUR
        if isinstance(event, RefusalSeen):
            before = state
            decision = after(state, event, now=now)
            assert decision.action in {Action.NONE, Action.WARN, Action.CALM}
            assert decision.state.off == before.off
        else:
            decision = looked(state, event, now)
        state = decision.state
        assert len(state.refused) <= MOST_REFUSED
        assert not (state.for_domain and state.status is not Status.WATCHED)
