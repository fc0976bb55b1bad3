"""The clump rule: each receiving domain counts only so often a day, and what is forgiven has an end."""

from __future__ import annotations

import pytest

from sesguard.detection.breakdown import DAY
from sesguard.detection.clumps import clumped, forgiven, sent_in_month
from sesguard.detection.columns import SENT
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR
from sesguard.detection.weigh import RunRule, Verdict, weigh
from sesguard.policy import ClumpRule, Policy

NOW = 60 * DAY + 23 * HOUR + 50


def clump(bounces: int, domain: str = "dead.example", minute: int = 100) -> dict[str, dict[int, int]]:
    return {domain: {minute: bounces}}


def left_out(domains: dict[str, dict[int, int]], *, known: bool = False, month: int = 0) -> dict[int, int]:
    return forgiven(clumped(domains, 10, lambda _: known), ClumpRule(10, 200, 0.02), month)


@pytest.mark.parametrize(("bounces", "forgiven"), [(1, 0), (10, 0), (11, 1), (60, 50)])
def test_ten_bounces_a_day_of_one_domain_count_and_the_rest_does_not(bounces: int, forgiven: int) -> None:
    assert sum(left_out(clump(bounces)).values()) == forgiven


def test_the_mailbox_simulator_is_forgiven_nothing() -> None:
    assert left_out(clump(60, "simulator.amazonses.com"), known=True, month=100_000) == {}


@pytest.mark.parametrize(("bounces", "forgiven"), [(209, 199), (210, 200), (211, 200), (5_000, 200)])
def test_at_most_200_are_forgiven_a_day(bounces: int, forgiven: int) -> None:
    assert sum(left_out(clump(bounces), month=1_000_000).values()) == forgiven


@pytest.mark.parametrize(("month", "forgiven"), [(0, 200), (10_000, 200), (50_000, 1_000), (1_000_000, 4_990)])
def test_a_domain_that_took_mail_before_is_forgiven_up_to_a_share_of_the_months_volume(
    month: int, forgiven: int
) -> None:
    assert sum(left_out(clump(5_000), known=True, month=month).values()) == forgiven


def test_the_daily_cap_is_one_for_all_domains() -> None:
    domains = {**clump(160, "dead.example"), **clump(160, "gone.example", minute=200)}
    assert sum(left_out(domains).values()) == 200


@pytest.mark.parametrize(
    "domain",
    ["gmail.com", "outlook.com", "yahoo.com", "", "invalid", "freemail.hu", "hotmail.be", "yahoo.com.au", "gmx.ch"],
)
def test_mailbox_providers_and_unknown_domains_are_forgiven_nothing(domain: str) -> None:
    assert left_out(clump(100, domain)) == {}


def test_the_earliest_sent_bounces_count() -> None:
    minutes = {"dead.example": {30: 8, 10: 7, 20: 5}}
    assert left_out(minutes) == {20: 2, 30: 8}


def test_many_domains_with_few_bounces_each_are_a_bad_list() -> None:
    domains = {f"company-{number}.example": {number: 10} for number in range(50)}
    assert left_out(domains) == {}


