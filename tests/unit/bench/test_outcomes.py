"""What bounces and complaints write: over a whole hour, however short the day that is lived through."""

from __future__ import annotations

import pytest

from bench.mail_day import Traffic
from bench.outcomes import hour_of_outcomes


def written(streams, hours=0.1):
    traffic = Traffic(1_000_000, streams, hours, delivery=False, bursts=False)
    return hour_of_outcomes(traffic, 3.0, 5)


def test_an_outcome_that_is_an_hours_first_is_a_marker_and_a_count_which_cost_twice_in_a_transaction():
    assert written(10_000).writes == pytest.approx(4, abs=0.05)


def test_of_more_the_names_are_written_apart_as_an_hour_shows_and_minutes_do_not():
    # 8.4 an hour: all but the first two write a third item.
    assert written(100).writes == pytest.approx(4 + 2 * (8.4 - 2) / 8.4, abs=0.1)


def test_how_much_of_the_day_is_lived_through_changes_nothing():
    assert written(1_000, hours=0.1) == written(1_000, hours=2.0)
