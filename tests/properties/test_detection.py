"""What holds for all traffic: order and batches of what comes do not matter, and worse traffic never weighs less."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import COMPLAINED, DELIVERED, SENT, SENT_EVENTBRIDGE
from sesguard.detection.evidence import evidence
from sesguard.detection.headroom import headroom
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR, boundaries
from sesguard.detection.weigh import weigh
from sesguard.policy import Policy

NOW = 40 * DAY + 5 * HOUR + 17
DOMAINS = ("gmail.com", "dead.example", "gone.example", "", "invalid", *(f"company-{n}.example" for n in range(5)))


class Fact(NamedTuple):
    """So many mails of a minute, and what they count under: None is a hard bounce, at a domain."""

    minute: int
    column: int | None
    mails: int
    domain: str = ""


MINUTES = st.one_of(
    st.integers(NOW - 150, NOW), st.integers(NOW - 4 * DAY, NOW), st.integers(NOW - 33 * DAY, NOW)
)  # all three sizes of buckets, and what is too old
VOLUMES = st.builds(Fact, MINUTES, st.sampled_from([SENT, DELIVERED, SENT_EVENTBRIDGE]), st.integers(1, 400))
BOUNCES = st.builds(Fact, MINUTES, st.none(), st.integers(1, 40), st.sampled_from(DOMAINS))
COMPLAINTS = st.builds(Fact, MINUTES, st.just(COMPLAINED), st.integers(1, 4))
TRAFFIC = st.lists(st.one_of(VOLUMES, BOUNCES, COMPLAINTS), max_size=60)


def a_history(facts: list[Fact], since: int = 0) -> History:
    history = History(since)
    for fact in facts:
        tell(history, fact)
    return history


def tell(history: History, fact: Fact) -> None:
    if fact.column is None:
        history.add_bounces(fact.minute, fact.mails, fact.domain)
    elif fact.column == COMPLAINED:
        history.add_complaints(fact.minute, fact.mails, fact.domain)
    else:
        history.add(fact.minute, fact.column, fact.mails)


def risk(history: History, *, probation: bool = False, now: int = NOW) -> float:
    return weigh(history, Policy().limits(probation=probation), now).risk


@given(TRAFFIC, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(facts: list[Fact], random: Random) -> None:
    shuffled = random.sample(facts, len(facts))
    assert a_history(shuffled).rows(NOW) == a_history(facts).rows(NOW)


@given(TRAFFIC)
def test_counts_that_come_one_by_one_are_those_that_come_at_once(facts: list[Fact]) -> None:
    single = [fact._replace(mails=1) for fact in facts for _ in range(fact.mails)]
    assert a_history(single).rows(NOW) == a_history(facts).rows(NOW)


@given(TRAFFIC, st.lists(st.integers(NOW - 40 * DAY, NOW), max_size=5))
def test_a_look_in_between_changes_nothing(facts: list[Fact], looks: list[int]) -> None:
    looked_at = History()
    for number, fact in enumerate(facts):
        tell(looked_at, fact)
        looked_at.rows(looks[number % len(looks)] if looks else NOW)
    assert looked_at.rows(NOW) == a_history(facts).rows(NOW)


@given(TRAFFIC, st.integers(0, 2 * DAY))
def test_pruning_changes_nothing_that_a_later_look_can_see(facts: list[Fact], later: int) -> None:
    pruned, whole = a_history(facts), a_history(facts)
    pruned.prune(NOW)
    assert pruned.rows(NOW + later) == whole.rows(NOW + later)
    assert risk(pruned, now=NOW + later) == risk(whole, now=NOW + later)


@given(
    st.lists(st.tuples(MINUTES, st.sampled_from([SENT, SENT_EVENTBRIDGE]), st.integers(800, 2_000)), min_size=1),
    st.data(),
)
def test_outcomes_of_mail_whose_minute_is_forgotten_count_as_if_it_were_not(
    volumes: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    """A complaint comes days later: its volume was published all the same."""
    sent = [Fact(minute, column, mails) for minute, column, mails in volumes]
    minutes = st.sampled_from([fact.minute for fact in sent])
    late = st.one_of(
        st.builds(Fact, minutes, st.none(), st.integers(1, 40), st.sampled_from(DOMAINS)),
        st.builds(Fact, minutes, st.just(COMPLAINED), st.integers(1, 4)),
    )
    outcomes = data.draw(st.lists(late, max_size=20))
    forgetful, whole = a_history(sent), a_history(sent)
    for fact in outcomes:
        forgetful.prune(NOW)
        tell(forgetful, fact)
        tell(whole, fact)
    assert forgetful.rows(NOW) == whole.rows(NOW)
    assert forgetful.days(NOW) == whole.days(NOW)


@given(TRAFFIC)
def test_every_mail_is_in_one_row_and_rows_come_newest_first(facts: list[Fact]) -> None:
    rows = a_history(facts).rows(NOW)
    starts = [row[0] for row in rows]
    assert starts == sorted(set(starts), reverse=True)
    first = NOW // DAY * DAY - 30 * DAY
    within = [fact for fact in facts if fact.minute >= first]
    assert sum(row[3] for row in rows) == sum(fact.mails for fact in within if fact.column == COMPLAINED)
    counted = sum(fact.mails for fact in within if fact.column is None)
    assert sum(row[4] for row in rows) == counted
    assert sum(row[2] for row in rows) + a_history(facts).forgiven_from(first) == counted


@given(TRAFFIC, MINUTES, st.integers(1, 30), st.booleans())
def test_more_complaints_where_volume_is_known_never_lower_the_risk(
    facts: list[Fact], minute: int, more: int, probation: bool
) -> None:
    """A mail is known of that hour: where none is, what the stream sent before stands in, bounces weighed with it."""
    sent = [*facts, Fact(minute, SENT, 1)]
    worse = [*sent, Fact(minute, COMPLAINED, more)]
    assert risk(a_history(worse), probation=probation) >= risk(a_history(sent), probation=probation)


@given(TRAFFIC, MINUTES, st.integers(1, 30), st.booleans())
def test_more_bounces_where_sends_are_known_never_lower_the_risk(
    facts: list[Fact], minute: int, more: int, probation: bool
) -> None:
    """Sends are many here, so that the bounces do not become volume; the domain is one that nothing is forgiven at."""
    sent = [*facts, *(Fact(fact.minute, SENT, 100_000) for fact in facts), Fact(minute, SENT, 100_000)]
    worse = [*sent, Fact(minute, None, more, "gmail.com")]
    assert risk(a_history(worse), probation=probation) >= risk(a_history(sent), probation=probation)


@given(TRAFFIC, MINUTES, st.integers(1, 5_000), st.booleans())
def test_more_mail_never_raises_the_risk(facts: list[Fact], minute: int, more: int, probation: bool) -> None:
    """Of mail whose volume is known: an outcome without one is no rate, and becomes one as its volume comes in.

    And of a day that has mail: a run of whole days is one from the third of those on.
    """
    known = [*facts, *(Fact(fact.minute, SENT, 1) for fact in facts), Fact(minute, SENT, 1)]
    assert risk(a_history([*known, Fact(minute, SENT, more)]), probation=probation) <= risk(
        a_history(known), probation=probation
    )


@given(TRAFFIC, st.integers(NOW - 33 * DAY, NOW))
def test_a_restart_is_as_if_counting_had_begun_then(facts: list[Fact], since: int) -> None:
    restarted, begun = a_history(facts), a_history([fact for fact in facts if fact.minute >= since], since)
    restarted.restart(since)
    for fact in facts:  # whatever comes afterwards, of mail sent before and after
        tell(restarted, fact)
    assert restarted.rows(NOW) == begun.rows(NOW)
    assert restarted.weighed_volume(NOW) == begun.weighed_volume(NOW)


@given(TRAFFIC, TRAFFIC, st.integers(0, 60))
def test_what_a_stream_has_headroom_for_leaves_its_risk_at_nothing(
    facts: list[Fact], more: list[Fact], later: int
) -> None:
    good = [*facts, *(Fact(fact.minute, SENT, 4_000) for fact in facts)]
    history = a_history(good)
    limits = Policy().limits(probation=False)
    if risk(history) == 0:
        room = headroom(history, limits, NOW)
        assert room.reach == boundaries(NOW)
        left = [room.bounces, room.complaints]
        for fact in more:
            kind = 0 if fact.column is None else 1 if fact.column == COMPLAINED else None
            if kind is not None:
                left[kind] -= fact.mails
            if min(left) >= 0:
                tell(history, fact)
                if boundaries(NOW + later) == room.reach:
                    assert risk(history, now=NOW + later) == 0
            elif kind is not None:
                left[kind] += fact.mails


def test_headroom_is_what_the_shortest_run_can_take() -> None:
    history = a_history([Fact(NOW - 1, SENT, 400)])
    room = headroom(history, Policy().limits(probation=False), NOW)
    assert int(room.bounces) == 2  # 5 % of the least credit, 50, of a run that has not begun
    tell(history, Fact(NOW, None, 3, "gmail.com"))
    assert risk(history) > 0


@given(st.integers(1, 10_000), st.floats(0.00001, 0.5), st.data())
def test_evidence_grows_with_what_is_bad_and_shrinks_with_what_is_not(
    n: int, limit: float, data: st.DataObject
) -> None:
    bad = data.draw(st.integers(0, n - 1))
    found = evidence(n, bad, limit)
    assert found >= 0
    assert evidence(n, bad + 1, limit) >= found
    assert evidence(n + 1, bad, limit) <= found + 1e-9


@given(st.integers(1, 500), st.floats(0.001, 0.5), st.data())
def test_evidence_bounds_the_chance_of_a_sender_at_the_limit(n: int, limit: float, data: st.DataObject) -> None:
    """The binomial tail, summed exactly, is never above exp(-evidence)."""
    from math import comb, exp

    bad = data.draw(st.integers(0, n))
    tail = sum(comb(n, k) * limit**k * (1 - limit) ** (n - k) for k in range(bad, n + 1))
    assert tail <= exp(-evidence(n, bad, limit)) * (1 + 1e-9)
