"""A day of the bench: wired as the function is, and every call that ingest and the fold make is known to it."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.day import live
from bench.mail_day import Traffic, events
from bench.priced import bill, by_model


def traffic(streams, hours=0.05):
    return Traffic(1_000_000, streams, hours, delivery=False, bursts=False)


def test_however_many_streams_send_the_same_number_of_mails_bounces_and_complaints_come_at_the_same_times():
    days = [list(events(traffic(streams, 0.3))) for streams in (1, 1_000, 10_000)]
    times = [[at for at, _ in day] for day in days]
    assert times[0] == times[1] == times[2]
    kinds = [Counter(event.kind.__name__ for _, event in day) for day in days]
    assert kinds[0] == kinds[1] == kinds[2]
    assert sorted(kinds[0].values()) == [2, 250, 12_500]


@pytest.mark.parametrize("streams", [1, 1_000, 10_000])
def test_a_day_is_lived_through_and_the_model_says_what_was_counted_within_a_hundredth(streams):
    day = live(traffic(streams), 3.0, 5)
    assert day.mails > 1_500
    assert day.store.calls["PutItem"] > 0.9 * day.batches, "a batch of bounces alone logs nothing"
    counted = sum(bill(day).values()) - bill(day)["the guard itself"]
    assert by_model(day, 3.0, 5) == pytest.approx(counted, rel=0.01)
