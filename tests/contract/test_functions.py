"""Functions in the local cloud: what their role allows, and the batches that a queue hands them."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from tests.contract.conftest import Account

pytestmark = pytest.mark.emulator

SENDS_MAIL = """
import boto3

def handler(event, context):
    try:
        boto3.client("sesv2").send_email(**event)
    except Exception as error:
        return error.response["Error"]["Code"]
    return "sent"
"""
REPORTS_ITS_BATCH = """
import json, os
import boto3

def handler(event, context):
    queue = event["Records"][0]["body"]
    boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=str(len(event["Records"])))
"""
MAIL = {
    "FromEmailAddress": "guard@platform.example",
    "ConfigurationSetName": "notices",
    "Destination": {"ToAddresses": ["owner@acme.example"]},
    "Content": {"Simple": {"Subject": {"Data": "Paused"}, "Body": {"Text": {"Data": "Why"}}}},
}


def a_sender(aws):
    aws.sesv2.create_email_identity(EmailIdentity="platform.example")
    aws.sesv2.create_configuration_set(ConfigurationSetName="notices")


def arns(aws, *resources):
    return [f"arn:aws:ses:us-east-1:{aws.id}:{resource}" for resource in resources]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (("identity/platform.example", "configuration-set/notices"), "sent"),
        (("identity/*", "configuration-set/*"), "sent"),
        (("identity/platform.example",), "AccessDeniedException"),
        (("configuration-set/notices",), "AccessDeniedException"),
        (("identity/other.example", "configuration-set/notices"), "AccessDeniedException"),
    ],
)
def test_sending_needs_permission_for_the_identity_and_the_configuration_set(aws, resources, expected):
    a_sender(aws)
    function = aws.function(aws.role(["ses:SendEmail"], arns(aws, *resources)), SENDS_MAIL)
    assert aws.invoke(function, MAIL) == expected


def test_a_function_may_only_do_what_its_role_allows(aws):
    a_sender(aws)
    role = aws.role(["ses:GetConfigurationSet"], arns(aws, "identity/*", "configuration-set/*"))
    assert aws.invoke(aws.function(role, SENDS_MAIL), MAIL) == "AccessDeniedException"


def metric(aws, namespace, name, **dimensions):
    """The sum and the maximum of a metric over the last minutes, or None where there is no such metric."""
    now = datetime.now(UTC)
    points = aws.cloudwatch.get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=600,
        Statistics=["Sum", "Maximum"],
    )["Datapoints"]
    return (sum(p["Sum"] for p in points), max(p["Maximum"] for p in points)) if points else None


def test_who_may_send_a_message_may_send_several(aws):
    url, arn = aws.queue("work")
    role = aws.role(["sqs:SendMessage"], [arn])
    code = """
import boto3

def handler(event, context):
    entries = [{"Id": "1", "MessageBody": "x"}]
    return boto3.client("sqs").send_message_batch(QueueUrl=event["url"], Entries=entries)["Successful"][0]["Id"]
"""
    assert aws.invoke(aws.function(role, code), {"url": url}) == "1"


def test_invocations_by_a_queue_are_counted_and_so_are_those_that_fail(aws):
    url, arn = aws.queue("work", VisibilityTimeout="60")
    function = aws.function(aws.role(["sqs:*"], ["*"]), "def handler(event, context): raise ValueError('no')")
    aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
    aws.sqs.send_message(QueueUrl=url, MessageBody="x")

    def counted():
        return [metric(aws, "AWS/Lambda", name, FunctionName=function) for name in ("Invocations", "Errors")]

    aws.wait_until(lambda: counted() == [(1, 1), (1, 1)], lambda: str(counted()))


def test_invocations_by_the_api_are_counted_once(aws):
    function = aws.function(aws.role(["sqs:*"], ["*"]), "def handler(event, context): return 1")
    aws.invoke(function, {})
    assert metric(aws, "AWS/Lambda", "Invocations", FunctionName=function) == (1, 1)
    assert metric(aws, "AWS/Lambda", "Errors", FunctionName=function) == (0, 0)


def test_queues_publish_what_waits_in_them(aws):
    url, _ = aws.queue("work")
    for _ in range(3):
        aws.sqs.send_message(QueueUrl=url, MessageBody="x")

    def waiting():
        return metric(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", QueueName="work")

    aws.wait_until(lambda: (waiting() or (0, 0))[1] == 3, lambda: str(waiting()))
    assert metric(aws, "AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="work") is not None


def test_metrics_embedded_in_the_log_are_published(aws):
    code = """
import json

