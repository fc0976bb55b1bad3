"""What the fleet, the account's page and the guard's read of AWS: streams on record, SES's facts, metrics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from sesguard.account.sums import Sums
from sesguard.aws.account_facts import AwsAccountFacts
from sesguard.aws.metric_data import Metric, metric_data
from sesguard.aws.tables.streams_on_record import streams_on_record
from sesguard.aws.workers import Workers
from sesguard.fleet.account_page import IpPool, Standing, read_account
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.guard_page import GuardHealth, QueueNow
from sesguard.stream import StreamId
from tests.fakes.account import HOME
from tests.fakes.clock import NOW
from tests.fakes.fleet import MemoryFleet
from tests.fakes.tables import TABLES, create_tables

REGION = "eu-west-1"


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


class Stubbed:
    """Clients of moto's, but for SES's, whose answers are given and held to the service's own model."""

    def __init__(self) -> None:
        self.dynamodb = boto3.client("dynamodb", region_name=REGION)
        self.cloudwatch = boto3.client("cloudwatch", region_name=REGION)
        self.sesv2 = boto3.client("sesv2", region_name=REGION)
        self.ses = Stubber(self.sesv2)
        self.ses.activate()

    def facts(self) -> AwsAccountFacts:
        return AwsAccountFacts(self, HOME, TABLES.cohorts)  # type: ignore[arg-type]  # a twin


@pytest.fixture
def clients() -> Stubbed:
    return Stubbed()


def test_streams_on_record_have_their_tenants_and_those_that_left_are_gone(clients):
    clients.dynamodb.create_table(
        TableName="streams",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "stream", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "stream", "KeyType": "HASH"}],
    )
    items: list[dict[str, Any]] = [
        {"stream": {"S": "1/eu-west-1/one"}, "tenant": {"S": "acme"}},
        {"stream": {"S": "1/eu-west-1/nobodys"}},
        {"stream": {"S": "1/eu-west-1/gone"}, "offboarded": {"S": "2026"}},
        {"stream": {"S": "1/eu-west-1/"}},  # an account's own
        {"stream": {"S": "no stream"}},
    ]
    for item in items:
        clients.dynamodb.put_item(TableName="streams", Item=item)
    found = streams_on_record(clients.dynamodb, "streams", Workers(2))
    assert found == {StreamId("1", REGION, "one"): "acme", StreamId("1", REGION, "nobodys"): ""}


def test_what_ses_says_of_the_account_is_read_with_its_quota(clients):
    clients.ses.add_response(
        "get_account",
        {
            "EnforcementStatus": "PROBATION",
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "SendQuota": {"Max24HourSend": 1_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 250.0},
            "VdmAttributes": {"VdmEnabled": "ENABLED"},
            "PricingAttributes": {"CurrentPlan": "PRO", "NextPlan": "NONE"},
        },
    )
    standing = clients.facts().standing()
    assert standing == Standing("PROBATION", True, True, 1_000, 14, 250, True, "PRO", "NONE")
    assert standing.share == 0.25


def test_an_empty_standard_pool_is_told_apart_and_all_pages_are_read(clients):
    first = ["ses-shared-pool", "ses-default-dedicated-pool", "full"]  # of its own SES says no more than these names
    clients.ses.add_response("list_dedicated_ip_pools", {"DedicatedIpPools": first, "NextToken": "more"})
    clients.ses.add_response("list_dedicated_ip_pools", {"DedicatedIpPools": ["empty"]}, {"NextToken": "more"})
    address = {"Ip": "192.0.2.1", "WarmupStatus": "IN_PROGRESS", "WarmupPercentage": 45, "PoolName": "full"}
    for name, addresses in (("full", [address]), ("empty", [])):
        pool = {"PoolName": name, "ScalingMode": "STANDARD"}
        clients.ses.add_response("get_dedicated_ip_pool", {"DedicatedIpPool": pool}, {"PoolName": name})
        clients.ses.add_response("get_dedicated_ips", {"DedicatedIps": addresses}, {"PoolName": name})
    pools = clients.facts().pools()
    assert pools == [IpPool("full", False, (45,)), IpPool("empty", False, ())]
    assert [pool.empty for pool in pools] == [False, True]


def test_of_an_address_that_is_an_identity_only_the_domain_is_shown(clients):
    listed = [
        {"IdentityName": "jane.doe@shop.example", "IdentityType": "EMAIL_ADDRESS", "VerificationStatus": "PENDING"},
        {"IdentityName": "shop.example", "IdentityType": "DOMAIN", "VerificationStatus": "SUCCESS"},
    ]
    clients.ses.add_response("list_email_identities", {"EmailIdentities": listed}, {"PageSize": 1_000})
    found = [(each.name, each.verified) for each in clients.facts().identities()]
    assert found == [("an address at shop.example", False), ("shop.example", True)]


