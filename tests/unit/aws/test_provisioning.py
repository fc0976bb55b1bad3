"""What is lined up is kept in DynamoDB as in memory; the registry is read and written into the records of streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import msgspec
import pytest
from moto import mock_aws

from bench.tables import Tables
from sesguard.aws.tables.lease import HELD_SECONDS, Lease
from sesguard.aws.tables.provisioning import DynamoOnboardingRows, DynamoProvisioningTasks
from sesguard.aws.tables.registered import DynamoStreamRegistrations
from sesguard.aws.tables.registry import DynamoRegistryItems
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.errors import ConflictError, RecordError
from sesguard.pausing.record import DesiredAlarm, PauseTarget
from sesguard.policy import Mode, Policy
from sesguard.provisioning.task import ProvisioningTask, TaskState, TenantProblem
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.dynamodb import refusing_what_dynamodb_refuses
from tests.fakes.onboarding import MemoryOnboarding

NEWS = StreamId("123456789012", "eu-west-1", "acme-news")
ARN = "arn:aws:ses:eu-west-1:123456789012:tenant/acme/tn-1"
ENTRY = StreamEntry(account=NEWS.account, region=NEWS.region, configuration_set="acme-news", tags={"team": "x"})


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="t", aws_secret_access_key="t")
        for table, keys in {
            "onboarding": ["stream"],
            "streams": ["stream"],
            "tenants": ["id"],
            "turns": ["line", "place"],
        }.items():
            index = {
                "IndexName": "work",
                "KeySchema": [
                    {"AttributeName": "work", "KeyType": "HASH"},
                    {"AttributeName": "due", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            indexed = table == "onboarding"
            made.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=[
                    {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ["HASH", "RANGE"], strict=False)
                ],
                AttributeDefinitions=[
                    {"AttributeName": key, "AttributeType": "S"}
                    for key in [*keys, *(["work", "due"] if indexed else [])]
                ],
                **({"GlobalSecondaryIndexes": [index]} if indexed else {}),
            )
        yield refusing_what_dynamodb_refuses(made)


@pytest.fixture(params=["memory", "moto", "the bench's tables"])
def rows(request, client) -> Any:
    if request.param == "memory":
        return MemoryOnboarding()
    return DynamoProvisioningTasks(client if request.param == "moto" else Tables(lambda: None), "onboarding")  # type: ignore[arg-type]


def a_row(key: str = str(NEWS), **fields: Any) -> ProvisioningTask:
    usual = {"tenant": "acme", "wanted": "{}", "state": TaskState.WAITING, "since": NOW, "at": NOW, "due": NOW}
    return ProvisioningTask(key=key, **{**usual, **fields})


def test_a_row_comes_back_as_it_was_saved(rows):
    row = a_row(made=frozenset({"identity:a.example"}), was="{}", problem="late", calls=4, tries=1, claimed="shop")
    saved = rows.save(row)
    assert saved == replace(row, version=1)
    assert rows.load(row.key) == saved
    assert rows.load("another") is None


def test_a_row_that_somebody_else_wrote_is_a_conflict(rows):
    first = rows.save(a_row())
    rows.save(first)
    for write in (rows.save, rows.remove):
        with pytest.raises(ConflictError):
            write(first)
    with pytest.raises(ConflictError):
        rows.save(a_row())


def test_a_row_that_is_removed_is_gone(rows):
    rows.remove(rows.save(a_row()))
    assert rows.load(str(NEWS)) is None


def test_due_is_what_waits_and_whose_time_has_come_the_earliest_first(rows):
    for key, fields in {
        "b": {"due": NOW},
        "a": {"due": NOW - MINUTE},
        "later": {"due": NOW + MINUTE},
        "done": {"state": TaskState.DONE},
    }.items():
        rows.save(a_row(key, **fields))
    assert rows.due(NOW, 10) == ["a", "b"]
    assert rows.due(NOW, 1) == ["a"]
    assert rows.due(NOW + MINUTE, 10) == ["a", "b", "later"]


def test_a_row_that_is_done_is_not_due_any_more(rows):
    rows.save(replace(rows.save(a_row()), state=TaskState.DONE))
    assert rows.due(NOW, 10) == []


def test_the_streams_of_a_tenant_are_listed_and_taken_off(rows):
    assert rows.listed("acme") == frozenset()
    rows.list_also("acme", ["a", "b"])
    rows.list_also("acme", ["b", "c"])
    rows.unlist("acme", ["a"])
    assert rows.listed("acme") == {"b", "c"}
    assert rows.listed("shop") == frozenset()


def test_a_problem_of_a_tenant_is_news_once(rows):
    assert rows.tenant_problem("acme", "bad", NOW)
    assert not rows.tenant_problem("acme", "bad", NOW)
    assert rows.problem_of("acme") == "bad"
    assert rows.tenant_problem("acme", "", NOW)
    assert not rows.tenant_problem("acme", "", NOW)
    assert rows.problem_of("acme") == ""


def test_what_is_to_be_told_is_counted_and_taken_off_when_told(rows):
    rows.failed(["a"])
    rows.failed(["b"])
    untold = rows.untold()
    assert (untold.many, set(untold.keys), untold.told_at, untold.told) == (2, {"a", "b"}, None, 0)
    rows.failed(["c"])
    rows.told(untold, NOW)
    left = rows.untold()
    assert (left.many, left.keys, left.told_at, left.told) == (1, ("c",), NOW, 1)


def test_of_two_who_tell_the_same_one_takes_it_off(rows):
    rows.failed(["a"])
    first, second = rows.untold(), rows.untold()
    rows.told(first, NOW)
    rows.failed(["b"])
    with pytest.raises(ConflictError):
        rows.told(second, NOW)
    left = rows.untold()
    assert (left.many, left.keys, left.told) == (1, ("b",), 1)


def test_more_failures_than_are_named_are_taken_off_to_the_last(rows):
    rows.failed([f"stream-{number:02}" for number in range(30)])
    for told in range(2):
        rows.told(rows.untold(), NOW)  # the second time, no names are left
        assert (rows.untold().many, rows.untold().told) == (0, told + 1)


def test_a_count_under_nothing_of_an_earlier_version_is_mended(client):
    rows = DynamoProvisioningTasks(client, "onboarding")
    client.put_item(TableName="onboarding", Item={"stream": {"S": "@told"}, "count": {"N": "-1"}, "told": {"N": "2"}})
    rows.failed(["a", "b"])  # 1 on record now, of 2
    assert rows.untold().many == 1
    client.put_item(TableName="onboarding", Item={"stream": {"S": "@told"}, "count": {"N": "-1"}, "told": {"N": "2"}})
    assert rows.untold().many == 0
    rows.failed(["a"])
    assert (rows.untold().many, rows.untold().keys) == (1, ("a",))


def test_nothing_that_failed_and_no_stream_to_list_is_no_write(rows):
    rows.failed([])
    rows.list_also("acme", [])
    rows.unlist("acme", [])
    assert (rows.untold().many, rows.listed("acme")) == (0, frozenset())


def test_everything_is_read_for_people(client):
    rows = DynamoProvisioningTasks(client, "onboarding")
    rows.save(a_row())
    rows.list_also("acme", [str(NEWS)])
    rows.tenant_problem("shop", "bad", NOW)
    rows.failed(["x"])
    found, problems = DynamoOnboardingRows(client, "onboarding").everything()
    assert [row.key for row in found] == [str(NEWS)]
    assert problems == [TenantProblem("shop", "bad", NOW)]


# ---- the records of streams


@pytest.fixture
def registered(client) -> DynamoStreamRegistrations:
    return DynamoStreamRegistrations(client, "streams")


def record(client: Any) -> Any:
    return DynamoStreams(client, "streams", "incidents", Policy()).load(NEWS)


def test_what_the_registry_says_is_in_the_record_as_those_who_decide_read_it(client, registered):
    entry = replace_entry(alarm="always")
    registered.put(entry, "acme", {"mode": "observe", "bounce_limit": 0.03, "cool_down": "2h"}, NOW)
    found = record(client)
    assert (found.tenant, found.policy.mode, found.policy.bounce_limit) == ("acme", Mode.OBSERVE, 0.03)
    assert found.policy.cool_down == timedelta(hours=2)
    assert found.alarm == DesiredAlarm(kept=True, tags=(("team", "x"), ("tenant", "acme")))
    registered.put(replace_entry(tags={}), "acme", {}, NOW)
    assert (record(client).policy, record(client).alarm.kept) == (Policy(), False)


def replace_entry(**fields: Any) -> StreamEntry:
    return msgspec.structs.replace(ENTRY, **fields)


def test_the_switch_is_written_while_the_stream_is_on_and_taken_back_to_the_set(client, registered):
    registered.put(ENTRY, "acme", {}, NOW)
    assert registered.switch(NEWS, "both", ARN)
    assert record(client).target == PauseTarget(configuration_set=True, tenant_arn=ARN)
    assert registered.switch(NEWS, "configuration_set", "")
    assert record(client).target == PauseTarget()


@pytest.mark.parametrize("state", [{"turned_off": True}, {"switch_due": "off"}])
def test_the_switch_stays_while_the_stream_is_off(client, registered, state):
    streams = DynamoStreams(client, "streams", "incidents", Policy())
    streams.save(replace(streams.load(NEWS), **state))
    assert registered.switch(NEWS, "configuration_set", "")  # as it is
    assert not registered.switch(NEWS, "tenant", ARN)
    assert record(client).target == PauseTarget()


def test_what_leaves_keeps_whose_it_was_and_is_marked(client, registered):
    registered.put(ENTRY, "acme", {"mode": "observe"}, NOW)
    registered.switch(NEWS, "both", ARN)
    registered.remove(NEWS, NOW + MINUTE)
    found = record(client)
    assert (found.tenant, found.policy, found.target, found.offboarded) == ("acme", Policy(), PauseTarget(), True)
    registered.put(ENTRY, "acme", {}, NOW + HOUR)
    assert not record(client).offboarded


def test_what_was_put_after_it_was_told_to_leave_stays(client, registered):
    registered.put(ENTRY, "acme", {"mode": "observe"}, NOW + MINUTE)
    registered.remove(NEWS, NOW)
    assert record(client).policy.mode is Mode.OBSERVE


def test_the_registry_is_read_as_plain_values(client):
    client.put_item(
        TableName="tenants", Item={"id": {"S": "acme"}, "streams": {"L": [{"M": {"adopt": {"BOOL": True}}}]}}
    )
    items = DynamoRegistryItems(client, "tenants")
    assert items.item("acme") == {"id": "acme", "streams": [{"adopt": True}]}
    assert items.item("shop") is None
    assert list(items.items()) == [{"id": "acme", "streams": [{"adopt": True}]}]


# ---- the line


def test_one_worker_holds_the_line_until_it_leaves_or_its_time_is_over(client):
    seconds = [1_000.0]
    one, two = (Lease(client, "turns", "onboard", lambda: seconds[0]) for _ in range(2))
    assert one.take()
    assert not two.take()
    one.leave()
    assert two.take()
    seconds[0] += HELD_SECONDS + 1
    assert one.take()
    assert not two.take()


def test_who_serves_pauses_and_who_sets_up_hold_different_places(client):
    assert Lease(client, "turns", "ses").take()
    assert Lease(client, "turns", "onboard").take()


@pytest.mark.parametrize(
    "newer", [{"status": {"S": "parked"}}, {"due": {"S": "soon"}}, {"calls": {"S": "1"}}, {"made": {"L": []}, "at": {}}]
)
def test_a_row_that_this_version_cannot_read_says_so_and_hides_no_other(client, newer):
    rows = DynamoProvisioningTasks(client, "onboarding")
    rows.save(a_row())
    rows.save(a_row("123456789012/eu-west-1/other"))
    item = client.get_item(TableName="onboarding", Key={"stream": {"S": str(NEWS)}})["Item"]
    client.put_item(
        TableName="onboarding", Item={**item, **{name: value or {"S": ""} for name, value in newer.items()}}
    )
    with pytest.raises(RecordError, match="acme-news"):
        rows.load(str(NEWS))
    assert [row.key for row in DynamoOnboardingRows(client, "onboarding").everything()[0]] == [
        "123456789012/eu-west-1/other"
    ]