def handler(event, context):
    directive = {"Namespace": "Sesguard", "Dimensions": [["service"]], "Metrics": [{"Name": "Rejected"}]}
    print("not a metric")
    print(json.dumps({"_aws": {"Timestamp": event["now"], "CloudWatchMetrics": [directive]},
                      "service": "ingest", "Rejected": [2, 3]}))
"""
    function = aws.function(aws.role(["sqs:*"], ["*"]), code)
    aws.invoke(function, {"now": int(datetime.now(UTC).timestamp() * 1000)})
    assert metric(aws, "Sesguard", "Rejected", service="ingest") == (5, 3)


def batch_sizes(aws, messages, **mapping):
    """The sizes of the batches in which a function gets `messages` that were sent at once."""
    url, arn = aws.queue("work")
    reports, _ = aws.queue("reports")
    read = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:SendMessage"]
    function = aws.function(aws.role(read, ["*"]), REPORTS_ITS_BATCH)
    for start in range(0, messages, 10):
        entries = [{"Id": str(n), "MessageBody": reports} for n in range(start, min(start + 10, messages))]
        aws.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName=function, **mapping)
    sizes = [int(body) for body in aws.bodies(reports, lambda taken: sum(map(int, taken)) >= messages)]
    assert sum(sizes) == messages
    return sizes


def test_a_batch_holds_as_many_messages_as_the_mapping_asks_for(aws):
    assert batch_sizes(aws, 45, BatchSize=30, MaximumBatchingWindowInSeconds=1) == [30, 15]


def test_a_small_batch_is_gathered_for_the_window(aws):
    """Sent one by one after the mapping exists, so that only the window can bring them together."""
    url, arn = aws.queue("work")
    reports, _ = aws.queue("reports")
    function = aws.function(aws.role(["sqs:*"], ["*"]), REPORTS_ITS_BATCH)
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=function, BatchSize=1000, MaximumBatchingWindowInSeconds=2
    )
    for _ in range(5):
        aws.sqs.send_message(QueueUrl=url, MessageBody=reports)
    assert aws.bodies(reports, lambda taken: len(taken) == 1) == ["5"]


def test_a_message_that_is_reported_as_failed_comes_again_and_goes_to_the_dead_letters_at_last(aws):
    dead, dead_arn = aws.queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    # Longer than a function takes to start on a busy machine, or what it has taken comes again meanwhile.
    url, arn = aws.queue("work", RedrivePolicy=redrive, VisibilityTimeout="6")
    fails = """
def handler(event, context):
    failed = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": i} for i in failed]}
"""
    function = aws.function(aws.role(["sqs:*"], ["*"]), fails)
    aws.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName=function, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    for body in ("good", "bad"):
        aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    assert aws.bodies(dead, lambda taken: len(taken) == 1) == ["bad"]


WHERE_IT_IS = """
import os

def handler(event, context):
    return os.path.realpath(__file__)
"""


def where_its_code_is(account):
    return account.invoke(account.function(account.role(["sqs:*"], ["*"]), WHERE_IT_IS), {})


def test_functions_with_the_same_code_share_one_unpacked_copy(emulator):
    assert where_its_code_is(Account(emulator)) == where_its_code_is(Account(emulator))


IMPORTED_WHEN_IT_BEGINS = """
import sys
imported = "boto3" in sys.modules

def handler(event, context):
    return imported
"""


def begins_with_the_library(account):
    return account.invoke(account.function(account.role(["sqs:*"], ["*"]), IMPORTED_WHEN_IT_BEGINS), {})


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="functions are forked on Linux only")
def test_functions_begin_with_the_library_imported(emulator):
    assert begins_with_the_library(Account(emulator))


TAKES_LONGER_THAN_ITS_INTERVAL = """
import time
import boto3

def handler(event, context):
    began = time.time()
    time.sleep(12)
    boto3.client("sqs").send_message(QueueUrl=event["url"], MessageBody=f"{began} {time.time()}")
"""


def test_a_function_is_not_started_by_its_schedule_while_it_runs_from_the_time_before(aws):
    url, arn = aws.queue("ran")
    function = aws.function(aws.role(["sqs:SendMessage"], [arn]), TAKES_LONGER_THAN_ITS_INTERVAL)
    its_arn = aws.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    aws.events.put_rule(Name="each-minute", ScheduleExpression="rate(1 minute)")  # here: each ten seconds
    target = {"Id": "it", "Arn": its_arn, "Input": json.dumps({"url": url})}
    aws.events.put_targets(Rule="each-minute", Targets=[target])
    ran = [aws.bodies(url, lambda taken: len(taken) == 1)[0] for _ in range(2)]
    aws.events.disable_rule(Name="each-minute")
    (_, first_ended), (second_began, _) = ([float(it) for it in body.split()] for body in ran)
    assert second_began >= first_ended