def test_the_accounts_days_are_the_sums_of_its_hours(clients):
    create_tables(clients.dynamodb)
    for hour, sends, bounces in (
        ("2026-11-20T03", "40", "2"),
        ("2026-11-20T23", "60", "1"),
        ("2026-11-21T01", "5", "0"),
    ):
        item = {"stream": {"S": str(HOME)}, "cohort": {"S": f"a#{hour}"}, "s": {"N": sends}, "b": {"N": bounces}}
        clients.dynamodb.put_item(TableName=TABLES.cohorts, Item=item)
    assert [(each.day.day, each.sums) for each in clients.facts().days(NOW)] == [
        (20, Sums(100, 3, 0)),
        (21, Sums(5, 0, 0)),
    ]


def test_metrics_are_read_oldest_first_and_one_without_points_is_empty(clients):
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    for minutes, value in ((5, 2.0), (10, 1.0)):
        data = {"MetricName": "Age", "Timestamp": now - timedelta(minutes=minutes), "Value": value}
        clients.cloudwatch.put_metric_data(Namespace="N", MetricData=[data])
    wanted = [Metric("N", "Age", "Maximum"), Metric("N", "Nothing", "Maximum")]
    first, second = metric_data(clients.cloudwatch, wanted, now - timedelta(hours=1), now, 60)
    assert [value for _, value in first] == [1.0, 2.0]
    assert second == []


def test_a_page_shows_what_it_could_read_and_says_what_it_could_not(clients):
    clients.ses.add_client_error("get_account", "AccessDeniedException")
    clients.ses.add_client_error("list_email_identities", "TooManyRequestsException")
    clients.ses.add_response("list_dedicated_ip_pools", {"DedicatedIpPools": []})
    create_tables(clients.dynamodb)
    fleet = Fleet(MemoryFleet().place, NOW, ())
    page = read_account(clients.facts(), fleet, NOW, frozenset())
    assert page.standing is None
    assert not page.pools
    assert [problem.partition(":")[0] for problem in page.problems] == ["what SES says of the account", "identities"]


def test_in_a_region_without_ses_the_page_has_what_the_guard_and_cloudwatch_know(clients):
    """Where a region has no SES, its host has no address, or nobody listens."""
    nowhere, once = "http://127.0.0.1:1", Config(retries={"max_attempts": 0}, connect_timeout=5)
    clients.sesv2 = boto3.client("sesv2", region_name=REGION, endpoint_url=nowhere, config=once)
    create_tables(clients.dynamodb)
    item = {"stream": {"S": str(HOME)}, "cohort": {"S": "a#2026-11-20T03"}, "s": {"N": "40"}, "b": {"N": "2"}}
    clients.dynamodb.put_item(TableName=TABLES.cohorts, Item=item)
    page = read_account(clients.facts(), Fleet(MemoryFleet().place, NOW, ()), NOW, frozenset())
    assert [each.sums for each in page.days] == [Sums(40, 2, 0)]
    assert [problem.partition(":")[0] for problem in page.problems] == [
        "what SES says of the account",
        "identities",
        "dedicated addresses",
    ]


@pytest.mark.parametrize("vdm", ["ENABLED", "DISABLED", None])
def test_mailbox_providers_are_asked_about_only_where_vdm_is_on(clients, vdm):
    on = {"VdmAttributes": {"VdmEnabled": vdm}} if vdm else {}
    clients.ses.add_response("get_account", {"SendQuota": {"Max24HourSend": 1.0}, **on})
    if vdm == "ENABLED":
        clients.ses.add_client_error("batch_get_metric_data", "AccessDeniedException")
    clients.ses.add_response("list_email_identities", {"EmailIdentities": []})
    clients.ses.add_response("list_dedicated_ip_pools", {"DedicatedIpPools": []})
    create_tables(clients.dynamodb)
    page = read_account(clients.facts(), Fleet(MemoryFleet().place, NOW, ()), NOW, frozenset())
    assert page.providers is None
    assert [it.partition(":")[0] for it in page.problems] == ["VDM's numbers of mailbox providers"] * (vdm == "ENABLED")
    clients.ses.assert_no_pending_responses()


def test_a_guard_is_silent_when_no_sweep_has_ended_for_three_minutes():
    def health(last: datetime | None, in_line: int | None) -> GuardHealth:
        return GuardHealth(NOW, (QueueNow("AlarmDeadLetters", 0),), (), last, in_line, 0, ())

    assert not health(NOW - timedelta(minutes=2), 0).silent
    assert health(NOW - timedelta(minutes=4), 0).silent
    assert health(None, None).minutes_in_line is None
    assert health(NOW, 60).minutes_in_line == 2
