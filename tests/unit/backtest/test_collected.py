"""Cycles are looked for seldom during a replay, which makes none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import suppress

from sesguard.backtest.collected import collected_seldom
from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.moment import SeenMoment
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.policy import Policy

T0 = 1_795_219_200


def moments() -> Iterator[SeenMoment]:
    """Mail of three days of ten streams, one of which is paused."""
    for number in range(300):
        at, stream = T0 + 860 * number, number % 10
        rows = [["send", at, 40], ["bounce", at, 20 if stream == 3 else 1, f"mail{number % 7}.example"]]
        moment = moment_of({"stream": f"stream-{stream}", "tenant": "acme", "seen_at": at + 5, "rows": rows})
        assert moment is not None
        yield moment


def test_a_replay_leaves_no_cycles_behind() -> None:
    replay = Replay(ReplayTerms(Policy()), compare=True)
    gc.collect()
    gc.disable()
    try:
        decided = list(replay.run(in_order(moments(), most_held=500)))
        assert gc.collect() == 0
    finally:
        gc.enable()
    assert {it.stream for it in decided} >= {"stream-3"}


def test_afterwards_cycles_are_looked_for_as_often_as_before() -> None:
    before = gc.get_threshold()
    with suppress(ZeroDivisionError), collected_seldom():
        assert gc.get_threshold() > before
        raise ZeroDivisionError
    assert gc.get_threshold() == before
