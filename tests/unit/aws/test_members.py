"""The table of members, over moto's DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sesguard.aws.tables.members import DynamoMembers
from sesguard.bus.heartbeat import TAKES, StreamStanding
from sesguard.members.member import Member

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def member(**fields: Any) -> Member:
    usual = {"account": "111122223333", "region": "eu-west-1", "stack": "sesguard", "guard": "0.1.0", "heard": NOW}
    return Member(**{**usual, "settings": {"DefaultMode": "enforce"}, **fields})


@pytest.fixture
def store() -> Iterator[DynamoMembers]:
    with mock_aws():
        client = boto3.client("dynamodb", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_table(
            TableName="members",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("kind", "name")],
            KeySchema=[{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "name", "KeyType": "RANGE"}],
        )
        yield DynamoMembers(client, "members")


def test_a_member_is_read_as_it_was_heard(store: DynamoMembers) -> None:
    worst = StreamStanding(configuration_set="acme", state="paused", tenant="acme", since=NOW, risk=2.5)
    heard = member(unhealthy=3, dead_letters=1, takes=TAKES, states={"paused": 1}, worst=(worst,))
    store.heard(heard)
    assert store.all() == [heard]


def test_a_sign_of_life_that_comes_late_overwrites_no_later_one(store: DynamoMembers) -> None:
    store.heard(member(unhealthy=1))
    store.heard(member(unhealthy=9, heard=NOW - timedelta(minutes=5)))
    assert store.all()[0].unhealthy == 1


def test_silence_is_told_once_and_outlives_a_sign_of_life(store: DynamoMembers) -> None:
    store.heard(member())
    assert store.mark_silent(member(), NOW)
    assert not store.mark_silent(member(), NOW)
    store.heard(member(heard=NOW + timedelta(hours=1)))
    (found,) = store.all()
    assert found.silent_told == NOW
    assert store.mark_silent(found, None)
    assert not store.mark_silent(found, None)


def test_a_member_that_is_off_the_list_is_not_put_back_by_its_silence(store: DynamoMembers) -> None:
    store.heard(member())
    store.forget([member()])
    assert not store.mark_silent(member(), NOW)
    assert store.all() == []


def test_a_notice_is_told_once_unless_it_could_not_be(store: DynamoMembers) -> None:
    assert store.first_told("a" * 32, NOW)
    assert not store.first_told("a" * 32, NOW)
    store.forget_told("a" * 32)
    assert store.first_told("a" * 32, NOW)
    assert store.all() == []


def test_what_a_newer_centre_wrote_is_read(store: DynamoMembers) -> None:
    store.heard(member())
    store._client.update_item(
        TableName="members",
        Key={"kind": {"S": "members"}, "name": {"S": member().name}},
        UpdateExpression="SET later = :x REMOVE settings",
        ExpressionAttributeValues={":x": {"S": "?"}},
    )
    assert store.all() == [member(settings={})]


@pytest.mark.parametrize(
    "odd", [{"heard": {"S": "lately"}}, {"settings": {"S": "{"}}, {"worst": {"S": '[{"state": 7}]'}}]
)
def test_a_member_that_cannot_be_read_hides_no_other(store: DynamoMembers, odd: dict[str, Any]) -> None:
    """The silence of no guard would be told any more, and no pause passed on."""
    store.heard(member())
    store.heard(member(region="eu-west-2"))
    client = store._client  # as a newer version, or a hand, would write it
    key = {"kind": {"S": "members"}, "name": {"S": member().name}}
    item = client.get_item(TableName="members", Key=key)["Item"]
    client.put_item(TableName="members", Item={**item, **odd})
    assert [found.region for found in store.all()] == ["eu-west-2"]
