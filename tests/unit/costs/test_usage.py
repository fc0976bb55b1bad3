"""What ``sesguard cost`` reads of the deployed guard: whose streams are, how long they were at risk, what stands."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from sesguard.aws.dynamodb import attributes
from sesguard.aws.stack import Stack
from sesguard.aws.tables.journal import DynamoJournal
from sesguard.aws.workers import Workers
from sesguard.costs.bill import BilledStream
from sesguard.costs.month import Month
from sesguard.costs.own import StandingCost
from sesguard.costs.usage import MailCounts
from sesguard.errors import AwsError
from sesguard.stream import StreamId
from sesguard.wiring.cost import read_month
from tests.fakes.journal import a_decision
from tests.fakes.moto_tables import tables
from tests.fakes.tables import create_tables

HOME = StreamId("111122223333", "eu-west-1", "")
NEWS, SHOP, STRAY = (HOME._replace(configuration_set=name) for name in ("acme-news", "acme-shop", "stray"))
ABROAD = NEWS._replace(region="us-east-1")
OUTPUTS = {f"{name.title()}TableName": name for name in ("cohorts", "streams", "tenants", "incidents")}
STACK = Stack("sesguard", HOME.account, HOME.region, OUTPUTS, {})
NOVEMBER, NOW = Month(2026, 11), datetime(2026, 12, 3, tzinfo=UTC)
KINDS = (
    ("AWS::CloudWatch::Alarm", 3),
    ("AWS::KMS::Key", 1),
    ("AWS::Lambda::EventSourceMapping", 2),
    ("AWS::SNS::Topic", 4),
)


class Deployed:
    """A guard whose tables are in moto. sets: what SES has, or the error that it answers."""

    def __init__(self, dynamodb):
        create_tables(dynamodb)
        self.dynamodb = dynamodb
        self.stack = STACK
        self.parallel = Workers(1)
        self.clients = SimpleNamespace(dynamodb=dynamodb, make=lambda _: self)
        self.sets: list[str] | AwsError = []

    def configuration_sets(self):
        if isinstance(self.sets, AwsError):
            raise self.sets
        return self.sets

    def get_paginator(self, _):
        resources = [{"LogicalResourceId": kind, "ResourceType": kind} for kind, count in KINDS for _ in range(count)]
        return SimpleNamespace(paginate=lambda **_: [{"StackResourceSummaries": resources}])

    def put(self, table, **item):
        self.dynamodb.put_item(TableName=table, Item=attributes(item))

    def sent(self, stream, count):
        self.put("cohorts", stream=str(stream), cohort="v#2026-11-21T18", s=count, s05=count)

    def read(self):
        return read_month(self, NOVEMBER.days, NOW)  # type: ignore[arg-type]  # what is used of a Guard


@pytest.fixture
def guard():
    with tables() as dynamodb:
        yield Deployed(dynamodb)


def test_streams_are_known_by_the_table_and_by_ses_and_so_is_mail_without_a_set(guard):
    guard.put("streams", stream=str(NEWS), tenant="acme")
    guard.put("streams", stream=str(ABROAD))
    guard.put("streams", stream=str(HOME), version=3)
    guard.sets = ["acme-news", "stray"]
    for count, stream in enumerate((NEWS, STRAY, ABROAD, HOME, HOME._replace(region="us-east-1")), start=1):
        guard.sent(stream, count)
    read = guard.read()
    assert read.counts == {
        NEWS: MailCounts(1),
        STRAY: MailCounts(2),
        ABROAD: MailCounts(3),
        HOME: MailCounts(4),
        HOME._replace(region="us-east-1"): MailCounts(5),
    }
    assert read.known == {NEWS: BilledStream("acme"), ABROAD: BilledStream()}
    assert read.problems == ()
    assert read.reads.requests > 0


def test_the_registry_says_what_a_stream_publishes_and_which_ses_tenant_is_kept_for_it(guard):
    for stream in (NEWS, SHOP, ABROAD):
        guard.put("streams", stream=str(stream), tenant="acme", alarm="always" if stream == SHOP else "")
    streams = [
        {"configuration_set": "acme-news"},
        {"configuration_set": "acme-shop", "ses_tenant": "shop", "events": ["send", "bounce"]},
        {"configuration_set": "acme-news", "region": "us-east-1", "ses_tenant": ""},
        "not a stream",
    ]
    events = ["send", "delivery", "bounce", "complaint"]
    guard.put("tenants", id="acme", name="Acme Ltd", ses_tenant="acme", events=events, streams=streams)
    guard.put("tenants", id="@operator", channels=[])
    guard.put("tenants", id="odd", streams="nothing")
    read = guard.read()
    assert read.names == {"acme": "Acme Ltd", "odd": ""}
    assert read.known == {
        NEWS: BilledStream("acme", ses_tenant="acme", deliveries=True),
        SHOP: BilledStream("acme", alarm_always=True, ses_tenant="shop"),
        ABROAD: BilledStream("acme", deliveries=True),
    }


def test_days_at_risk_are_read_from_the_journal(guard):
    guard.put("streams", stream=str(NEWS), tenant="acme")
    journal = DynamoJournal(guard.dynamodb, "incidents")
    for at, to in (("2026-11-10T00:00:00+00:00", "watched"), ("2026-11-12T00:00:00+00:00", "healthy")):
        journal.note(a_decision(datetime.fromisoformat(at), NEWS, to=to))
    assert guard.read().known[NEWS].days_at_risk == 3


def test_where_ses_does_not_list_its_sets_that_is_said(guard):
    guard.sets = AwsError("ListConfigurationSets", "AccessDenied", retryable=False)
    (problem,) = guard.read().problems
    assert "streams that are not on record are left out" in problem
    assert "AccessDenied" in problem


def test_what_stands_in_the_stack_is_counted(guard):
    # Three alarms that read two metrics each, and one mapping that reads a table's stream.
    assert guard.read().standing == StandingCost(alarms=6, keys=1, secrets=0, queues_read=1)
