"""Streams of the kinds that the detector was changed for, beside the rules of before on the same traffic.

A few streams of each: ``python -m bench.gates SEED STREAMS`` holds the gates themselves to as many as are asked for.
"""

from __future__ import annotations

import pytest

from bench.gates import play


@pytest.mark.parametrize("family", ["tiny", "cold start", "sign-ups", "clean-list spam"])
def test_what_is_bad_is_paused_and_leaks_less_than_before(family: str) -> None:
    found = play(family, seed=3, streams=4)
    assert found.paused == 1
    assert found.leaks < 0.85


@pytest.mark.parametrize("family", ["dying domain", "stalest first"])
def test_what_is_good_is_not_paused(family: str) -> None:
    assert play(family, seed=5, streams=3).paused == 0
