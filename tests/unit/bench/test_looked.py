"""What looks roll up, by whole days: at the rate at which they really do so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bench.looked import look_for_days
from bench.past import Past
from sesguard.stream import StreamId

END = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOME = StreamId("111122223333", "eu-west-1", "")
SHARE = 0.02


def looked(mails, streams, looks_a_day):
    names = [HOME._replace(configuration_set=f"acme-{number}") for number in range(streams)]
    return look_for_days(Past(mails / 24, SHARE, streams), names, looks_a_day, END)


@pytest.mark.parametrize("looks", [2.0, 20.0])
def test_a_day_of_a_small_stream_is_settled_once_however_often_it_is_looked_at_and_no_hour_rolled_up(looks):
    assert looked(100, 200, looks).rollups == pytest.approx(1, abs=0.05)


def test_each_hour_of_a_large_stream_is_rolled_up_once_beside_its_day_and_not_read_by_the_minute_again():
    days = looked(100_000, 1, 2_000.0)
    # Some are rolled up together, so a few hours more or less fall into those days.
    assert days.rollups == pytest.approx(25, abs=2)
    assert days.reads < 8
