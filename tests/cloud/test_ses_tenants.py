"""Streams that an SES tenant turns, and SES's own verdicts on it, through the deployed guard."""

import json

import pytest
from botocore.exceptions import ClientError

from localcloud.setting_up import PROBE_SENDER, stream_of

pytestmark = pytest.mark.cloud
CONTENT = {"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}}
VERDICT = "localcloud:aws-managed-status"


def by_tenant(platform, owner=""):
    """A stream that is turned by an SES tenant of its name: that name, and the tenant's ARN."""
    name = platform.stream(owner=owner)
    arn = platform.ses.create_tenant(TenantName=name)["TenantArn"]
    region, account = arn.split(":")[3:5]
    configuration_set = f"arn:aws:ses:{region}:{account}:configuration-set/{name}"
    platform.ses.create_tenant_resource_association(TenantName=name, ResourceArn=configuration_set)
    platform.dynamodb.update_item(
        TableName=platform.outputs["StreamsTableName"],
        Key={"stream": {"S": str(stream_of(name))}},
        UpdateExpression="SET switch = :switch",
        ExpressionAttributeValues={":switch": {"S": json.dumps({"kind": "tenant", "tenant_arn": arn})}},
    )
    return name, arn


def send(platform, name, *recipients):
    """Send as the tenant; whether SES took it."""
    try:
        platform.ses.send_email(
            FromEmailAddress=PROBE_SENDER,
            ConfigurationSetName=name,
            TenantName=name,
            Destination={"ToAddresses": list(recipients)},
            Content=CONTENT,
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "SendingPausedException":
            raise
        return False
    return True


def origin(platform, name):
    return json.loads(platform.item(name)["state"]["S"]).get("origin")


def test_a_bad_list_stops_the_tenant_and_its_set_stays_on(platform):
    name, arn = by_tenant(platform)
    gone = [f"gone-{number}@domain-{number % 6}.example" for number in range(48)]
    assert send(platform, name, *gone)
    platform.wait_until(lambda: not send(platform, name, "somebody@inbox.example"), "SES refuses the tenant's mail")
    platform.wait_until(lambda: platform.status(name) == "paused", "the pause is on record")
    assert platform.may_send(name)
    entity = platform.ses.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
    assert entity["ReputationEntity"]["CustomerManagedStatus"]["Status"] == "DISABLED"
    assert origin(platform, name) == "guard"


def test_what_ses_decides_is_on_record_and_told_and_ends_when_ses_ends_it(platform):
    owner = "owner@verdict.example"
    name, arn = by_tenant(platform, owner)
    platform.ses.tag_resource(ResourceArn=arn, Tags=[{"Key": VERDICT, "Value": "DISABLED"}])
    platform.wait_until(lambda: platform.status(name) == "paused", "the verdict is on record")
    assert origin(platform, name) == "aws"
    platform.wait_until(lambda: platform.waiting(platform.outputs["AlarmQueueUrl"]) == 0, "its event is done with")
    told = "Amazon SES has stopped"
    platform.wait_until(lambda: any(told in mail for mail in platform.mails_to(owner)), "the owner is told")
    platform.ses.tag_resource(ResourceArn=arn, Tags=[{"Key": VERDICT, "Value": "ENABLED"}])
    platform.wait_until(lambda: platform.status(name) == "probation", "the stream is back")
    assert send(platform, name, "somebody@inbox.example")