def a_sender(days: int, mails: int, bounces: int, *, domains: int, taken: bool = False, bad_days: int = 99) -> Verdict:
    """So many mails a day, of which so many bounced on each of the last ``bad_days`` at so many domains in turn."""
    history = History.under(Policy())
    for day in range(days):
        of_day = bounces if day < bad_days else mails // 200
        if taken:
            history.add_taken(NOW // DAY - day, "d0.example", mails // 4)
        for hour in range(24):
            minute = NOW - day * DAY - 5 - hour * 59
            history.add(minute, SENT, mails // 24)
            for number in range(of_day // 24 + (hour < of_day % 24)):
                history.add_bounces(minute, 1, f"d{(hour + 24 * number) % domains}.example")
    return weigh(history, Policy().limits(probation=False), NOW)


@pytest.mark.parametrize("mails", [216, 240, 1_008, 2_016, 4_800, 24_000])
@pytest.mark.parametrize("domains", [1, 5, 20, 1_000_000])
def test_no_lasting_bounce_rate_over_12_percent_hides_in_clumps(mails: int, domains: int) -> None:
    assert a_sender(31, mails, round(mails * 0.12) + 1, domains=domains).risk >= 1


@pytest.mark.parametrize("mails", [240, 2_400])
def test_a_stream_most_of_whose_mail_goes_to_a_dead_domain_is_found_within_days(mails: int) -> None:
    verdict = a_sender(20, mails, round(mails * 0.8), domains=1, bad_days=4)
    assert verdict.risk >= 1
    assert verdict.bounces is not None
    assert verdict.bounces.rule in {RunRule.LASTING, RunRule.DAYS, RunRule.RECENT}


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
@pytest.mark.parametrize("mails", [240, 2_400, 24_000])
def test_a_dead_customer_domain_of_a_tenth_to_two_fifths_of_the_mail_pauses_nobody(mails: int, share: float) -> None:
    for bad_days in (1, 2, 3):
        assert a_sender(25, mails, round(mails * share), domains=1, taken=True, bad_days=bad_days).risk < 1


@pytest.mark.parametrize(
    ("days", "share", "paused"), [(5, 0.25, True), (8, 0.4, False), (15, 0.4, False), (8, 0.8, True)]
)
def test_how_much_of_a_days_mail_may_die_at_once_in_a_young_stream(days: int, share: float, paused: bool) -> None:
    """After a week as much as later: 2 % of a month of such days. A newcomer's month is what it sent so far."""
    assert (a_sender(days, 4_800, round(share * 4_800), domains=1, bad_days=1).risk >= 1) is paused


def month(*volumes: int, young_days: int = 7) -> float:
    """What a stream sends in a month that sent so much on its days, the last of them today."""
    first = NOW // DAY - len(volumes) + 1
    by_day = {first + number: volume for number, volume in enumerate(volumes) if volume}
    return sent_in_month(by_day, NOW // DAY, ClumpRule(young_days=young_days))


def test_a_stream_of_a_week_has_its_month_by_the_mean_of_its_days_before_today() -> None:
    assert month(*[100] * 7) == 700
    assert month(*[100] * 7, 40) == 3_100
    assert month(*[100] * 10, 5_000) == 6_000
    assert month(*[100] * 31) == 3_100
    assert month(*[300] * 20, *[100] * 31) == 3_100


def test_weekends_count_and_one_large_campaign_earns_a_young_stream_nothing() -> None:
    assert month(100, 100, 100, 100, 100, 30, 30, 0) == 31 * 80
    assert month(90_000, *[10] * 8) == 90_080
    assert month(90_000, 0, 0, 0, 0, 0, 0, 90_000) == 180_000


def test_a_policy_may_have_a_young_stream_wait_longer_for_its_month() -> None:
    assert month(*[100] * 11, young_days=10) == 3_100
    assert month(*[100] * 10, young_days=10) == 1_000


def test_no_bad_list_hides_in_the_shadow_of_a_domain_that_dies() -> None:
    """What is forgiven leaves the mail as well: two fifths that are dead would make 10 % of the others 6 %."""

    def risk(others: int) -> float:
        history = History.under(Policy())
        for day in range(20):
            history.add(NOW - day * DAY, SENT, 5_000)
        history.add_bounces(NOW, 2_000, "customer.example")
        for number in range(others):
            history.add_bounces(NOW, 1, f"company-{number}.example")
        return weigh(history, Policy().limits(probation=False), NOW).risk

    assert risk(60) == 0
    assert risk(300) >= 1


def test_a_domain_that_never_took_mail_is_forgiven_no_share_of_the_volume() -> None:
    """A stolen key that harvests one domain."""
    history = History.under(Policy())
    for day in range(1, 30):
        history.add(NOW - day * DAY, SENT, 10_000)
        history.add_taken(NOW // DAY - day, "customer.example", 300)
    history.add(NOW, SENT, 2_000)
    history.add_bounces(NOW, 1_000, "harvested.example")
    assert history.forgiven_from(0) == 200


def test_a_domain_that_refused_most_of_what_it_was_sent_took_nothing() -> None:
    history = History.under(Policy())
    for day in range(1, 30):
        history.add(NOW - day * DAY, SENT, 10_000)
        history.add_taken(NOW // DAY - day, "half.example", 100)
        history.add_bounces(NOW - day * DAY, 60, "half.example")
    history.add_taken(NOW // DAY - 3, "other.example", 1_000)
    history.add(NOW, SENT, 2_000)
    history.add_bounces(NOW, 1_000, "half.example")
    assert history.forgiven_from(NOW // DAY * DAY) == 200
