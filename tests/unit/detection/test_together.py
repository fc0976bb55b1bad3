"""Streams of one tenant weighed together: what hides beneath each one's thresholds is seen, and nobody else pays."""

from __future__ import annotations

import random
from itertools import count

import pytest

from sesguard.detection.columns import BOUNCED, SENT
from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.history import History
from sesguard.detection.rows import DayTotals
from sesguard.detection.together import joint_headroom, weigh_tenant
from sesguard.detection.weigh import weigh
from sesguard.policy import Policy

POLICY = Policy()
LIMITS = POLICY.limits(probation=False)
NOW = 29_400_000
DAY = 1_440


numbers = count()


def a_stream(mails: int, bounces: int = 0, *, complaints: int = 0, domain: str = "", spread: int = 600) -> History:
    """Mail of the last ``spread`` minutes, its bounces at a domain each, or all at ``domain``."""
    history, its = History.under(POLICY), next(numbers)
    picks = random.Random(its)  # noqa: S311 - the same mail each time
    sent = [NOW - picks.randrange(spread) for _ in range(mails)]
    for minute in sent:
        history.add(minute, SENT, 1)
    for number in range(bounces):
        minute = picks.choice(sent) if sent else NOW - picks.randrange(spread)
        history.add_bounces(minute, 1, domain or f"domain-{its}-{number}.example")
    for number in range(complaints):
        history.add_complaints(NOW - picks.randrange(spread), 1, f"inbox-{number}.example")
    return history


def weigh_all(histories):
    return weigh_tenant(histories, LIMITS, POLICY.clumps, NOW)


def risk(history: History) -> float:
    return weigh(history, LIMITS, NOW).risk


def test_a_hundred_sets_of_240_mails_are_found_as_surely_as_one_of_24000():
    streams = {f"set-{number}": a_stream(240, 48) for number in range(100)}
    assert weigh_all(streams).verdict.risk > 100


def test_what_hides_beneath_each_streams_own_thresholds_is_seen():
    streams = {f"set-{number:03}": a_stream(16, 5) for number in range(40)}
    assert max(risk(each) for each in streams.values()) < 1
    found = weigh_all(streams)
    assert found.verdict.risk >= 1
    assert len(found.to_pause) > 30
    assert risk(a_stream(40 * 16, 5 * 40)) >= 1


def test_the_sum_is_weighed_like_one_stream_that_had_sent_it_all():
    whole, parts = History.under(POLICY), {f"set-{number}": History.under(POLICY) for number in range(7)}
    picks = random.Random(4)  # noqa: S311 - the same mail each time
    for number in range(20_000):
        minute = NOW - picks.randrange(20 * DAY)
        bad = picks.random() < 0.06
        for history in (whole, parts[f"set-{number % 7}"]):
            history.add(minute, SENT, 1)
            if bad:
                history.add_bounces(minute, 1, f"domain-{number}.example")
    together, alone = weigh_all(parts).verdict, weigh(whole, LIMITS, NOW)
    assert together.risk == pytest.approx(alone.risk)
    assert together.worst == alone.worst
    assert alone.risk > 1


def test_volume_is_each_streams_own_whichever_events_it_publishes():
    sends, deliveries = History.under(POLICY), History.under(POLICY)
    sends.add(NOW, SENT, 1_000)
    deliveries.add(NOW, 1, 900)
    deliveries.add_bounces(NOW, 100, "")
    assert weigh_all({"sends": sends, "deliveries": deliveries}).verdict.volume == 2_000


def test_the_worst_is_paused_first_and_then_the_rest_by_the_same_rule():
    streams = {"good": a_stream(500, 5), "bad": a_stream(200, 60), "worse": a_stream(200, 110)}
    found = weigh_all(streams)
    assert [each.stream for each in found.to_pause] == ["worse", "bad"]
    assert found.to_pause[0].its.rate > 0.2
    left = {"good": streams["good"]}
    assert risk(left["good"]) == 0


def test_nobody_who_is_under_the_limit_is_paused_for_the_others():
    streams = {f"bad-{number}": a_stream(60, 12) for number in range(20)}
    streams |= {f"good-{number}": a_stream(60, 2) for number in range(20)}
    paused = {each.stream for each in weigh_all(streams).to_pause}
    assert paused
    assert not {name for name in paused if name.startswith("good")}


def test_much_clean_mail_of_one_stream_does_not_cover_the_small_ones():
    streams = {f"small-{number}": a_stream(20, 7) for number in range(30)}
    streams["big"] = a_stream(30_000, 300)
    assert max(risk(each) for each in streams.values()) < 1
    found = weigh_all(streams)
    assert found.verdict.risk >= 1
    assert "big" not in {each.stream for each in found.to_pause}


def test_one_dead_domain_over_many_streams_is_one_clump_and_pauses_nobody():
    streams = {f"set-{number}": a_stream(400, 12, domain="customer.example") for number in range(12)}
    assert weigh_all(streams).verdict.risk == 0


def test_but_the_budget_for_clumps_is_one_for_all_streams():
    streams = {f"set-{number}": a_stream(100, 40, domain=f"dead-{number}.example", spread=1) for number in range(40)}
    assert max(risk(each) for each in streams.values()) < 1
    found = weigh_all(streams)
    assert found.verdict.bounces.bad == 40 * 40 - POLICY.clump_forgiven_a_day
    assert found.verdict.risk >= 1


def test_complaints_are_weighed_together_too():
    streams = {f"set-{number}": a_stream(900, complaints=4) for number in range(8)}
    assert max(risk(each) for each in streams.values()) < 1
    found = weigh_all(streams)
    assert found.verdict.worst.kind == COMPLAINTS
    assert found.verdict.risk >= 1
    assert found.to_pause


def test_volume_that_is_not_published_is_unknown_here_too():
    silent = History.under(POLICY)
    for number in range(9):
        silent.add_bounces(NOW - number, 1, f"domain-{number}.example")
    assert weigh_all({"silent": silent, "other": a_stream(5)}).verdict.risk == 0


def test_bounces_of_rolled_up_days_that_were_forgiven_stay_so_within_the_budget():
    def settled(forgiven: int) -> History:
        history = History.under(POLICY)
        history.add_day(NOW // DAY - 5, DayTotals(1_000, forgiven + 20, 0, forgiven, 1_000))
        return history

    within = weigh_all({"a": settled(90), "b": settled(90)})
    beyond = weigh_all({"a": settled(190), "b": settled(190)})
    assert within.verdict.risk == 0
    assert beyond.verdict.bounces.bad == 2 * 210 - 200


def test_room_says_how_much_more_changes_nothing():
    streams = {f"set-{number}": a_stream(300, 3) for number in range(10)}
    left = joint_headroom(streams, LIMITS, POLICY.clumps, NOW, 1.0)
    assert left.bounces > 5
    assert left.complaints > 5

    def with_more(column: int, count: int) -> float:
        more = History.under(POLICY)
        more.add(NOW, SENT, 1)
        more.add(NOW, column, count)
        return weigh_all({**streams, "set-0": streams["set-0"], "more": more}).verdict.risk

    assert with_more(BOUNCED, left.bounces) < 1
    assert with_more(BOUNCED, left.bounces + 3) >= 1
