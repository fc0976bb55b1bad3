"""How much of the sending quota a day ahead takes, at the pace of the last hours."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.fleet.hours import HOURS, HourCounts, hour_at
from sesguard.fleet.quota_forecast import quota_forecast
from tests.fakes.clock import NOW


def a_day(*volumes: int) -> HourCounts:
    """Volumes of the last hours, the one that goes on last; before them nothing was sent."""
    return HourCounts(hour_at(NOW), (*(0,) * (HOURS - len(volumes)), *volumes), 0, 0, 0, NOW)


def test_a_steady_sender_stays_where_it_is():
    found = quota_forecast([a_day(*[100] * (HOURS - 1), 0)], 2_400, 5_000, NOW)
    assert found is not None
    assert found.pace == pytest.approx(100)
    assert found.at_end == pytest.approx(2_400)
    assert found.full is None


def test_who_began_three_hours_ago_fills_the_quota_at_that_pace():
    found = quota_forecast([a_day(1_000, 1_000, 1_000, 0)], 3_000, 10_000, NOW)
    assert found is not None
    assert found.pace == pytest.approx(1_000)
    assert found.full == NOW + timedelta(hours=7)
    assert found.at_end == pytest.approx(24_000)


def test_what_was_sent_a_day_ago_makes_room_again():
    campaign = (0, 0, 0, 9_000, *(0,) * (HOURS - 4))
    found = quota_forecast([a_day(*campaign)], 9_000, 10_000, NOW)
    assert found is not None
    assert (found.pace, found.most, found.most_at, found.at_end) == (0, 9_000, NOW, 0)


def test_ses_has_the_last_word_on_how_many_it_was():
    found = quota_forecast([a_day(500, 500, 500, 0)], 3_000, 100_000, NOW)
    assert found is not None
    assert found.pace == pytest.approx(1_000)


def test_a_quota_that_is_full_is_so_now():
    found = quota_forecast([a_day(500, 500, 500, 0)], 5_000, 5_000, NOW)
    assert found is not None
    assert found.full == NOW


@pytest.mark.parametrize(("counts", "sent", "quota"), [([], 10, 10), ([a_day()], 10, 10), ([a_day(1)], 0, 10),
                                                       ([a_day(1)], 10, 0), ([a_day(1)], 10, -1)])  # fmt: skip
def test_without_counts_or_a_quota_nothing_is_foretold(counts, sent, quota):
    assert quota_forecast(counts, sent, quota, NOW) is None


@given(
    st.lists(st.lists(st.integers(0, 10**6), min_size=HOURS, max_size=HOURS), min_size=1, max_size=5),
    st.floats(1, 1e9),
    st.floats(1, 1e9),
)
def test_it_is_never_less_than_nothing_and_the_most_is_the_most(volumes, sent, quota):
    counts = [HourCounts(hour_at(NOW), tuple(each), 0, 0, 0, NOW) for each in volumes]
    found = quota_forecast(counts, sent, quota, NOW)
    if found is not None:
        assert 0 <= found.at_end <= found.most
        assert found.most >= sent
        assert NOW <= found.most_at <= NOW + timedelta(hours=24)
        assert (found.full is not None) == (found.most >= quota)
