"""What came in of tenants' streams, and who is due, as it lies in the table."""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from sesguard.aws.counts.tenant_marks import ASKED_AGAIN, KEPT, DynamoTenantMarks, DynamoTenantNotes
from sesguard.aws.tables.tenants import DynamoRegisteredStreams
from sesguard.pausing.tenant_standing import TenantStanding
from tests.fakes.account import HOME, stream
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.tables import TABLES


@pytest.fixture
def notes(client) -> DynamoTenantNotes:
    return DynamoTenantNotes(client, TABLES.cohorts)


@pytest.fixture
def marks(client) -> DynamoTenantMarks:
    return DynamoTenantMarks(client, TABLES.cohorts, HOME)


def standing(**changes) -> TenantStanding:
    return TenantStanding(at=NOW, streams=5, volume=100, risk=0.1, room_bounces=10, room_complaints=5, **changes)


def test_a_tenant_that_was_never_weighed_is_due_with_what_came_in(notes, marks):
    notes.note(HOME, "acme", 3, 0, NOW)
    notes.note(HOME, "acme", 1, 2, NOW + MINUTE)
    (due,) = marks.due()
    assert (due.tenant, due.since, due.marks, due.bounces, due.complaints, due.before) == ("acme", NOW, 2, 4, 2, None)


def test_one_that_was_weighed_is_due_no_more_until_more_came_in_than_it_has_room_for(notes, marks):
    notes.note(HOME, "acme", 30, 0, NOW)
    (due,) = marks.due()
    marks.keep(due, standing(), again=False)
    assert list(marks.due()) == []
    assert marks.standing("acme") == standing()
    notes.note(HOME, "acme", 10, 5, NOW)
    assert list(marks.due()) == []
    notes.note(HOME, "acme", 1, 0, NOW)
    assert [each.bounces for each in marks.due()] == [11]


def test_of_thousands_that_are_due_no_more_are_read_than_are_asked_for(client, notes):
    """Where a provider fails all tenants are due at once: a sweep that read of each would have no time for any."""
    for number in range(20):
        notes.note(HOME, f"t{number:02}", 3, 0, NOW + MINUTE * number)
    asked: list[str] = []

    class Reading:
        def query(self, **request):
            asked.append(request["KeyConditionExpression"])
            return client.query(**request)

    due = DynamoTenantMarks(Reading(), TABLES.cohorts, HOME).due()
    assert [next(due).tenant for _ in range(3)] == ["t00", "t01", "t02"]
    assert len(asked) == 1 + 3


def test_what_came_in_while_it_was_weighed_is_not_lost(notes, marks):
    notes.note(HOME, "acme", 3, 0, NOW)
    (due,) = marks.due()
    notes.note(HOME, "acme", 4, 0, NOW)
    marks.keep(due, standing(), again=False)
    (left,) = marks.due()
    assert left.bounces == 4


def test_what_is_taken_off_twice_by_a_try_that_seemed_to_fail_leaves_no_less_than_nothing(client, notes, marks):
    notes.note(HOME, "acme", 3, 2, NOW)
    (due,) = marks.due()
    marks.keep(due, standing(), again=True)
    marks.keep(due, standing(), again=True)
    assert marks.standing("acme") == standing()
    notes.note(HOME, "acme", 4, 0, NOW)
    assert [(each.bounces, each.complaints) for each in marks.due()] == [(4, 0)]


def test_less_than_nothing_that_an_earlier_version_left_is_made_good(client, notes, marks):
    notes.note(HOME, "acme", -3, 1, NOW)
    (due,) = marks.due()
    marks.keep(due, standing(), again=True)
    assert [(each.bounces, each.complaints) for each in marks.due()] == [(0, 0)]


def test_it_may_stay_due(notes, marks):
    notes.note(HOME, "acme", 3, 0, NOW)
    (due,) = marks.due()
    marks.keep(due, standing(), again=True)
    assert [each.tenant for each in marks.due()] == ["acme"]


def test_the_longest_due_is_first_and_other_regions_are_not_ours(notes, marks):
    notes.note(HOME, "late", 3, 0, NOW + MINUTE)
    notes.note(HOME, "early", 3, 0, NOW)
    notes.note(HOME._replace(region="us-east-1"), "abroad", 3, 0, NOW)
    assert [each.tenant for each in marks.due()] == ["early", "late"]


def test_a_tenant_of_one_stream_costs_nothing_for_a_while(client, notes, marks):
    notes.note(HOME, "solo", 3, 0, NOW)
    (due,) = marks.due()
    marks.keep(due, TenantStanding(at=NOW, streams=1), again=False)
    notes.note(HOME, "solo", 3, 0, NOW + MINUTE)
    calls: list[str] = []
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    notes.note(HOME, "solo", 3, 0, NOW + 2 * MINUTE)
    assert calls == []
    notes.note(HOME, "solo", 3, 0, NOW + 2 * MINUTE + ASKED_AGAIN)
    assert calls == ["UpdateItem"]


def test_a_standing_that_this_version_cannot_read_is_as_good_as_none(client, notes, marks):
    notes.note(HOME, "acme", 3, 0, NOW)
    (due,) = marks.due()
    marks.keep(due, standing(), again=False)
    client.update_item(
        TableName=TABLES.cohorts,
        Key={"stream": {"S": "123456789012/eu-west-1/@acme"}, "cohort": {"S": "k#"}},
        UpdateExpression="SET standing = :it",
        ExpressionAttributeValues={":it": {"S": '{"at": 5}'}},
    )
    assert marks.standing("acme") is None
    notes.note(HOME, "acme", 1, 0, NOW)
    assert [each.tenant for each in marks.due()] == ["acme"]


def test_what_is_noted_expires(client, notes):
    notes.note(HOME, "acme", 3, 0, NOW + HOUR)
    items = client.scan(TableName=TABLES.cohorts)["Items"]
    assert {item["expires"]["N"] for item in items} == {str(int((NOW + HOUR + KEPT).timestamp()))}
    assert timedelta(days=31) < KEPT


def test_the_registry_says_which_streams_a_tenant_has_as_far_as_its_item_can_be_read():
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        client.create_table(
            TableName="tenants",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        streams = [
            {"M": {"configuration_set": {"S": "shop"}}},
            {"M": {"configuration_set": {"S": "far"}, "region": {"S": "us-east-1"}}},
            {"M": {"configuration_set": {"N": "5"}}},
            {"S": "nonsense"},
        ]
        client.put_item(TableName="tenants", Item={"id": {"S": "acme"}, "streams": {"L": streams}})
        registry = DynamoRegisteredStreams(client, "tenants", HOME)
        assert set(registry.streams_of("acme")) == {stream("shop"), stream("far")._replace(region="us-east-1")}
        assert registry.streams_of("nobody") == ()
        assert registry.streams_of("@operator") == ()
