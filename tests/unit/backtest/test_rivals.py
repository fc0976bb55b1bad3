"""The recipe of AWS and the fixed threshold, as they are modelled."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.replay import Replay
from sesguard.backtest.rivals import RivalStream, Window
from sesguard.detection.columns import BOUNCED, SENT, volume_of
from sesguard.policy import Policy

AWS, FIXED = 0, 1
HOUR = 3_600


def a_line(sent: int, mails: int, bounces: int = 0, complaints: int = 0) -> dict[str, Any]:
    rows = [["send", sent, mails], ["bounce", sent, bounces], ["complaint", sent, complaints]]
    return {"stream": "acme", "seen_at": sent + 60, "rows": rows}


def rivals(*lines: dict[str, Any]) -> tuple[list[RivalStream], Replay]:
    replay = Replay(ReplayTerms(Policy()), compare=True)
    for _ in replay.run(moment for line in lines if (moment := moment_of(line)) is not None):
        pass
    return replay.rivals["acme"], replay


def test_the_recipe_pauses_on_one_bounce_of_thirteen_and_the_threshold_does_not() -> None:
    played, replay = rivals(a_line(0, 13, bounces=1))
    assert (played[AWS].pauses, played[FIXED].pauses, replay.streams["acme"].pauses) == (1, 0, 0)


@pytest.mark.parametrize(("mails", "bounces", "pauses"), [(99, 40, 0), (100, 4, 0), (100, 5, 1)])
def test_the_threshold_wants_a_hundred_mails_and_five_per_cent(mails: int, bounces: int, pauses: int) -> None:
    assert rivals(a_line(0, mails, bounces))[0][FIXED].pauses == pauses


@pytest.mark.parametrize(("mails", "complaints", "pauses"), [(999, 9, 0), (1_001, 1, 0), (1_000, 1, 1)])
def test_for_complaints_it_wants_a_thousand_mails(mails: int, complaints: int, pauses: int) -> None:
    assert rivals(a_line(0, mails, complaints=complaints))[0][FIXED].pauses == pauses


def test_the_recipes_window_of_10000_mails_hides_a_small_bad_list_that_the_last_hour_shows() -> None:
    played, _ = rivals(a_line(0, 10_000), a_line(2 * HOUR, 200, bounces=60))
    assert (played[AWS].pauses, played[FIXED].pauses) == (0, 1)


def test_an_operator_resumes_after_four_hours_and_what_goes_on_pauses_again() -> None:
    hours = [a_line(hour * HOUR, 200, bounces=60) for hour in range(13)]
    played, replay = rivals(*hours)
    assert played[FIXED].pauses == 3
    refused = replay.streams["acme"].ledger.totals[1 + FIXED].refused
    assert refused == 10 * 200


def test_a_window_of_mails_forgets_the_oldest_only_when_the_rest_is_enough() -> None:
    window = Window(mails=100)
    for at in range(5):
        window.add(at, [40, 0, 0, 0, 1, 0])
    window.trim(5)
    assert (volume_of(window.sums), window.sums[BOUNCED]) == (120, 3)


def test_a_window_of_time_forgets_what_is_an_hour_old() -> None:
    window = Window(seconds=3_600)
    window.add(0, [10, 0, 0, 0, 0, 0])
    window.add(1, [20, 0, 0, 0, 0, 0])
    window.trim(3_600)
    assert window.sums[SENT] == 20
