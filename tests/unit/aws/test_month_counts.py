"""Reading a month's counts: settled days as they are, the rest by hours, and no more than is needed."""

from __future__ import annotations

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.month_counts import DynamoMonthCounts
from sesguard.aws.tables.metered_reads import MeteredReads
from sesguard.aws.workers import Workers
from sesguard.costs.usage import MailCounts, total
from sesguard.ingest.tally import Tally
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.account import HOME, stream
from tests.fakes.clock import DAY, NOW, minute_of
from tests.fakes.tables import TABLES

NEWS, SHOP = stream("news"), stream("shop")
TODAY = int(NOW.timestamp()) // 86_400
MONTH = range(TODAY - 27, TODAY + 1)
KINDS = {"send": CountsFor.VOLUME, "delivery": CountsFor.VOLUME, "bounce": CountsFor.HARD_BOUNCE}


def seen(what, count=1, *, days_ago=0, of=NEWS, number=0, via=Via.SNS, domain="inbox.example"):
    at = NOW - days_ago * DAY
    return Observation(
        kind=what,
        stream=of,
        minute=minute_of(at),
        count=count,
        counts_for=KINDS.get(what, CountsFor.COMPLAINT),
        why="",
        identity=f"{what}-{of.configuration_set}-{days_ago}-{number}",
        domains=((domain, count),) if what in ("bounce", "complaint") else (),
        codes=(),
        via=via,
    )


def add(client, *observations, home=None):
    tally = Tally()
    for number, observation in enumerate(observations):
        tally.add(observation, number)
    parts, rest = tally.parts()
    writer = DynamoCountsWriter(client, TABLES, Workers(1), home=home, clock=NOW.timestamp)
    assert writer.add([*parts, *rest], NOW, lambda: True) == []


def settle(client, of=NEWS):
    """Weigh the stream, which settles its days."""
    DynamoCounts(client, TABLES.cohorts).history(of, NOW, None, Policy())


def month(client, *streams, days=MONTH):
    found = DynamoMonthCounts(client, TABLES.cohorts, Workers(1)).of(streams or (NEWS,), days, NOW)
    assert found.unknown == ()
    return {of: total(each.values()) for of, each in found.streams.items()}


def test_a_month_is_the_sum_of_its_days_whether_they_are_settled_or_not(client):
    add(client, *(seen("send", 100, days_ago=day) for day in range(0, 28, 3)))
    add(client, seen("bounce", 4, days_ago=9), seen("complaint", days_ago=9), seen("bounce", 2))
    expected = {NEWS: MailCounts(1_000, 6, 1)}
    assert month(client) == expected
    settle(client)
    assert month(client) == expected


def test_days_outside_the_month_are_left_out(client):
    add(client, seen("send", 5, days_ago=28), seen("send", 7, days_ago=27), seen("bounce", days_ago=28))
    assert month(client) == {NEWS: MailCounts(7, 0, 0)}
    settle(client)
    assert month(client) == {NEWS: MailCounts(7, 0, 0)}


def test_bounces_that_are_forgiven_are_still_bounces(client):
    bounces = [seen("bounce", 10, days_ago=9, number=number, domain="dead.example") for number in range(8)]
    add(client, seen("send", 100, days_ago=9), *bounces)
    settle(client)
    assert month(client) == {NEWS: MailCounts(100, 80, 0)}


def test_what_joins_a_settled_day_late_is_counted(client):
    add(client, seen("send", 100, days_ago=9), seen("bounce", days_ago=9))
    settle(client)
    add(client, seen("send", 50, days_ago=9), seen("bounce", 2, days_ago=9, number=1))
    assert month(client) == {NEWS: MailCounts(150, 3, 0)}
    settle(client)
    assert month(client) == {NEWS: MailCounts(150, 3, 0)}


def test_mail_that_is_published_on_two_paths_counts_once(client):
    add(client, seen("send", 100), seen("send", 90, via=Via.EVENTBRIDGE), seen("delivery", 95))
    assert month(client) == {NEWS: MailCounts(100, 0, 0)}


def test_each_stream_is_read_apart_and_one_that_sent_nothing_is_left_out(client):
    nobody = HOME._replace(configuration_set="")
    add(client, seen("send", 1), seen("send", 2, of=SHOP), seen("send", 3, of=nobody))
    found = month(client, NEWS, SHOP, nobody, stream("silent"))
    assert found == {NEWS: MailCounts(1), SHOP: MailCounts(2), nobody: MailCounts(3)}


def test_a_stream_of_settled_days_takes_one_query_and_its_recent_hours_two(client):
    add(client, *(seen("send", 100, days_ago=day) for day in range(31)), seen("bounce", days_ago=29))
    settle(client)
    reads = MeteredReads(client)
    last_week = range(TODAY - 27, TODAY - 6)
    assert month(reads, days=last_week)[NEWS].volume == 2_100
    log = 2  # its progress, and what is in it
    assert reads.requests == log + 1
    month(reads)
    assert reads.requests == log + 1 + log + 3


def test_what_is_in_the_log_still_is_counted_once_with_what_is_in_the_hours(client):
    add(client, seen("send", 40))
    add(client, seen("send", 60), seen("send", 5, of=SHOP), home=HOME)
    assert month(client, NEWS, SHOP) == {NEWS: MailCounts(100), SHOP: MailCounts(5)}
