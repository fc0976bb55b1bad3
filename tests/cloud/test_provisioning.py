"""A tenant that is put into the registry by code becomes a configured sender, and goes away again."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.setting_up import stream_of

pytestmark = pytest.mark.cloud
CONTENT = {"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}}


def put(platform, tenant: str, **fields: Any) -> None:
    item = {"id": {"S": tenant}, "contacts": {"L": [{"S": f"owner@{tenant}.example"}]}, **fields}
    platform.dynamodb.put_item(TableName=platform.outputs["TenantsTableName"], Item=item)


def stream(name: str, **fields: Any) -> dict[str, Any]:
    return {"L": [{"M": {"configuration_set": {"S": name}, **fields}}]}


def row(platform, name: str) -> dict[str, Any]:
    key = {"stream": {"S": str(stream_of(name))}}
    answer = platform.dynamodb.get_item(TableName=platform.outputs["OnboardingTableName"], Key=key, ConsistentRead=True)
    return {attribute: next(iter(value.values())) for attribute, value in answer.get("Item", {}).items()}


def journal(platform, name: str) -> list[str]:
    answer = platform.dynamodb.query(
        TableName=platform.outputs["IncidentsTableName"],
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "stream"},
        ExpressionAttributeValues={":s": {"S": str(stream_of(name))}},
    )
    return [item["kind"]["S"] for item in answer["Items"]]


def test_a_tenant_is_set_up_its_mail_is_counted_and_all_of_it_goes_again(platform):
    platform.ses.create_email_identity(EmailIdentity="onboarded.example")
    tags = {"M": {"cost-centre": {"S": "42"}}}
    wanted = stream("onboarded", identities={"L": [{"S": "onboarded.example"}]}, tls={"S": "require"})
    put(platform, "onboarded", streams=wanted, tags=tags)
    platform.wait_until(lambda: row(platform, "onboarded").get("status") == "done", "the stream is set up")

    found = platform.ses.get_configuration_set(ConfigurationSetName="onboarded")
    assert found["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"
    assert found["ReputationOptions"]["ReputationMetricsEnabled"] is True
    assert {"Key": "tenant", "Value": "onboarded"} in found["Tags"]
    assert {"Key": "cost-centre", "Value": "42"} in found["Tags"]
    assert {tag["Key"] for tag in found["Tags"]} == {"sesguard", "tenant", "cost-centre"}
    (destination,) = platform.ses.get_configuration_set_event_destinations(ConfigurationSetName="onboarded")[
        "EventDestinations"
    ]
    assert destination["Name"] == "sesguard"
    assert destination["SnsDestination"]["TopicArn"] == platform.outputs["SesEventsTopicArn"]
    identity = platform.ses.get_email_identity(EmailIdentity="onboarded.example")
    assert identity["ConfigurationSetName"] == "onboarded"
    assert row(platform, "onboarded")["calls"] == "4"
    assert platform.item("onboarded")["tenant"] == {"S": "onboarded"}

    to = {"ToAddresses": ["somebody@inbox.example"]}
    platform.ses.send_email(FromEmailAddress="news@onboarded.example", Destination=to, Content=CONTENT)
    platform.wait_until(lambda: platform.counted("onboarded")[0] == 1, "mail that names no set is counted")

    platform.dynamodb.delete_item(TableName=platform.outputs["TenantsTableName"], Key={"id": {"S": "onboarded"}})
    platform.wait_until(lambda: not row(platform, "onboarded"), "all of it is taken away")
    assert "onboarded" not in platform.ses.list_configuration_sets()["ConfigurationSets"]
    assert "ConfigurationSetName" not in platform.ses.get_email_identity(EmailIdentity="onboarded.example")
    assert journal(platform, "onboarded") == ["offboarded"]
    assert platform.item("onboarded")["tenant"] == {"S": "onboarded"}


def test_a_set_that_others_made_is_left_alone_and_the_operator_is_told(platform):
    platform.ses.create_configuration_set(ConfigurationSetName="others-own", Tags=[{"Key": "team", "Value": "web"}])
    put(platform, "others", streams=stream("others-own"))
    platform.wait_until(lambda: row(platform, "others-own").get("status") == "failed", "it is refused")
    assert "was not made by the guard: say adopt" in row(platform, "others-own")["problem"]
    assert platform.ses.get_configuration_set(ConfigurationSetName="others-own")["Tags"] == [
        {"Key": "team", "Value": "web"}
    ]
    platform.wait_until(
        lambda: any("others-own: configuration set" in told for told in platform.told()), "the operator is told"
    )
    platform.dynamodb.delete_item(TableName=platform.outputs["TenantsTableName"], Key={"id": {"S": "others"}})
    platform.wait_until(lambda: not row(platform, "others-own"), "it is forgotten")
    assert "others-own" in platform.ses.list_configuration_sets()["ConfigurationSets"]


def test_what_is_wrong_with_an_item_is_on_record_and_holds_up_nobody(platform):
    put(platform, "nonsense", streams=stream("non sense", policy={"S": "no-such-policy"}))
    put(platform, "sensible", streams=stream("sensible"))
    key = {"stream": {"S": "@tenant/nonsense"}}

    def problem() -> str:
        answer = platform.dynamodb.get_item(TableName=platform.outputs["OnboardingTableName"], Key=key)
        return answer.get("Item", {}).get("problem", {}).get("S", "")

    platform.wait_until(problem, "the item is refused")
    assert "configuration_set" in problem()
    assert "policy" in problem()
    platform.wait_until(lambda: row(platform, "sensible").get("status") == "done", "the other is set up")
