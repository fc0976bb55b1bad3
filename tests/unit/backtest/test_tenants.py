"""Tenants in a replay: streams that name one are weighed together, by the code that is deployed."""

from __future__ import annotations

from random import Random

import pytest

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.moment import SeenBounces, SeenMoment, Send
from sesguard.backtest.replay import Replay
from sesguard.backtest.sentences import as_dict
from sesguard.backtest.summary import summaries
from sesguard.pausing.decision import Action, Reason
from sesguard.policy import Policy

DAY, MINUTE = 86_400, 60
BEGINS = 40 * DAY


def mail(sets: int, mails_a_day: int, rate: float, *, days: float = 1, tenant: str = "acme", seed: int = 0):
    """What ``sets`` sets together send a day, spread over them and over the day."""
    draw = Random(f"{sets} {mails_a_day} {rate} {tenant} {seed}")  # noqa: S311 - traffic, no secret
    for number in range(int(mails_a_day * days)):
        second = BEGINS + DAY * number / mails_a_day
        name = f"{tenant}-{draw.randrange(sets):03}"
        rows = [Send(second, 1)]
        if draw.random() < rate:
            rows.append(SeenBounces(second, 1, f"{tenant}{number}.example"))
        yield SeenMoment(name, second + 5, rows, tenant=tenant)


def replay(moments) -> tuple[Replay, list[Decided]]:
    replay = Replay(ReplayTerms(Policy()))
    return replay, list(replay.run(sorted(moments, key=lambda it: it.seen_at)))


def leaked(replay: Replay) -> int:
    return sum(it.mails - it.guard.refused for it in summaries(replay))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_hundred_sets_of_240_mails_are_found_as_surely_as_one_of_24000(seed):
    one, alone = replay(mail(1, 24_000, 0.2, days=0.3, seed=seed))
    split, together = replay(mail(100, 24_000, 0.2, days=0.3, seed=seed))
    first = next(it for it in together if it.action is Action.PAUSE)
    assert first.reason is Reason.TENANT
    assert first.at - BEGINS <= 2 * (next(it for it in alone if it.action is Action.PAUSE).at - BEGINS) + 2 * MINUTE
    assert leaked(one) < leaked(split)  # which sets are bad shows only as each of them bounces
    paused = {it.stream for it in together if it.action is Action.PAUSE}
    assert len(paused) > 90


def test_streams_that_name_no_tenant_stand_alone():
    strangers = [SeenMoment(it.stream, it.seen_at, it.rows) for it in mail(100, 24_000, 0.2)]
    split, _ = replay(mail(100, 24_000, 0.2))
    apart, _ = replay(strangers)
    assert leaked(apart) > 5 * leaked(split)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_good_tenant_of_many_streams_is_not_paused(seed):
    _, decided = replay(mail(40, 4_000, 0.02, days=4, seed=seed))
    assert [it for it in decided if it.action in (Action.PAUSE, Action.HOLD)] == []


def test_a_good_tenant_beside_a_bad_one_is_let_be():
    _, decided = replay([*mail(50, 6_000, 0.25, tenant="bad"), *mail(50, 6_000, 0.02, tenant="good")])
    assert {it.tenant for it in decided if it.action is Action.PAUSE} == {"bad"}


def test_what_is_told_of_it_says_how_many_streams_and_whose_part():
    _, decided = replay(mail(100, 24_000, 0.2))
    told = next(as_dict(it, Policy()) for it in decided if it.reason is Reason.TENANT)
    assert told["tenant"] == "acme"
    assert told["together"]["streams"] > 20
    assert "streams of its tenant together: hard bounce rate" in told["sentence"]
