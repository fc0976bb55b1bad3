"""Weighing: evidence, runs, credit, and both sides of the line at which a stream is paused."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import pytest

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import SENT
from sesguard.detection.evidence import BOUNCES, COMPLAINTS, evidence
from sesguard.detection.history import History
from sesguard.detection.maturity import mature_share
from sesguard.detection.rows import HOUR
from sesguard.detection.weigh import RunRule, Verdict, weigh
from sesguard.policy import Maturity, Policy

NOW = 40 * DAY + 5 * HOUR + 17


def a_stream(mails: int = 0, bounces: int = 0, complaints: int = 0, minute: int = NOW) -> History:
    history = History()
    return more(history, mails, bounces, complaints, minute)


def more(history: History, mails: int = 0, bounces: int = 0, complaints: int = 0, minute: int = NOW) -> History:
    history.add(minute, SENT, mails)
    for number in range(bounces):  # each at a domain of its own: no clump
        history.add_bounces(minute, 1, f"company-{number}.example")
    if complaints:
        history.add_complaints(minute, complaints, "")
    return history


def weighed(history: History, *, probation: bool = False, now: int = NOW, **policy: Any) -> Verdict:
    return weigh(history, Policy(**policy).limits(probation=probation), now)


@pytest.mark.parametrize(("n", "k"), [(100, 0), (100, 4), (100, 5)])
def test_a_rate_at_the_limit_or_under_it_is_no_evidence(n: int, k: int) -> None:
    assert evidence(n, k, 0.05) == 0


def test_evidence_is_n_times_the_divergence_from_the_limit() -> None:
    assert evidence(100, 6, 0.05) == pytest.approx(6 * log(0.06 / 0.05) + 94 * log(0.94 / 0.95))
    assert evidence(7, 7, 0.05) == pytest.approx(7 * log(20))


def test_a_stream_without_mail_has_no_risk() -> None:
    verdict = weighed(History())
    assert (verdict.risk, verdict.worst, verdict.volume) == (0, None, 0)


def test_one_bounce_of_thirteen_mails_is_nothing() -> None:
    assert weighed(a_stream(13, bounces=1)).risk == 0


@pytest.mark.parametrize(("bounces", "paused"), [(19, False), (20, True)])
def test_of_a_hundred_first_mails_20_bounces_pause_and_one_less_does_not(bounces: int, paused: bool) -> None:
    assert (weighed(a_stream(100, bounces=bounces)).risk >= 1) is paused


@pytest.mark.parametrize(("mails", "bound"), [(499, log(1e3)), (500, log(1e6))])
def test_a_stream_without_a_history_is_held_to_one_in_a_thousand(mails: int, bound: float) -> None:
    verdict = weighed(a_stream(mails, bounces=90))
    assert verdict.bounces is not None
    assert verdict.risk == pytest.approx(verdict.bounces.evidence / bound)


@pytest.mark.parametrize(("hours", "complaints"), [(0, 13), (3, 19), (70, 22)])
def test_complaints_about_new_mail_weigh_more_since_few_can_have_come(hours: int, complaints: int) -> None:
    minute = NOW - hours * HOUR
    assert weighed(a_stream(5_000, complaints=complaints, minute=minute)).risk >= 1
    assert weighed(a_stream(5_000, complaints=complaints - 1, minute=minute)).risk < 1


def test_mail_matures_towards_complaints_in_hours() -> None:
    run = weighed(a_stream(5_000, complaints=30, minute=NOW - 119)).worst
    assert run is not None
    assert run.mature == pytest.approx(5_000 * mature_share(119, Maturity(90, 1.3, 0.25)))
    assert run.volume == 5_000


def test_risk_is_the_worse_of_bounces_and_complaints_over_the_bound() -> None:
    verdict = weighed(a_stream(2_000, bounces=150, complaints=9))
    assert verdict.bounces is not None
    assert verdict.complaints is not None
    heavier = max(verdict.bounces.evidence, verdict.complaints.evidence)
    assert verdict.risk == pytest.approx(heavier / log(1e6))
    assert verdict.worst is (verdict.bounces if verdict.bounces.evidence == heavier else verdict.complaints)
    assert (verdict.bounces.kind, verdict.complaints.kind) == (BOUNCES, COMPLAINTS)


def test_the_chance_is_what_the_owner_is_told() -> None:
    run = weighed(a_stream(200, bounces=60)).worst
    assert run is not None
    assert run.chance == exp(-run.evidence)
    assert run.rate == pytest.approx(0.3)


def test_every_run_starts_with_credit_that_grows_with_the_root_of_the_months_volume() -> None:
    run = weighed(a_stream(900, bounces=100)).worst
    assert run is not None
    assert run.credit == 50 + 2 * sqrt(900)
    assert run.evidence == pytest.approx(evidence(900 + 110, 100, 0.05))


@pytest.mark.parametrize(("bounces", "share"), [(108, 1), (144, 0.5), (180, 0), (400, 0)])
def test_credit_fades_as_the_rate_of_a_run_rises(bounces: int, share: float) -> None:
    """An honest segment of a list may be bad, but not one in five."""
    run = weighed(a_stream(900, bounces=bounces)).worst
    assert run is not None
    assert run.credit == pytest.approx(50 + 60 * share)


def test_credit_is_capped() -> None:
    run = weighed(a_stream(9_000_000, bounces=0, complaints=30_000)).worst
    assert run is not None
    assert run.credit == 2_000


def test_on_probation_credit_is_small_and_does_not_grow() -> None:
    run = weighed(a_stream(400, bounces=60), probation=True).worst
    assert run is not None
    assert run.credit == 20


def test_on_probation_one_in_a_thousand_is_enough() -> None:
    suspect = a_stream(80, bounces=15)
    assert weighed(suspect).risk < 1 <= weighed(suspect, probation=True).risk


def test_a_burst_is_found_beside_weeks_of_good_mail() -> None:
    history = a_stream(300, bounces=120)
    for day in range(1, 30):
        more(history, 3_000, bounces=30, minute=NOW - day * DAY)
    run = weighed(history).worst
    assert run is not None
    assert (run.start, run.volume, run.bad) == (NOW, 300, 120)


def test_a_slow_drift_is_found_over_weeks() -> None:
    history = History()
    for day in range(25):
        more(history, 200, bounces=16, minute=NOW - day * DAY)
    verdict = weighed(history)
    assert verdict.risk >= 1
    assert verdict.worst is not None
    assert verdict.worst.end - verdict.worst.start > 20 * DAY


def test_late_outcomes_join_the_mail_that_they_belong_to() -> None:
    in_time = more(a_stream(500, minute=NOW - 300), bounces=90, minute=NOW - 300)
    late = a_stream(500, minute=NOW - 300)
    more(late, 400, minute=NOW)
    more(in_time, 400, minute=NOW)
    more(late, bounces=90, minute=NOW - 300)
    assert weighed(late) == weighed(in_time)


def test_a_dead_customer_domain_is_no_bad_list_and_a_bad_list_is_no_dead_domain() -> None:
    clump = a_stream(600)
    clump.add_bounces(NOW, 150, "dead.example")
    assert weighed(clump).risk == 0
    assert weighed(a_stream(600, bounces=150)).risk > 1


def test_bounces_at_a_large_mailbox_provider_count_in_full() -> None:
    history = a_stream(600)
    history.add_bounces(NOW, 150, "gmail.com")
    assert weighed(history).risk > 1


def test_outcomes_whose_volume_is_not_known_are_no_rate() -> None:
    verdict = weighed(a_stream(0, bounces=80))
    assert verdict.risk == 0
    assert verdict.unknown is not None
    assert verdict.unknown.bounces == 80


def test_counting_restarts_at_a_resume() -> None:
    history = a_stream(300, bounces=120, minute=NOW - 10)
    assert weighed(history).risk > 1
    history.restart(NOW - 5)
    more(history, bounces=50, minute=NOW - 10)  # late, of mail sent before the resume
    assert weighed(history, probation=True).risk == 0


def test_a_policys_limit_moves_the_line() -> None:
    history = a_stream(3_000, bounces=300)
    assert weighed(history).risk > 1
    assert weighed(history, bounce_limit=0.1, acknowledge_bounce_rate=0.2).risk == 0


def days_of(*bounces: int, mails: int = 1_000) -> History:
    """So many bounces on each day, the last of them today."""
    history = History()
    for back, count in enumerate(reversed(bounces)):
        more(history, mails, bounces=count, minute=NOW - back * DAY)
    return history


def test_days_that_stay_over_the_limit_are_found_though_no_run_of_them_is_extreme() -> None:
    verdict = weighed(days_of(*[10] * 20, *[75] * 5))
    assert verdict.worst is not None
    assert verdict.worst.rule is RunRule.DAYS
    assert verdict.risk >= 1


def test_a_run_that_is_over_the_limit_by_its_worst_day_alone_is_no_run_of_days() -> None:
    verdict = weighed(days_of(*[10] * 20, 40, 150, 40))
    assert verdict.worst is not None
    assert verdict.worst.rule is RunRule.RECENT


def test_on_probation_no_runs_of_days_are_weighed() -> None:
    verdict = weighed(days_of(*[60] * 5), probation=True)
    assert verdict.worst is None or verdict.worst.rule is RunRule.RECENT


def test_a_stream_that_leaves_its_own_normal_is_said_so_and_has_no_risk_by_it() -> None:
    verdict = weighed(days_of(*[5] * 20, *[35] * 6))
    assert verdict.drift is not None
    assert verdict.drift.rate == pytest.approx(0.035)
    assert verdict.drift.normal == pytest.approx(0.005)
    assert verdict.risk < 0.5


@pytest.mark.parametrize(
    "bounces", [[5] * 26, [5] * 24 + [45, 5], [35] * 26, [20] * 20 + [35] * 6, [5] * 20 + [20] * 6]
)
def test_who_was_always_so_or_had_one_bad_day_has_left_no_normal(bounces: list[int]) -> None:
    assert weighed(days_of(*bounces)).drift is None


def test_a_stream_without_a_normal_cannot_leave_it() -> None:
    assert weighed(days_of(*[35] * 6)).drift is None
