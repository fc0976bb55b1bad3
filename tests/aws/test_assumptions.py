"""Assumptions of docs/aws-assumptions.md on mail, its events and the deployed stack."""

import json
import os
import re
import time
from pathlib import Path

import pytest

from tests.aws.conftest import ON_AWS, PAUSED, SETTLING_SECONDS, assumes, refused
from tests.aws.leftovers import remove_leftovers

pytestmark = pytest.mark.emulator
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs/aws-assumptions.md").read_text()
ROWS = re.findall(r"^\| (A\d\d) \|.*\| (\S+) \|$", DOCUMENT, re.MULTILINE)
A_MOMENT_SECONDS = 15
TRIES = r'@assumes\("(A\d\d)"\)\n(?:@.*\n)*def (\w+)'


def bus(account):
    return account.arn("events", "event-bus/default")


def to_bus(account):
    return {"EventBridgeDestination": {"EventBusArn": bus(account)}}


def published(account):
    """A set whose events go to a topic as the template makes it, and the queue behind it."""
    topic = account.topic("ses.amazonaws.com", account.arn("ses", "configuration-set/*"))
    url, arn = account.queue()
    account.subscribe(topic, arn)
    name = account.configuration_set()
    account.destination(name, SnsDestination={"TopicArn": topic})
    return name, url


def of_mail(bodies):
    """Kind and message id of what is an event of a mail."""
    return {(event["eventType"], event["mail"]["messageId"]) for event in events_in(bodies) if "mail" in event}


def events_in(bodies):
    return [json.loads(body) for body in bodies if body.startswith("{")]


def event_of(account, url, kind, sent):
    """An event of a mail that was sent, once it has come: there may be two of it."""
    bodies = account.bodies(url, lambda taken: (kind, sent) in of_mail(taken))
    return next(event for event in events_in(bodies) if event.get("eventType") == kind)


@assumes("A01")
def test_ses_publishes_to_an_encrypted_topic_that_is_open_to_sets_of_this_account(account):
    name, url = published(account)
    sent = account.send("bounce", name)
    bodies = account.bodies(url, lambda taken: {("Send", sent), ("Bounce", sent)} <= of_mail(taken))
    assert of_mail(bodies) >= {("Send", sent), ("Bounce", sent)}


@assumes("A02")
def test_a_complaint_of_the_simulator_comes_as_a_complaint_with_the_set_in_its_tags(account):
    name, url = published(account)
    complaint = event_of(account, url, "Complaint", account.send("complaint", name))
    assert complaint["mail"]["tags"]["ses:configuration-set"] == [name]
    assert complaint["complaint"]["feedbackId"]


@assumes("A40")
def test_an_event_of_a_mail_names_the_senders_domain_and_has_the_headers(account):
    name, url = published(account)
    mail = event_of(account, url, "Send", account.send("success", name))["mail"]
    assert mail["tags"]["ses:from-domain"] == [account.sender.rpartition("@")[2]]
    assert "Subject" in [header["name"] for header in mail["headers"]]


@assumes("A03")
def test_mail_of_a_set_that_is_off_is_refused_and_sent_again_once_it_is_on(account):
    name = account.configuration_set()
    account.sesv2.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
    account.wait_until(lambda: account.refusal("success", name) in PAUSED)
    account.sesv2.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)
    account.wait_until(lambda: account.refusal("success", name) == "")


@assumes("A04")
def test_a_set_is_found_a_moment_after_it_was_made(account):
    began = time.monotonic()
    name = account.configuration_set()
    assert time.monotonic() - began < A_MOMENT_SECONDS
    account.destination(name, **to_bus(account))
    account.wait_until(lambda: [each["Name"] for each in account.destinations(name)] == ["sesguard"])


@assumes("A05")
def test_an_event_destination_is_moved_from_a_topic_to_the_default_bus_in_one_call(account):
    name, _ = published(account)
    account.destination(name, "update", **to_bus(account))

    def moved():
        (found,) = account.destinations(name)
        return "SnsDestination" not in found and found["EventBridgeDestination"]["EventBusArn"] == bus(account)

    account.wait_until(moved)


@assumes("A06")
def test_ses_publishes_to_the_default_bus_what_a_rule_without_the_guards_own_mail_takes(account):
    name = account.configuration_set()
    account.destination(name, **to_bus(account))
    url, arn = account.queue()
    pattern = {
        "source": ["aws.ses"],
        "detail-type": ["Email Sent", "Email Bounced"],
        "detail": {"mail": {"tags": {"ses:configuration-set": [{"exists": False}, {"anything-but": ["nobodys"]}]}}},
    }
    rule = f"{account.prefix}-rule"
    account.remove(account.events.delete_rule, Name=rule)
    account.events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    account.remove(account.events.remove_targets, Rule=rule, Ids=["queue"])
    account.events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn}])
    time.sleep(SETTLING_SECONDS)
    sent = account.send("bounce", name)

    def kinds(taken):
        found = [json.loads(body) for body in taken]
        return {it["detail-type"] for it in found if it["detail"]["mail"]["messageId"] == sent}

    account.bodies(url, lambda taken: kinds(taken) == {"Email Sent", "Email Bounced"})


