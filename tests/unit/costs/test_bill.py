"""What a month's mail cost: numbers that can be checked by hand."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.counts.cohorts import KEPT_DAYS
from sesguard.costs.bill import BilledStream, BillTerms, bill
from sesguard.costs.charge import SesPlan, charge
from sesguard.costs.month import Month
from sesguard.costs.own import DEAD_LETTER_QUEUES, StandingCost, at_risk, of_guard, of_stream
from sesguard.costs.prices import list_prices
from sesguard.costs.risk_days import Episode, risk_days
from sesguard.costs.sqs_model import ReceivePace
from sesguard.costs.usage import MailCounts, Usage, usage
from sesguard.stream import StreamId

PRICES = list_prices()
HOME = StreamId("111122223333", "eu-west-1", "")
NEWS, SHOP = HOME._replace(configuration_set="acme-news"), HOME._replace(configuration_set="acme-shop")
OTHER, ABROAD = HOME._replace(configuration_set="other"), NEWS._replace(region="us-east-1")
NOVEMBER = Month(2026, 11)
DAY = 86_400


def terms(plan=SesPlan.A_LA_CARTE, *, days=30.0, month=1.0):
    return BillTerms(plan, PRICES, days, month, window=2.0, kept_days=KEPT_DAYS, deployed=month)


def billed(counts, known=(), guard=(), *, under=None, by_stream=False):
    def name(stream, record):
        return str(stream) if by_stream else record.tenant

    return bill(counts, dict(known), dict(guard), under or terms(), name)


def cents(dollars):
    return pytest.approx(dollars, abs=1e-9)


# SES's charge


@pytest.mark.parametrize(
    ("plan", "recipients", "dollars"),
    [
        (SesPlan.A_LA_CARTE, 0, 0),
        (SesPlan.A_LA_CARTE, 1_000, 0.10),
        (SesPlan.A_LA_CARTE, 200_000_000, 20_000),
        (SesPlan.ESSENTIALS, 1_000, 0.16),
        (SesPlan.ESSENTIALS, 10_000_000, 1_600),
        (SesPlan.ESSENTIALS, 10_001_000, 1_600.14),
        (SesPlan.ESSENTIALS, 100_000_000, 1_600 + 12_600),
        (SesPlan.ESSENTIALS, 100_001_000, 1_600 + 12_600 + 0.11),
        (SesPlan.PRO, 10_000_000, 2_200),
        (SesPlan.PRO, 10_001_000, 2_200.17),
        (SesPlan.PRO, 100_001_000, 2_200 + 15_300 + 0.12),
        (SesPlan.ENTERPRISE, 10_000_000, 2_300),
        (SesPlan.ENTERPRISE, 10_001_000, 2_300.18),
        (SesPlan.ENTERPRISE, 100_001_000, 2_300 + 16_200 + 0.13),
    ],
)
def test_each_price_of_a_plan_holds_up_to_its_limit_and_the_next_from_there(plan, recipients, dollars):
    assert charge(plan, recipients, 0, PRICES).mail == cents(dollars)


@pytest.mark.parametrize(
    ("plan", "fee"), [(SesPlan.A_LA_CARTE, 0), (SesPlan.ESSENTIALS, 0), (SesPlan.PRO, 105), (SesPlan.ENTERPRISE, 500)]
)
def test_a_plan_has_a_monthly_fee(plan, fee):
    assert charge(plan, 0, 0, PRICES).fee == fee


@pytest.mark.parametrize(
    ("plan", "tenants", "dollars"),
    [
        (SesPlan.A_LA_CARTE, 1, 0.005),
        (SesPlan.PRO, 1_000, 5.0),
        (SesPlan.ENTERPRISE, 1_000, 0.0),
        (SesPlan.ENTERPRISE, 1_001, 0.005),
    ],
)
def test_ses_tenants_are_billed_each_and_enterprise_has_a_thousand_in_it(plan, tenants, dollars):
    assert charge(plan, 0, tenants, PRICES).tenants == cents(dollars)


# Months


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "26-01", "2026-011", "", "last"])
def test_a_month_is_a_year_and_one_of_twelve(text):
    with pytest.raises(ValueError, match="expected a month such as 2026-11"):
        Month.parse(text)


def test_a_month_has_its_own_days():
    assert len(Month.parse("2028-02").days) == 29
    assert Month.parse("2026-12").following == Month(2027, 1)
    assert NOVEMBER.days.stop == NOVEMBER.following.days.start
    assert NOVEMBER.days_until(datetime(2026, 11, 2, tzinfo=UTC)) == range(NOVEMBER.days.start, NOVEMBER.days.start + 2)
    assert NOVEMBER.days_until(datetime(2027, 3, 1, tzinfo=UTC)) == NOVEMBER.days


def test_a_month_lasts_from_its_first_instant_to_its_last():
    assert NOVEMBER.seconds_until(datetime(2026, 10, 31, tzinfo=UTC)) == 0
    assert NOVEMBER.seconds_until(datetime(2026, 11, 2, 12, tzinfo=UTC)) == 1.5 * DAY
    assert NOVEMBER.seconds_until(datetime(2027, 1, 1, tzinfo=UTC)) == 30 * DAY


# What mail makes the guard do


def slow(events, days=30.0):
    """So few events that none meets another."""
    return ReceivePace(events, days * DAY, window=0.0)


SAMPLED = 0.6 / 16 / 4 + 1 / 128
"""Writes for a mail: where it went, of one in 16, to domains of their own, a fourth of them; and who sent it."""
LOGGED = 1 + 15 / 1_024
"""Writes for an item of the log: the item, and its key in the list of what a fold takes."""


def test_a_mail_that_comes_alone_is_published_sent_received_deleted_and_logged_once_and_folded_by_the_half_hour():
    used = usage(MailCounts(1_000), slow(1_000), 30, KEPT_DAYS)
    assert (used.published, used.invocations) == (1_000, 1_000)
    assert used.queue_requests == pytest.approx(3_000, rel=1e-3)
    folded = 1_440 * (1 - math.exp(-1_000 / 1_440))  # a thousand by chance in the half hours of a month
    assert used.volume_writes == pytest.approx(1_000 * (LOGGED + SAMPLED) + folded, abs=1)
    assert (used.outcome_writes, used.settled_writes) == (0, 0)
    assert used.reads < 0.3 * 1_000, "what the sweep reads of the log to fold it"


def test_of_many_streams_a_batch_is_one_write_that_they_share():
    alone, shared = ReceivePace(1_000_000, 30 * DAY, window=0.0), ReceivePace(1_000_000, 30 * DAY, window=50.0)
    used = [usage(MailCounts(10), pace, 30, KEPT_DAYS).volume_writes for pace in (alone, shared)]
    assert used == pytest.approx(
        [10 + 10 * (LOGGED + SAMPLED), 10 + 10 * (LOGGED / shared.events_a_batch + SAMPLED)], rel=1e-2
    )


def test_volume_of_one_of_many_small_streams_is_written_once_in_six_hours_and_carried_meanwhile():
    mails = 30 * 100
    few, many = ReceivePace(mails * 10, 30 * DAY, window=2.0), ReceivePace(mails * 10_000, 30 * DAY, window=2.0)
    logged = [mails * (LOGGED / pace.events_a_batch + SAMPLED) for pace in (few, many)]
    folded = [usage(MailCounts(mails), pace, 30, KEPT_DAYS).volume_writes for pace in (few, many)]
    assert folded[0] - logged[0] == pytest.approx(30 * 48 * (1 - math.exp(-100 / 48)))
    assert 30 * 4 < folded[1] - logged[1] < 30 * 4 * 1.4


def test_a_bounce_is_a_transaction_of_two_writes_that_count_twice_and_is_weighed():
    used = usage(MailCounts(0, 1), slow(1_000_000), 30, KEPT_DAYS)
    assert used.outcome_writes == pytest.approx(4, rel=1e-4)
    # That day is settled if there is another look within a month, which reads it and where days begin.
    settled = 1 - math.exp(-28 / 30)
    assert used.settled_writes == pytest.approx(settled, rel=0.05)
    assert used.reads == pytest.approx(7 + 4 * settled, abs=0.5), "the state and six queries of little"


def test_the_names_of_many_bounces_an_hour_are_a_third_write():
    bounces = 30 * 24 * 100
    used = usage(MailCounts(0, bounces), slow(10_000_000), 30, KEPT_DAYS)
    assert 5.8 < used.outcome_writes / bounces < 6.5


def test_a_queue_that_always_holds_something_is_not_polled_in_vain():
    idle, slow_mail, busy = (
        of_guard(StandingCost(0, 0, 0, 2, event_rate=rate), 1, PRICES)["idle queues"] for rate in (0, 0.001, 12)
    )
    dead_letters = of_guard(StandingCost(0, 0, 0, 0), 1, PRICES)["idle queues"]
    assert busy - dead_letters == pytest.approx((idle - dead_letters) / 2)
    assert 0.99 * idle < slow_mail < idle


def test_deliveries_that_are_published_too_nearly_double_it():
    counts = MailCounts(1_000, 20)
    plain, both = (usage(counts, slow(10_000), 30, KEPT_DAYS, deliveries=more) for more in (False, True))
    assert both.published - plain.published == 980
    folded = 1_440 * (1 - math.exp(-1_980 / 1_440))
    assert both.volume_writes == pytest.approx(1_980 * LOGGED + 1_000 * SAMPLED + folded, rel=1e-3)
    assert both.outcome_writes == pytest.approx(plain.outcome_writes, rel=1e-2)


@pytest.mark.parametrize(("rate", "receives"), [(0, 1.0), (50, 0.5), (450, 0.1), (10_000, 0.1)])
def test_a_receive_brings_what_came_within_a_round_trip_and_ten_at_most(rate, receives):
    assert ReceivePace(rate * 5 * DAY, DAY, 2.0).receives_an_event == pytest.approx(receives)


@pytest.mark.parametrize(("rate", "events", "deletes"), [(0, 1, 1.0), (0.5, 2, 1.0), (500, 1_001, 100.55)])
def test_a_batch_holds_what_comes_within_its_window_and_is_deleted_in_tens(rate, events, deletes):
    pace = ReceivePace(rate * 5 * DAY, DAY, 2.0)
    assert pace.events_a_batch == events
    assert pace.deletes_a_batch == pytest.approx(deletes, abs=1e-3)


def test_the_two_ways_to_the_mean_of_deletes_meet():
    below, above = (ReceivePace(rate * 5 * DAY, DAY, 2.0).deletes_a_batch for rate in (99.99, 100.01))
    assert below == pytest.approx(above, rel=2e-3)


@given(st.integers(0, 10**7), st.integers(0, 10**5), st.integers(0, 10**4), st.floats(0.5, 31))
def test_more_mail_never_costs_less_but_that_what_is_rolled_up_is_read_for_a_little_less(
    volume, bounces, complaints, days
):
    pace = ReceivePace(10**8, days * DAY, 2.0)
    less = of_stream(usage(MailCounts(volume, bounces, complaints), pace, days, KEPT_DAYS), PRICES)
    more = of_stream(usage(MailCounts(volume + 1, bounces + 1, complaints + 1), pace, days, KEPT_DAYS), PRICES)
    assert more["weighing"] >= 0.96 * less["weighing"]
    assert all(more[part] >= less[part] for part in less.keys() - {"weighing"})
    assert all(dollars >= 0 for dollars in less.values())


def test_hours_of_a_stream_are_rolled_up_once_where_they_have_much_to_read_and_never_where_they_have_little():
    def settled_a_day(mails):
        counts = MailCounts(mails, mails * 0.02)
        return usage(counts, ReceivePace(1_000_000, DAY, 3.0), 1, KEPT_DAYS).settled_writes

    assert [settled_a_day(mails) for mails in (10_000, 100_000, 1_000_000)] == pytest.approx([25] * 3, rel=0.01)
    assert settled_a_day(100) == pytest.approx(1, rel=0.01)
    # In between the newest hours are, and some are left: 36 numbers an hour are 1,600 in 44 hours.
    assert settled_a_day(1_000) == pytest.approx(20, abs=2)


def test_what_is_used_is_priced_part_by_part():
    used = Usage(
        published=1_000_000,
        queue_requests=1_000_000,
        invocations=1_000_000,
        gigabyte_seconds=1_000_000,
        volume_writes=1_000_000,
        outcome_writes=1_000_000,
        settled_writes=1_000_000,
        reads=1_000_000,
    )
    assert of_stream(used, PRICES) == {
        "events": cents(0.50),
        "queue": cents(0.40),
        "lambda": cents(0.20 + 13.3334),
        "counting": cents(2 * 0.625),
        "weighing": cents(0.125 + 0.625),
        "stored": 0,
    }


# Alarms and the guard itself


def test_a_month_at_risk_costs_an_alarm_three_metrics_and_a_request_a_minute():
    month = 365.25 / 12
    assert at_risk(month, 1, always=False, month=1, prices=PRICES) == cents(0.10 + 0.90 + month * 1_440 / 1_000 * 0.01)


def test_streams_at_risk_share_the_request_of_each_minute():
    alone, shared = (at_risk(1, others, always=False, month=1, prices=PRICES) for others in (1, 100))
    assert alone - shared == cents(1.44 * 0.01 * 0.99)


def test_an_alarm_that_is_always_there_costs_a_tenth_of_a_dollar_a_month():
    assert at_risk(0, 0, always=True, month=0.5, prices=PRICES) == cents(0.05)
    assert at_risk(0, 0, always=False, month=0.5, prices=PRICES) == 0


def test_the_guard_itself_costs_what_stands():
    parts = of_guard(StandingCost(alarms=30, keys=1, secrets=2, queues_read=1), 1, PRICES)
    assert (parts["alarms"], parts["keys"], parts["secrets"]) == (cents(3), cents(1), cents(0.8))
    assert parts["idle queues"] == cents((5 * 3 + DEAD_LETTER_QUEUES) * 1_440 * 365.25 / 12 * 0.40 / 1e6)
    half = of_guard(StandingCost(30, 1, 2, 1), 0.5, PRICES)
    assert sum(half.values()) == cents(sum(parts.values()) / 2)


def test_a_month_of_daily_looks_at_ten_thousand_domains_costs_under_half_a_dollar():
    parts = of_guard(StandingCost(0, 0, 0, 0, identities=10_000), 1, PRICES)
    assert 0.4 < parts["domains"] < 0.5
    assert of_guard(StandingCost(0, 0, 0, 0), 1, PRICES)["domains"] == 0


def at(day, hour=0):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_days_at_risk_are_those_of_its_incidents_and_one_more():
    found = risk_days([Episode("a", at(3), at(4)), Episode("b", at(10), None)], at(1), at(12))
    assert found == {"a": 2, "b": 2}


def test_days_at_risk_that_overlap_count_once_and_those_outside_do_not_count():
    october = datetime(2026, 10, 1, tzinfo=UTC)
    episodes = [Episode("a", october, at(2)), Episode("a", at(2, 12), at(3)), Episode("a", at(29), None)]
    assert risk_days(episodes, at(1), at(30)) == {"a": 3 + 1}
    assert risk_days([Episode("a", october, october)], at(1), at(30)) == {}


# The bill


def test_a_tenants_streams_are_one_line_and_those_of_nobody_another():
    counts = {NEWS: MailCounts(1_000, 10, 1), SHOP: MailCounts(500), OTHER: MailCounts(100)}
    made = billed(counts, {NEWS: BilledStream("acme"), SHOP: BilledStream("acme")})
    assert list(made.lines) == ["acme", ""]
    assert made.lines["acme"].counts == (1_500, 10, 1)
    assert made.lines["acme"].ses == cents(0.15)
    assert made.lines[""].ses == cents(0.01)
    assert made.total.counts == (1_600, 10, 1)


def test_by_stream_each_is_a_line_of_its_own():
    made = billed(
        {NEWS: MailCounts(1_000), SHOP: MailCounts(500)},
        {NEWS: BilledStream("acme"), SHOP: BilledStream("acme")},
        by_stream=True,
    )
    assert {name: line.ses for name, line in made.lines.items()} == {str(NEWS): cents(0.1), str(SHOP): cents(0.05)}


def test_mail_without_a_set_is_nobodys_and_still_costs():
    made = billed({NEWS: MailCounts(1_000), HOME: MailCounts(2_000)}, {NEWS: BilledStream("acme")})
    assert list(made.lines) == ["acme"]
    assert (made.unattributed.counts.volume, made.unattributed.ses) == (2_000, cents(0.2))
    assert made.total.ses == cents(0.3)


def test_all_share_the_steps_of_a_plan_alike_and_the_fee_is_nobodys():
    counts = {NEWS: MailCounts(15_000_000), SHOP: MailCounts(5_000_000)}
    made = billed(counts, {NEWS: BilledStream("acme"), SHOP: BilledStream("shop")}, under=terms(SesPlan.PRO))
    whole = 2_200 + 10_000 * 0.17
    assert made.lines["acme"].ses == cents(whole * 3 / 4)
    assert made.lines["shop"].ses == cents(whole / 4)
    assert made.fee == 105
    assert made.total.ses == cents(whole + 105)


def test_each_account_and_region_has_steps_and_a_fee_of_its_own():
    counts = {NEWS: MailCounts(10_000_000), ABROAD: MailCounts(10_000_000)}
    made = billed(counts, under=terms(SesPlan.PRO, month=0.5), by_stream=True)
    assert [line.ses for line in made.lines.values()] == [cents(2_200)] * 2
    assert made.fee == 105


def test_an_ses_tenant_is_billed_once_to_whom_it_is_kept_for():
    known = {
        NEWS: BilledStream("acme", ses_tenant="acme"),
        SHOP: BilledStream("acme", ses_tenant="acme"),
        OTHER: BilledStream("other"),
    }
    made = billed({NEWS: MailCounts(1_000), SHOP: MailCounts(1_000), OTHER: MailCounts(1_000)}, known)
    assert made.lines["acme"].ses == cents(0.2 + 0.005)
    assert made.lines["other"].ses == cents(0.1)


def test_a_tenant_that_sent_nothing_is_billed_what_stands_for_it():
    known = {NEWS: BilledStream("acme", alarm_always=True), SHOP: BilledStream("shop")}
    made = billed({}, known)
    assert {name: line.guard for name, line in made.lines.items()} == {"acme": cents(0.1)}


def test_the_guards_share_is_that_of_the_counts_and_its_own_is_added_in_the_total():
    counts = {NEWS: MailCounts(1_000_000, 20_000, 500)}
    made = billed(counts, {NEWS: BilledStream("acme", days_at_risk=30)}, {"alarms": 3.0}, under=terms())
    line = made.lines["acme"]
    expected = usage(counts[NEWS], ReceivePace(1_020_500, 30 * DAY, 2.0), 30, KEPT_DAYS)
    assert {part: line.own[part] for part in line.own if part != "at risk"} == of_stream(expected, PRICES)
    assert line.own["at risk"] == cents(at_risk(30, 1, always=False, month=1, prices=PRICES))
    assert made.total.guard == cents(line.guard + 3)


def test_every_price_says_where_it_is_from():
    assert all(price.dollars > 0 and price.per > 0 and price.unit for price in PRICES.price.values())
    assert all(price.source.startswith("https://aws.amazon.com/") for price in PRICES.price.values())


def test_counting_the_fleet_costs_under_a_dollar_a_month_for_10_000_streams_and_nothing_for_a_few():
    parts = of_guard(StandingCost(0, 0, 0, 0, streams=10_000), 1, PRICES)
    assert 0.5 < parts["fleet"] < 0.75
    assert of_guard(StandingCost(0, 0, 0, 0, streams=300), 1, PRICES)["fleet"] == 0
