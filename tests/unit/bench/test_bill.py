"""A day of the bench: wired as the function is, and every call that ingest and the fold make is known to it."""

from __future__ import annotations

import pytest

from bench.day import Traffic, live
from bench.priced import bill, by_model


@pytest.mark.parametrize("streams", [1, 200])
def test_a_day_is_lived_through_and_its_bill_is_near_the_models(streams):
    day = live(Traffic(1_000_000, streams, 0.05, delivery=False, bursts=False), 2.0, 5)
    assert day.mails > 1_500
    assert day.store.calls["PutItem"] > 0.9 * day.batches, "a batch of bounces alone logs nothing"
    counted = sum(bill(day).values()) - bill(day)["the guard itself"]
    assert by_model(day, 2.0, 5) == pytest.approx(counted, rel=0.15)