@assumes("A07")
def test_what_belongs_to_an_ses_tenant_is_listed_without_a_filter_by_arn(account):
    arn = account.arn("ses", f"configuration-set/{account.configuration_set()}")
    tenant = account.tenant(arn)

    def listed():
        found = account.sesv2.list_tenant_resources(TenantName=tenant)["TenantResources"]
        return arn in [each["ResourceArn"] for each in found]

    account.wait_until(listed)


@assumes("A08")
def test_an_alarm_that_is_set_publishes_to_an_encrypted_topic(account):
    name, url = account.alarm_heard()
    account.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    (body, *_) = account.bodies(url, lambda taken: any(json.loads(it)["AlarmName"] == name for it in taken))
    assert json.loads(body)["NewStateValue"] == "ALARM"


@assumes("A09")
def test_an_empty_set_is_no_value_for_dynamodb(account):
    table = account.table()
    code = refused(
        account.dynamodb.update_item,
        TableName=table,
        Key={"id": {"S": "told"}},
        UpdateExpression="DELETE #keys :keys",
        ExpressionAttributeNames={"#keys": "keys"},
        ExpressionAttributeValues={":keys": {"SS": []}},
    )
    assert code == "ValidationException"


@assumes("A10")
def test_a_queue_without_a_poller_says_at_once_how_many_messages_it_holds(account):
    url, _ = account.queue("dead")
    account.sqs.send_message(QueueUrl=url, MessageBody="given up")

    def messages():
        names = ["ApproximateNumberOfMessages"]
        found = account.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found["ApproximateNumberOfMessages"])

    account.wait_until(lambda: messages() == 1)


@pytest.mark.skipif(ON_AWS, reason="of what a run on AWS leaves, the next one shows it")
def test_what_a_run_leaves_that_was_killed_is_found_by_its_name_and_nothing_else(account):
    account.remove = account.remove_all = lambda *_, **__: None  # killed before it could
    left, _ = published(account)
    account.tenant(account.arn("ses", f"configuration-set/{left}"))
    rule, pattern = f"{account.prefix}-rule", json.dumps({"source": ["aws.ses"]})
    account.events.put_rule(Name=rule, EventPattern=pattern)
    account.events.put_targets(
        Rule=rule, Targets=[{"Id": "queue", "Arn": account.arn("sqs", f"{account.prefix}-queue")}]
    )
    account.sesv2.create_configuration_set(ConfigurationSetName="sesguard-test-eu-set")  # of somebody's stack

    assert remove_leftovers(account.client, lambda _: None) == []
    assert account.sesv2.list_configuration_sets()["ConfigurationSets"] == ["sesguard-test-eu-set"]
    assert not account.sesv2.list_tenants()["Tenants"]
    assert not account.events.list_rules(NamePrefix="sesguard-test-")["Rules"]
    assert not account.sns.list_topics()["Topics"]
    assert not account.sqs.list_queues().get("QueueUrls")
    assert not [each for each in account.kms.list_aliases()["Aliases"] if "sesguard" in each["AliasName"]]
    keys = [each["KeyId"] for each in account.kms.list_keys()["Keys"]]
    assert {account.kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys} == {"PendingDeletion"}


NEEDS_THE_STACK = pytest.mark.skipif(not ON_AWS, reason="needs a stack on AWS, which make test-aws deploys")


def stack_of(account):
    """Physical names of the deployed stack's resources."""
    name = os.environ["SESGUARD_TEST_STACK"]
    pages = account.cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}


@assumes("A11")
@NEEDS_THE_STACK
def test_a_function_may_be_allowed_to_recurse(account):
    resources = stack_of(account)
    for name in ("EnforceFunction", "OnboardFunction"):
        found = account.client("lambda").get_function_recursion_config(FunctionName=resources[name])
        assert found["RecursiveLoop"] == "Allow"


@assumes("A12")
@NEEDS_THE_STACK
def test_a_set_whose_mail_bounces_is_paused_by_the_deployed_guard(account):
    name = account.configuration_set()
    account.destination(name, SnsDestination={"TopicArn": stack_of(account)["SesEventsTopic"]})

    account.send("bounce", name)  # which SES takes: a refusal for another reason than a pause confirms nothing
    # By sending, and not by GetConfigurationSet: that would use up the one control call a second that a pause needs.
    account.wait_until(lambda: account.refusal("bounce", name) in PAUSED)


@assumes("A78")
@NEEDS_THE_STACK
def test_cloudformation_names_what_it_makes_after_stack_and_resource(account):
    kinds = ("Function", "Queue", "Topic", "Rule")
    names = {
        logical: re.split("[:/|]", physical)[-1]
        for logical, physical in stack_of(account).items()
        if logical.endswith(kinds)
    }
    stack = os.environ["SESGUARD_TEST_STACK"]
    assert names
    assert not {name for logical, name in names.items() if not name.startswith(f"{stack}-{logical}-")}


def test_every_assumption_says_how_it_is_tried_and_every_test_has_its_row():
    tried = {number: test for number, test in ROWS if test != "no"}
    texts = [path.read_text() for path in Path(__file__).parent.glob("test_*.py")]
    here = {number: name for text in texts for number, name in re.findall(TRIES, text)}
    assert tried == {number: f"`{name}`" for number, name in here.items()}
    assert len({number for number, _ in ROWS}) == len(ROWS) > len(tried)
