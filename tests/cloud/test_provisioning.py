"""A tenant that is put into the registry by code becomes a configured sender, and goes away again."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.setting_up import stream_of
from tests.ses_events import Event, a_bounce, a_legacy, a_mail

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
    key = str(stream_of("onboarded"))
    platform.wait_in_haste(key, lambda: not row(platform, "onboarded"), "all of it is taken away")
    assert "onboarded" not in platform.ses.list_configuration_sets()["ConfigurationSets"]
    assert "ConfigurationSetName" not in platform.ses.get_email_identity(EmailIdentity="onboarded.example")
    assert journal(platform, "onboarded") == ["offboarded"]
    assert platform.item("onboarded")["tenant"] == {"S": "onboarded"}


def test_outcomes_of_identities_go_to_their_stream_and_a_framing_attempt_to_nobodys(platform):
    for name in ("victim", "mallory"):
        wanted = stream(f"{name}-news", identities={"L": [{"S": f"{name}.example"}]})
        platform.ses.create_email_identity(EmailIdentity=f"{name}.example")
        put(platform, name, streams=wanted)
    home = str(stream_of(""))

    def known() -> bool:
        key = {"stream": {"S": home}, "cohort": {"S": "d#senders#sets"}}
        item = platform.dynamodb.get_item(TableName=platform.outputs["CohortsTableName"], Key=key).get("Item")
        return item is not None and b"mallory-news" in zlib.decompress(item["tenants"]["B"])

    platform.wait_until(known, "register has told ingest")
    _forget_what_was_read(platform)
    # A notice of the victim's identity, which names no set; and mail of mallory's that names the victim's.
    _receive(platform, a_legacy(a_bounce(mail=_mail_from("victim.example"), feedbackId="notice")))
    _receive(
        platform, a_bounce(mail=_mail_from("mallory.example", configuration_set="victim-news"), feedbackId="framed")
    )
    platform.wait_until(lambda: platform.counted("victim-news")[1] == 1, "the notice is counted for its stream")

    def framed() -> int:
        keys = {":s": {"S": str(stream_of("victim-news"))}, ":o": {"S": "o#"}}
        items = platform.dynamodb.query(
            TableName=platform.outputs["CohortsTableName"],
            KeyConditionExpression="#s = :s AND begins_with(cohort, :o)",
            ExpressionAttributeNames={"#s": "stream"},
            ExpressionAttributeValues=keys,
        )["Items"]
        return sum(int(value["N"]) for item in items for name, value in item.items() if name.startswith("y"))

    platform.wait_until(lambda: framed() == 1, "the framing attempt is counted beside the others")
    assert platform.counted("victim-news")[1] == 1


def _mail_from(identity: str, **fields: Any) -> Event:
    account, region, _ = stream_of("")
    arn = f"arn:aws:ses:{region}:{account}:identity/{identity}"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return a_mail(sourceArn=arn, sendingAccountId=account, timestamp=now, **fields)


def _receive(platform, event: Event) -> None:
    topic = platform.outputs["SesEventsTopicArn"]
    platform.cloud.client("sns").publish(TopicArn=topic, Message=json.dumps(event))


def _forget_what_was_read(platform) -> None:
    """Start ingest anew: it reads who sends from where every ten minutes."""
    lambda_ = platform.cloud.client("lambda")
    name = platform.outputs["IngestFunctionName"]
    variables = lambda_.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    lambda_.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "POWERTOOLS_LOG_LEVEL": "INFO"}}
    )


def test_a_set_that_others_made_is_left_alone_and_the_operator_is_told(platform):
    platform.ses.create_configuration_set(ConfigurationSetName="others-own", Tags=[{"Key": "team", "Value": "web"}])
    put(platform, "others", streams=stream("others-own"))
    platform.wait_until(lambda: row(platform, "others-own").get("status") == "failed", "it is refused")
    assert "was not made by the guard: say adopt" in row(platform, "others-own")["problem"]
    assert platform.ses.get_configuration_set(ConfigurationSetName="others-own")["Tags"] == [
        {"Key": "team", "Value": "web"}
    ]
    platform.wait_for_report(
        lambda: any("others-own: configuration set" in told for told in platform.told()), "the operator is told"
    )
    platform.dynamodb.delete_item(TableName=platform.outputs["TenantsTableName"], Key={"id": {"S": "others"}})
    key = str(stream_of("others-own"))
    platform.wait_in_haste(key, lambda: not row(platform, "others-own"), "it is forgotten")
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
