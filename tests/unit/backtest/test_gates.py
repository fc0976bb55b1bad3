"""Streams of the kinds that the detector was changed for, beside the rules of before on the same traffic.

A few streams of each: ``python -m bench.gates SEED STREAMS`` holds the gates themselves to as many as are asked for.
"""

from __future__ import annotations

from random import Random

import pytest

from bench.gates import FAMILIES, play
from bench.mail_streams import DAY


@pytest.mark.parametrize("family", ["tiny", "cold start", "sign-ups", "clean-list spam"])
def test_what_is_bad_is_paused_and_leaks_less_than_before(family: str) -> None:
    found = play(family, seed=3, streams=4)
    assert found.paused == 1
    assert found.leaks < 0.85


@pytest.mark.parametrize("family", ["dying domain", "stalest first"])
def test_what_is_good_is_not_paused(family: str) -> None:
    assert play(family, seed=5, streams=3).paused == 0


@pytest.mark.parametrize("number", range(20))
def test_a_domain_dies_on_a_stream_of_15_to_20_days_and_takes_a_tenth_to_two_fifths_of_the_mail(number: int) -> None:
    bounces = FAMILIES["dying domain"](Random(number)).bounces  # noqa: S311 - a simulation
    before = bounces(15 * DAY - 1)
    assert before <= 0.015
    assert 0.1 <= max(bounces(second) for second in range(15 * DAY, 20 * DAY + 60, 60)) - before <= 0.4
