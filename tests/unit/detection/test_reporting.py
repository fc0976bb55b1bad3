"""Which providers send complaints back, and what a sample says of a stream's mail."""

from __future__ import annotations

import pytest

from sesguard.detection.reporting import LEAST_SHARE, reporting_share, reports
from sesguard.detection.sample import names_of


@pytest.mark.parametrize("domain", ["yahoo.com", "yahoo.co.jp", "aol.com", "hotmail.com", "outlook.com", "comcast.net"])
def test_complaints_about_mail_to_these_are_sent_back(domain: str) -> None:
    assert reports(domain)


@pytest.mark.parametrize("domain", ["gmail.com", "googlemail.com", "icloud.com", "acme.example", "", "invalid"])
def test_and_to_these_are_not(domain: str) -> None:
    assert not reports(domain)


def test_without_a_sample_all_mail_is_taken_to_be_reported_on_and_a_small_one_says_little() -> None:
    assert reporting_share(0, 0) == 1
    assert reporting_share(10, 0) > 0.5
    assert reporting_share(10_000, 2_000) == pytest.approx(0.2, abs=0.01)
    assert reporting_share(10_000, 0) == LEAST_SHARE


def test_a_sampled_mail_is_counted_by_slot_of_ten_minutes_and_provider() -> None:
    assert names_of("gmail.com", 60 * 5 + 19) == ("g", "p1google")
    assert names_of("yahoo.com", 59) == ("g", "h", "p5yahoo")
    assert names_of("acme.example", 0) == ("g", "p0other", "m#acme.example")
