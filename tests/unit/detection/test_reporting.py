"""Which providers send complaints back, and what a sample says of a stream's mail."""

from __future__ import annotations

import pytest

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import SENT
from sesguard.detection.headroom import headroom
from sesguard.detection.history import History
from sesguard.detection.reporting import LEAST_SHARE, reporting_share, reporting_shares, reports
from sesguard.detection.sample import names_of
from sesguard.detection.weigh import Verdict, weigh
from sesguard.policy import Policy

NOW = 60 * DAY - 1
TODAY = NOW // DAY


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


def test_a_day_of_few_sampled_mails_is_taken_to_be_like_the_others() -> None:
    whole, by_day = reporting_shares({1: (10_000, 1_000), 2: (0, 0), 3: (500, 480), 4: (500, 0)})
    assert whole == pytest.approx(0.135, abs=0.003)
    assert by_day[2] == pytest.approx(whole)
    assert by_day[3] > 0.9
    assert by_day[4] == LEAST_SHARE
    assert reporting_shares({}) == (1.0, {})


def one_provider_a_day(complaints: float, *, days_before: int = 28, reporting_days: int = 1) -> Verdict:
    """A sender who writes to Gmail's users, and on its last days to Yahoo's, of whom a share complains."""
    history = History.under(Policy())
    for day in range(TODAY - days_before - reporting_days, TODAY):
        reported = day >= TODAY - reporting_days
        history.add_sample(day, 2_500, 2_500 if reported else 0)
        for hour in range(24):
            minute = day * DAY + hour * 60
            history.add(minute, SENT, 40_000 // 24)
            if reported:
                history.add_complaints(
                    minute, round((hour + 1) * complaints * 1_667) - round(hour * complaints * 1_667), ""
                )
    room = headroom(history, Policy().limits(probation=False), NOW)
    verdict = weigh(history, Policy().limits(probation=False), NOW)
    assert verdict.risk == 0 or min(room.bounces, room.complaints) < 0, "headroom is of the same numbers"
    return verdict


def test_who_writes_to_one_providers_users_a_day_is_weighed_by_the_mail_of_that_day() -> None:
    """By the month, of which a thirtieth is reported on, these would be 0.7 % of what can be complained about."""
    assert one_provider_a_day(0.0007).risk < 0.5
    assert one_provider_a_day(0.0008, reporting_days=3).risk < 0.5
    run = one_provider_a_day(0.003).complaints
    assert run is not None
    assert run.risk >= 1
    assert run.rate_of_reporting == pytest.approx(0.003, rel=0.1)


def test_what_is_said_of_the_run_is_the_share_of_its_own_mail() -> None:
    run = one_provider_a_day(0.003).complaints
    assert run is not None
    assert run.share == pytest.approx(1.0, abs=0.02)


def test_a_sampled_mail_is_counted_by_slot_of_ten_minutes_and_provider() -> None:
    assert names_of("gmail.com", 60 * 5 + 19) == ("g", "p1google")
    assert names_of("yahoo.com", 59) == ("g", "h", "p5yahoo")
    assert names_of("acme.example", 0) == ("g", "p0other", "m#acme.example")
