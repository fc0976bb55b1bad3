"""A replay of streams of which not all volume was published: what is unknown is no rate."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.replay import Replay
from sesguard.pausing.decision import Action
from sesguard.policy import Policy

_HOUR, _DAY = 3_600, 86_400
_BEGINS = 20_000 * _DAY

Line = dict[str, Any]


def _campaign(mails_a_minute: int, start: int, minutes: int, *, bounces: float, complaints: float) -> list[Line]:
    """An honest campaign: bounces within minutes, complaints within days."""
    random = Random(start)  # noqa: S311 - the same mail each time
    lines: list[Line] = []
    for sent in range(start, start + minutes * 60, 60):
        lines.append({"stream": "s", "seen_at": sent + 59, "rows": [["send", sent, mails_a_minute]]})
        for _ in range(mails_a_minute):
            chance = random.random()
            if chance < bounces:
                late = random.expovariate(1 / (10 if chance < 0.8 * bounces else 1_800))
                where = f"{random.randrange(10**9)}.example"
                lines.append({"stream": "s", "seen_at": sent + 59 + late, "rows": [["bounce", sent, 1, where]]})
            elif chance > 1 - complaints:
                late = random.lognormvariate(10, 1.3)
                lines.append(
                    {"stream": "s", "seen_at": sent + 59 + late, "rows": [["complaint", sent, 1, "yahoo.com"]]}
                )
    return lines


def _decided(lines: list[Line], kept: Callable[[Line], bool]) -> list[Decided]:
    moments = [moment_of(line) for line in sorted(lines, key=lambda it: it["seen_at"]) if kept(line)]
    return list(Replay(ReplayTerms(Policy())).run(moment for moment in moments if moment is not None))


def _is_volume(line: Line) -> bool:
    return line["rows"][0][0] == "send"


@pytest.mark.parametrize("left", [1, 2, 6])
def test_a_guard_that_starts_in_the_last_minutes_of_an_honest_campaign_pauses_nobody(left: int) -> None:
    """20,000 mails in an hour, 3 % bounces and 0.08 % complaints, most of which were sent before it looked."""
    lines = _campaign(333, _BEGINS + 9 * _HOUR, 60, bounces=0.03, complaints=0.0008)
    lines += _campaign(50, _BEGINS + 5 * _DAY, 20, bounces=0.03, complaints=0)  # it is looked at once more
    deployed = _BEGINS + 10 * _HOUR - left * 60
    assert _decided(lines, lambda line: line["seen_at"] >= deployed) == []


@pytest.mark.parametrize("hours", [1, 5, 20])
def test_a_stream_that_publishes_sends_for_some_hours_and_then_no_more_is_not_paused(hours: int) -> None:
    """2,000 mails a day for six days, 2 % of which bounce."""
    lines = [line for day in range(6) for line in _campaign(3, _BEGINS + day * _DAY, 700, bounces=0.02, complaints=0)]
    decided = _decided(lines, lambda line: not _is_volume(line) or line["seen_at"] < _BEGINS + hours * _HOUR)
    assert [it.action for it in decided if it.action is not Action.WARN] == []
    assert [it.action for it in decided if it.verdict.risk >= 1] == []


def test_a_campaign_that_lacks_the_send_events_of_forty_minutes_is_not_paused() -> None:
    """A daily campaign of 3,000 mails, 3 % of which bounce, on its seventh day."""
    lines = [line for day in range(7) for line in _campaign(50, _BEGINS + day * _DAY, 60, bounces=0.03, complaints=0)]
    lost = range(_BEGINS + 6 * _DAY + 600, _BEGINS + 6 * _DAY + 3_000)
    assert _decided(lines, lambda line: not (_is_volume(line) and line["rows"][0][1] in lost)) == []
