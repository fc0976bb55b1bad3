"""``sesguard doctor`` on the deployed guard: each thing that it checks is broken, found, mended, and found no more."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from localcloud.cloud import ACCOUNT, REGION
from localcloud.mailbox import NOTICE_SENDER
from localcloud.setting_up import stream_of
from sesguard.doctor.check import CheckOutcome, CheckResult
from sesguard.doctor.run import CHECKS, find_checks, run_checks
from sesguard.wiring.doctor import deployment_of
from sesguard.wiring.operator import open_guard
from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform
from tests.fakes.servers import Server

pytestmark = pytest.mark.cloud
ALL = 10_000
Broken = Callable[[Platform], AbstractContextManager[str]]


def look(
    platform: Platform, name: str, keys: tuple[str, str] = (ACCOUNT, "local"), later: timedelta = timedelta()
) -> CheckResult:
    """Make one check now, or as if it were ``later``."""
    guard = open_guard("sesguard", region=REGION, endpoint=platform.cloud.emulator.endpoint, keys=keys)
    now = datetime.now(UTC) + later
    deployment = deployment_of(guard, now, ALL, sleep=lambda seconds: time.sleep(min(seconds, 0.01)))
    (result,) = run_checks(find_checks([name]), deployment)
    return result


def found(platform: Platform, name: str, subject: str) -> bool:
    result = look(platform, name)
    assert not result.trouble, result.trouble
    return any(subject in f"{each.subject} {each.problem}" for each in result.findings)


# ---- what is broken, each as a context that says on what the finding has to be, and mends it at its end


@contextmanager
def an_account_that_is_off(platform: Platform) -> Iterator[str]:
    platform.ses.put_account_sending_attributes(SendingEnabled=False)
    yield "sending is off"
    platform.ses.put_account_sending_attributes(SendingEnabled=True)


@contextmanager
def the_notice_set_off(platform: Platform) -> Iterator[str]:
    name = platform.outputs["NoticeConfigurationSetName"]
    platform.ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
    yield name
    platform.ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)


@contextmanager
def a_sender_that_is_not_verified(platform: Platform) -> Iterator[str]:
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{NOTICE_SENDER}"
    tag = {"Key": "localcloud:verification", "Value": "PENDING"}
    platform.ses.tag_resource(ResourceArn=arn, Tags=[tag])
    yield "has not verified"
    platform.ses.untag_resource(ResourceArn=arn, TagKeys=[tag["Key"]])


@contextmanager
def an_operator_who_has_not_confirmed(platform: Platform) -> Iterator[str]:
    sns = platform.cloud.client("sns")
    topic = platform.outputs["OperatorTopicArn"]
    with Server(lambda line: line.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")) as pager:
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=pager.origin)
        yield "wait to be confirmed"
        platform.wait_until(lambda: pager.requests, "SNS asks to be confirmed")
        token = re.search(rb'"Token": ?"([^"]+)"', pager.requests[0])
        assert token
        confirmed = sns.confirm_subscription(TopicArn=topic, Token=token[1].decode())
        sns.unsubscribe(SubscriptionArn=confirmed["SubscriptionArn"])


@contextmanager
def a_set_without_destination(platform: Platform) -> Iterator[str]:
    platform.ses.create_configuration_set(ConfigurationSetName="blind")
    yield "blind publishes nothing"
    platform.ses.delete_configuration_set(ConfigurationSetName="blind")


def _destination(platform: Platform, **change: Any) -> str:
    name = platform.stream()
    topic = {"TopicArn": platform.outputs["SesEventsTopicArn"]}
    wanted = {"Enabled": True, "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT"], "SnsDestination": topic}
    platform.ses.update_configuration_set_event_destination(
        ConfigurationSetName=name, EventDestinationName="sesguard-0", EventDestination={**wanted, **change}
    )
    return name


@contextmanager
def a_destination_that_is_off(platform: Platform) -> Iterator[str]:
    name = _destination(platform, Enabled=False)
    yield f"{name} its event destination is switched off"
    platform.ses.delete_configuration_set(ConfigurationSetName=name)


@contextmanager
def a_destination_of_other_events(platform: Platform) -> Iterator[str]:
    name = _destination(platform, MatchingEventTypes=["SEND", "BOUNCE"])
    yield f"{name} its event destination leaves out COMPLAINT"
    platform.ses.delete_configuration_set(ConfigurationSetName=name)


@contextmanager
def a_set_without_metrics(platform: Platform) -> Iterator[str]:
    name = platform.stream()
    platform.ses.put_configuration_set_reputation_options(ConfigurationSetName=name, ReputationMetricsEnabled=False)
    yield f"{name} its reputation metrics"
    platform.ses.put_configuration_set_reputation_options(ConfigurationSetName=name, ReputationMetricsEnabled=True)


@contextmanager
def an_identity_without_a_default_set(platform: Platform) -> Iterator[str]:
    platform.ses.create_email_identity(EmailIdentity="loose.example")
    yield "loose.example"
    set_name = platform.stream()
    platform.ses.put_email_identity_configuration_set_attributes(
        EmailIdentity="loose.example", ConfigurationSetName=set_name
    )


def _register(platform: Platform, tenant: str, *streams: tuple[str, str]) -> None:
    """Put a tenant with streams, each a region and a configuration set, into the registry as it is stored."""
    entries = [
        {
            "M": {
                "account": {"S": ACCOUNT},
                "region": {"S": region},
                "configuration_set": {"S": name},
                "adopt": {"BOOL": True},
            }
        }
        for region, name in streams
    ]
    item: dict[str, Any] = {"id": {"S": tenant}, "streams": {"L": entries}}
    item["contacts"] = {"L": [{"S": "owner@tenant.example"}]}
    platform.dynamodb.put_item(TableName=platform.outputs["TenantsTableName"], Item=item)


def _forget(platform: Platform, tenant: str) -> None:
    platform.dynamodb.delete_item(TableName=platform.outputs["TenantsTableName"], Key={"id": {"S": tenant}})


@contextmanager
def a_registered_set_that_is_gone(platform: Platform) -> Iterator[str]:
    name = platform.stream()
    _register(platform, "of-the-gone", (REGION, name))
    platform.wait_until(lambda: platform.item(name).get("tenant", {}).get("S") == "of-the-gone", "it is registered")
    platform.ses.delete_configuration_set(ConfigurationSetName=name)
    yield f"{name} is tenant of-the-gone's"
    _forget(platform, "of-the-gone")


@contextmanager
def a_set_that_somebody_turned_off(platform: Platform) -> Iterator[str]:
    name = platform.stream()
    platform.ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=False)
    yield f"{name} is off in SES"
    platform.ses.put_configuration_set_sending_options(ConfigurationSetName=name, SendingEnabled=True)


@contextmanager
def a_tenant_of_ses_with_its_own_policy(platform: Platform) -> Iterator[str]:
    arn = platform.ses.create_tenant(TenantName="self-judged")["TenantArn"]
    yield "self-judged"
    platform.ses.update_reputation_entity_policy(
        ReputationEntityType="RESOURCE",
        ReputationEntityReference=arn,
        ReputationEntityPolicy=f"arn:aws:ses:{REGION}:aws:reputation-policy/none",
    )


@contextmanager
def a_pool_without_addresses(platform: Platform) -> Iterator[str]:
    platform.ses.create_dedicated_ip_pool(PoolName="dry", ScalingMode="STANDARD")
    yield "dry"
    platform.ses.put_dedicated_ip_in_pool(Ip="198.51.100.7", DestinationPoolName="dry")


@contextmanager
def a_stream_of_another_region(platform: Platform) -> Iterator[str]:
    _register(platform, "abroad", ("eu-west-1", "abroad-news"))
    yield f"{ACCOUNT}/eu-west-1"
    _forget(platform, "abroad")


@contextmanager
def a_topic_that_lets_ses_out(platform: Platform) -> Iterator[str]:
    sns, topic = platform.cloud.client("sns"), platform.outputs["SesEventsTopicArn"]
    before = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    nobody = json.dumps({"Version": "2012-10-17", "Statement": []})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=nobody)
    yield "SesEventsTopic its policy does not let ses.amazonaws.com"
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=before)


@contextmanager
def a_queue_that_lets_the_topic_out(platform: Platform) -> Iterator[str]:
    sqs, queue = platform.cloud.client("sqs"), platform.outputs["AlarmQueueUrl"]
    before = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    changed = before.replace("sns.amazonaws.com", "events.amazonaws.com")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": changed})
    yield "AlarmQueue its policy does not let sns.amazonaws.com"
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": before})


@contextmanager
def a_rule_that_is_off(platform: Platform) -> Iterator[str]:
    events, rule = platform.cloud.client("events"), platform.physical("PostureDailyRule")
    events.disable_rule(Name=rule)
    yield "PostureDailyRule"
    events.enable_rule(Name=rule)


@contextmanager
def a_source_that_is_off(platform: Platform) -> Iterator[str]:
    lambda_, function = platform.cloud.client("lambda"), platform.outputs["PostureFunctionName"]
    (mapping,) = lambda_.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    yield function
    lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@contextmanager
def a_function_that_may_not_run(platform: Platform) -> Iterator[str]:
    lambda_, function = platform.cloud.client("lambda"), platform.outputs["PostureFunctionName"]
    lambda_.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    yield f"{function} may not run"
    lambda_.delete_function_concurrency(FunctionName=function)


@contextmanager
def a_dead_letter(platform: Platform) -> Iterator[str]:
    sqs, queue = platform.cloud.client("sqs"), platform.physical("PostureDeadLetters")
    sqs.send_message(QueueUrl=queue, MessageBody="{}")
    yield "PostureDeadLetters"
    sqs.purge_queue(QueueUrl=queue)


@contextmanager
def an_alarm_that_is_mute(platform: Platform) -> Iterator[str]:
    cloudwatch = platform.cloud.client("cloudwatch")
    name = cloudwatch.describe_alarms(AlarmNamePrefix="sesguard-PostureAgeAlarm")["MetricAlarms"][0]["AlarmName"]
    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    yield name
    cloudwatch.enable_alarm_actions(AlarmNames=[name])


def _user(platform: Platform, name: str, *statements: dict[str, Any]) -> tuple[str, str]:
    iam = platform.cloud.client("iam")
    iam.create_user(UserName=name)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName=name, PolicyName="sesguard", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return key["AccessKeyId"], key["SecretAccessKey"]


@contextmanager
def a_user_who_may_name_any_set(platform: Platform) -> Iterator[str]:
    _user(platform, "any-set", {"Effect": "Allow", "Action": "ses:Send*", "Resource": "*"})
    yield "user/any-set"
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:"
    own = [f"{arn}identity/*", f"{arn}configuration-set/stream-001"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:Send*", "Resource": own}]}
    platform.cloud.client("iam").put_user_policy(
        UserName="any-set", PolicyName="sesguard", PolicyDocument=json.dumps(document)
    )


@contextmanager
def mail_that_nobody_counted(platform: Platform) -> Iterator[str]:
    datum = {"MetricName": "Send", "Value": 1_000_000.0, "Unit": "Count"}
    platform.cloud.client("cloudwatch").put_metric_data(Namespace="AWS/SES", MetricData=[datum])
    yield "SES took"


BREAKAGES: tuple[tuple[str, Broken], ...] = (
    ("enforcement", an_account_that_is_off),
    ("notice-sender", the_notice_set_off),
    ("notice-sender", a_sender_that_is_not_verified),
    ("operator", an_operator_who_has_not_confirmed),
    ("destinations", a_set_without_destination),
    ("destinations", a_destination_that_is_off),
    ("destinations", a_destination_of_other_events),
    ("reputation-metrics", a_set_without_metrics),
    ("default-sets", an_identity_without_a_default_set),
    ("registry", a_registered_set_that_is_gone),
    ("registry", a_set_that_somebody_turned_off),
    ("ses-tenants", a_tenant_of_ses_with_its_own_policy),
    ("pools", a_pool_without_addresses),
    ("elsewhere", a_stream_of_another_region),
    ("policies", a_topic_that_lets_ses_out),
    ("policies", a_queue_that_lets_the_topic_out),
    ("sources", a_rule_that_is_off),
    ("sources", a_source_that_is_off),
    ("throttled", a_function_that_may_not_run),
    ("dead-letters", a_dead_letter),
    ("alarms", an_alarm_that_is_mute),
    ("sending-access", a_user_who_may_name_any_set),
)


@pytest.mark.parametrize(("check", "broken"), BREAKAGES, ids=[broken.__name__ for _, broken in BREAKAGES])
def test_what_is_broken_is_found_until_it_is_mended(platform: Platform, check: str, broken: Broken) -> None:
    with broken(platform) as subject:
        platform.wait_until(lambda: found(platform, check, subject), f"{check} finds {subject}")
    platform.wait_until(lambda: not found(platform, check, subject), f"{check} finds {subject} no more")


def test_mail_that_ses_took_and_nobody_counted_is_found(platform: Platform) -> None:
    with mail_that_nobody_counted(platform) as subject:
        platform.wait_until(lambda: look(platform, "unseen-mail").findings, subject)


def test_a_sweep_that_has_not_run_is_found(platform: Platform) -> None:
    platform.wait_until(lambda: look(platform, "sweep").outcome is CheckOutcome.PASSED, "a sweep has run")
    assert "SweepFunction" in look(platform, "sweep", later=timedelta(hours=2)).findings[0].subject


def test_the_deployed_stack_is_of_this_version(platform: Platform) -> None:
    assert look(platform, "versions").outcome is CheckOutcome.PASSED
    assert look(platform, "clock").outcome is CheckOutcome.PASSED


BASE = {
    "Effect": "Allow",
    "Action": ["sts:GetCallerIdentity", "cloudformation:DescribeStacks"],
    "Resource": "*",
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_needs_exactly_the_actions_it_names(platform: Platform, check: Any) -> None:
    allowed = {"Effect": "Allow", "Action": sorted(check.actions), "Resource": "*"}
    keys = _user(platform, f"of-{check.name}", BASE, allowed)
    result = look(platform, check.name, keys)
    assert not result.trouble, result.trouble


def test_who_may_look_at_half_hears_which_half_and_the_rest_is_made(platform: Platform) -> None:
    half = {"Effect": "Allow", "Action": ["ses:*", "sns:*"], "Resource": "*"}
    key, secret = _user(platform, "half", BASE, half)
    environment = {
        **platform.cloud.emulator.environment(),
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
    }
    names = ["sandbox", "operator", "dead-letters", "sending-access"]
    words = [word for name in names for word in ("--only", name)]
    done = sesguard(environment, "doctor", "-o", "json", *words, "--sample", "2")
    assert done.returncode == 4, done.stderr
    outcomes = {each["name"]: each["outcome"] for each in json.loads(done.stdout)["checks"]}
    assert outcomes["dead-letters"] == outcomes["sending-access"] == "not_permitted"
    assert {outcomes["sandbox"], outcomes["operator"]} <= {"passed", "found"}


def test_a_stream_that_the_guard_has_paused_is_not_called_somebody_elses_doing(platform: Platform) -> None:
    stream = platform.stream()
    assert platform.send_bad(stream)
    platform.wait_until(lambda: not platform.may_send(stream), "it is paused")
    assert not found(platform, "registry", f"{stream} is off"), stream_of(stream)
