"""Bad spans in hindsight, what leaked in them, and what the rivals let through and refuse."""

from __future__ import annotations

import pytest

from sesguard.backtest.ledger import Ledger
from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import BOUNCED, COMPLAINED, DELIVERED, SENT
from sesguard.policy import Policy

START = 20_000 * DAY


def a_ledger(*cohorts: tuple[int, int, int], detectors: int = 1, domain: str = "gmail.com") -> Ledger:
    """Cohorts as (minute from the start, mails, bounces)."""
    ledger = Ledger(Policy(), detectors)
    for minute, mails, bounces in cohorts:
        ledger.add(START + minute, SENT, mails, "")
        if bounces:
            ledger.add(START + minute, BOUNCED, bounces, domain)
    return ledger


GOOD = [(minute, 100, 1) for minute in range(60)]
BAD = [(minute, 100, 30) for minute in range(60, 70)]
GOOD_AGAIN = [(minute, 100, 1) for minute in range(70, 200)]


def test_a_stretch_of_bad_mail_is_found_and_nothing_beside_it() -> None:
    ledger = a_ledger(*GOOD, *BAD, *GOOD_AGAIN)
    ledger.close()
    assert (ledger.mails, ledger.bounces, ledger.bad_mails) == (20_000, 60 + 300 + 130, 1_000)
    assert ledger.totals[0].leaked == 1_000


def test_good_mail_has_no_bad_span() -> None:
    ledger = a_ledger(*GOOD, *GOOD_AGAIN)
    ledger.close()
    assert (ledger.bad_mails, ledger.totals[0].leaked) == (0, 0)


def test_what_was_refused_of_a_bad_span_has_not_leaked_and_what_was_refused_beside_it_was_clean() -> None:
    ledger = a_ledger(*GOOD, *BAD, *GOOD_AGAIN)
    for minute in range(65, 75):
        ledger.refuse(0, START + minute, SENT, 100)
        ledger.refuse(0, START + minute, BOUNCED, 30 if minute < 70 else 1)
    ledger.close()
    totals = ledger.totals[0]
    assert (totals.leaked, totals.refused, totals.refused_clean) == (500, 1_000, 500)
    assert totals.spared_bounces == 5 * 30 + 5


def test_each_detector_has_an_account_of_its_own() -> None:
    ledger = a_ledger(*BAD, detectors=2)
    ledger.refuse(1, START + 69, SENT, 100)
    ledger.refuse(1, START + 69, BOUNCED, 30)
    ledger.close()
    assert [totals.leaked for totals in ledger.totals] == [1_000, 900]


def test_bounces_that_the_clump_rule_forgives_make_no_bad_span() -> None:
    ledger = a_ledger((0, 2_000, 0), (1, 100, 60), (2, 2_000, 0), domain="dead.example")
    ledger.close()
    assert ledger.bad_mails == 0


def test_complaints_make_bad_spans_of_their_own() -> None:
    ledger = a_ledger(*[(minute, 1_000, 5) for minute in range(30)])
    for minute in range(10, 20):
        ledger.add(START + minute, COMPLAINED, 6, "")
    ledger.close()
    assert ledger.bad_mails == 10_000
    assert ledger.complaints == 60


def test_mail_that_only_its_deliveries_and_bounces_show_is_volume_too() -> None:
    ledger = Ledger(Policy())
    ledger.add(START, DELIVERED, 80, "")
    ledger.add(START, BOUNCED, 20, "gmail.com")
    ledger.refuse(0, START, DELIVERED, 80)
    ledger.refuse(0, START, BOUNCED, 20)
    ledger.close()
    assert (ledger.mails, ledger.totals[0].refused) == (100, 100)


@pytest.mark.parametrize("days", [1, 3, 30])
def test_settling_day_by_day_comes_to_the_same_as_all_at_once(days: int) -> None:
    cohorts = [
        (day * DAY + minute, 100, 30 if day == 2 and minute < 20 else 1) for day in range(6) for minute in range(90)
    ]
    at_once, daily = a_ledger(*cohorts), a_ledger()
    for minute, mails, bounces in cohorts:
        daily.add(START + minute, SENT, mails, "")
        daily.add(START + minute, BOUNCED, bounces, "gmail.com")
        daily.judge_before(START + minute - days * DAY)
    for ledger in (at_once, daily):
        ledger.close()
    assert (daily.mails, daily.bad_mails, daily.totals[0].leaked) == (at_once.mails, 2_000, at_once.totals[0].leaked)


def test_an_outcome_that_comes_after_its_day_was_judged_is_still_counted() -> None:
    ledger = a_ledger(*GOOD)
    ledger.judge_before(START + DAY)
    ledger.add(START + 5, BOUNCED, 1, "gmail.com")
    ledger.close()
    assert ledger.bounces == 61
