"""The local cloud's SES tenants can be stopped and started, and SES tells of it, as Amazon SES documents."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.contract.test_ses import a_configuration_set, error_of, send

pytestmark = pytest.mark.emulator

VERDICT = "localcloud:aws-managed-status"


@pytest.fixture
def tenant(aws):
    """A tenant of a configuration set: its ARN."""
    a_configuration_set(aws)
    return aws.sesv2.create_tenant(TenantName="acme")["TenantArn"]


def put(aws, tenant, status):
    aws.sesv2.update_reputation_entity_customer_managed_status(
        ReputationEntityType="RESOURCE", ReputationEntityReference=tenant, SendingStatus=status
    )


def entity(aws, tenant):
    answer = aws.sesv2.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=tenant)
    return answer["ReputationEntity"]


def verdict(aws, tenant, status):
    aws.sesv2.tag_resource(ResourceArn=tenant, Tags=[{"Key": VERDICT, "Value": status}])


def test_mail_of_a_stopped_tenant_is_refused_until_it_may_send_again(aws, tenant):
    send(aws, "one@customer.example", TenantName="acme")
    put(aws, tenant, "DISABLED")
    assert error_of(lambda: send(aws, "two@customer.example", TenantName="acme")) == ("SendingPausedException", 400)
    send(aws, "three@customer.example")
    for status in ("ENABLED", "REINSTATED"):
        put(aws, tenant, status)
        send(aws, "four@customer.example", TenantName="acme")


def test_a_tenants_entity_says_what_the_customer_and_what_ses_decided(aws, tenant):
    assert entity(aws, tenant)["SendingStatusAggregate"] == "ENABLED"
    put(aws, tenant, "DISABLED")
    said = entity(aws, tenant)
    assert (said["CustomerManagedStatus"]["Status"], said["AwsSesManagedStatus"]["Status"]) == ("DISABLED", "ENABLED")
    assert said["SendingStatusAggregate"] == "DISABLED"
    assert said["CustomerManagedStatus"]["LastUpdatedTimestamp"].year >= 2026


def test_what_ses_has_stopped_the_customer_cannot_start(aws, tenant):
    verdict(aws, tenant, "DISABLED")
    put(aws, tenant, "ENABLED")
    assert entity(aws, tenant)["SendingStatusAggregate"] == "DISABLED"
    assert aws.sesv2.get_tenant(TenantName="acme")["Tenant"]["SendingStatus"] == "DISABLED"
    verdict(aws, tenant, "ENABLED")
    assert entity(aws, tenant)["SendingStatusAggregate"] == "ENABLED"


def test_an_entity_that_is_not_there_is_not_found(aws, tenant):
    with pytest.raises(ClientError) as refused:
        entity(aws, tenant + "0")
    assert refused.value.response["Error"]["Code"] == "NotFoundException"


def test_ses_tells_of_each_change_and_whose_it_is(aws, tenant):
    queue = aws.queue_of_events({"source": ["aws.ses"], "detail-type": [{"prefix": "Sending Status "}]})
    put(aws, tenant, "DISABLED")
    put(aws, tenant, "REINSTATED")
    verdict(aws, tenant, "DISABLED")
    events = [json.loads(body) for body in aws.bodies(queue, lambda taken: len(taken) == 3)]
    said = {
        (it["detail-type"], it["detail"]["data"]["origin"], it["detail"]["data"]["record"]["status"]) for it in events
    }
    assert said == {
        ("Sending Status Disabled", "CUSTOMER_MANAGED", "DISABLED"),
        ("Sending Status Enabled", "CUSTOMER_MANAGED", "REINSTATED"),
        ("Sending Status Disabled", "AWS_MANAGED", "DISABLED"),
    }
    for event in events:
        assert event["resources"] == [tenant]
        instant = event["detail"]["data"]["record"]["lastUpdatedTimestamp"]
        assert len(instant) == 7
        assert all(isinstance(part, int) for part in instant)


@pytest.mark.parametrize(("resource", "allowed"), [("tenant/*", True), ("tenant/other/*", False)])
def test_a_role_is_held_to_the_tenants_that_it_names(aws, tenant, resource, allowed):
    actions = [
        "ses:GetReputationEntity",
        "ses:ListTenantResources",
        "ses:UpdateReputationEntityCustomerManagedStatus",
    ]
    role = aws.role(actions, [f"arn:aws:ses:us-east-1:{aws.id}:{resource}"])
    code = f"""
import boto3
from botocore.exceptions import ClientError
def handler(event, context):
    ses = boto3.client("sesv2")
    named = dict(ReputationEntityType="RESOURCE", ReputationEntityReference="{tenant}")
    try:
        ses.list_tenant_resources(TenantName="acme")
        ses.update_reputation_entity_customer_managed_status(SendingStatus="DISABLED", **named)
        return ses.get_reputation_entity(**named)["ReputationEntity"]["SendingStatusAggregate"]
    except ClientError as error:
        return error.response["Error"]["Code"]
"""
    answer = aws.invoke(aws.function(role, code), {})
    assert (answer == "DISABLED") is allowed, answer
