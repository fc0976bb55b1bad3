"""A replay holds the columns of the minutes that weigh, and takes older ones from its ledger: it decides the same."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.backtest.summary import summaries
from sesguard.detection.history import History
from sesguard.policy import Policy

HOUR = 3_600
T0 = 1_795_219_200
STREAMS = ("acme", "bell", "cord", "dome", "elms", "ford", "gate", "hall")
OF_ONE_TENANT = ("dome", "elms", "ford")
COMES_BACK = Policy(acknowledge_bounce_rate=1.0, acknowledge_complaints=False)


def lines(seed: int, hours: int = 40) -> Iterator[dict[str, Any]]:
    """Streams that send all day, one of which turns bad; outcomes come up to two days late, deliveries as well.

    For some hours a provider refuses everybody, so that slots of the past are set aside.
    """
    chance = Random(seed)  # noqa: S311 - traffic, not secrets
    for second in range(0, hours * HOUR, 900):
        for stream in STREAMS:
            sent, mails = T0 + second + chance.randrange(900), chance.randrange(20, 90)
            late = chance.choice((5, 60, HOUR, 5 * HOUR, 13 * HOUR, 30 * HOUR, 50 * HOUR))
            domain = chance.choice(("gmail.com", "mail.example", "post.example"))
            rate = 0.3 if stream == "ford" and second > 20 * HOUR else 0.01
            if 10 <= second // HOUR < 13 and chance.random() < 0.9:
                domain, rate, late = "gmail.com", 0.9, chance.choice((5, 60))
            bounces = sum(chance.random() < rate for _ in range(mails))
            whose = {"stream": stream, "tenant": "one" if stream in OF_ONE_TENANT else ""}
            yield {**whose, "seen_at": sent + 1, "rows": [["send", sent, mails, domain]]}
            outcomes = [["delivery", sent, mails - bounces, domain]]
            if bounces:
                outcomes.append(["bounce", sent, bounces, domain])
            if chance.random() < 0.02:
                outcomes.append(["complaint", sent, 1, domain])
            yield {**whose, "seen_at": sent + late, "rows": outcomes}


def replayed(seed: int) -> tuple[list[Any], list[Any], list[Any]]:
    """Decisions, what streams came to, and what of each is set aside."""
    replay = Replay(ReplayTerms(COMES_BACK))
    decided = list(replay.run(in_order(moment for line in lines(seed) if (moment := moment_of(line)) is not None)))
    told = [(it.stream, it.at, it.action, it.reason, it.verdict, it.explanation.sentence) for it in decided]
    return told, summaries(replay), [it.set_aside for it in replay.streams.values()]


@pytest.mark.parametrize("seed", range(4))
def test_a_replay_decides_the_same_whether_old_minutes_are_held_or_not(seed: int) -> None:
    told, sums, aside = replayed(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(History, "release_minutes", lambda *_: None)
        patch.setattr(History, "restore_minutes", lambda *_: None)
        assert replayed(seed) == (told, sums, aside)
    assert {action.value for _, _, action, *_ in told} >= {"pause", "resume"}
    assert any(aside)


def test_a_replay_holds_the_minutes_of_a_few_hours_of_each_stream() -> None:
    """Of 96 a day that each stream sends in: of the last three hours, and of hours that something late came in of."""
    replay = Replay(ReplayTerms(Policy()))
    held: list[int] = []

    def watched() -> Iterator[Any]:
        for moment in in_order(moment for line in lines(1) if (moment := moment_of(line)) is not None):
            yield moment
            held.extend(len(list(stream.history.minutes())) for stream in replay.streams.values())

    list(replay.run(watched()))
    assert 0 < max(held) < 48
