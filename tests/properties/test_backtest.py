"""Whole replays of simulated senders, with other seeds than the study's."""

from __future__ import annotations

from functools import cache

import pytest

from bench.mail_streams import BAD, GOOD, lines_of
from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.replay import Replay
from sesguard.pausing.decision import Action
from sesguard.policy import Policy

SEEDS = range(4)
# With 60 s between looks and 60 s until mail is refused. Both bounds are twice what these seeds have shown.
LEAKS_AT_MOST = {"bad list": 600, "taken over": 3_200, "angry recipients": 45_000, "relapse": 1_000}


@cache
def replayed(name: str, seed: int) -> tuple[list[Decided], Replay]:
    replay = Replay(ReplayTerms(Policy()), compare=True)
    lines = lines_of(name, {**GOOD, **BAD}[name], seed)
    return list(replay.run(moment for line in lines if (moment := moment_of(line)) is not None)), replay


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", GOOD)
def test_a_good_sender_is_never_paused_nor_warned(name: str, seed: int) -> None:
    assert [(it.action, it.explanation.sentence) for it in replayed(name, seed)[0]] == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_sender_is_paused_after_it_turned_bad_and_before_much_leaks(name: str, seed: int) -> None:
    decided, replay = replayed(name, seed)
    pauses = [it for it in decided if it.action is Action.PAUSE]
    assert pauses
    assert pauses[0].at > (BAD[name].bad_from or 0)
    (stream,) = replay.streams.values()
    assert stream.ledger.totals[0].leaked <= LEAKS_AT_MOST[name]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sender_that_relapses_is_paused_twice_and_recovers_twice(seed: int) -> None:
    actions = [it.action for it in replayed("relapse", seed)[0] if it.action is not Action.WARN]
    assert actions == [Action.PAUSE, Action.RESUME, Action.RECOVER] * 2


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_every_mail_of_the_record_went_out_or_was_refused(name: str, seed: int) -> None:
    _, replay = replayed(name, seed)
    (stream,) = replay.streams.values()
    sent = sum(
        row[2] for line in lines_of(name, {**GOOD, **BAD}[name], seed) for row in line["rows"] if row[0] == "send"
    )
    ledger = stream.ledger
    assert ledger.mails == sent
    for totals in ledger.totals:
        assert 0 <= totals.refused_clean <= totals.refused <= sent
        assert totals.leaked + (totals.refused - totals.refused_clean) == ledger.bad_mails


def test_the_published_recipe_pauses_good_senders_that_the_guard_leaves_alone() -> None:
    played = [rivals for seed in SEEDS for rivals in replayed("newsletter", seed)[1].rivals.values()]
    rivals = [recipe for recipe, _ in played]
    assert sum(rival.pauses for rival in rivals) > 0
