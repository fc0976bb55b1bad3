"""EventBridge rules in the local cloud reach only what lets them."""

import json

import pytest

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize(
    ("service", "expected"), [("events.amazonaws.com", ["event", "end"]), ("sns.amazonaws.com", ["end"])]
)
def test_a_queue_gets_events_only_where_its_policy_lets_the_rule(aws, service, expected):
    condition = {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:us-east-1:{aws.id}:rule/events"}}
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]})
    queue = aws.queue_of_events({"source": ["test"]}, Policy=policy)
    aws.events.put_events(Entries=[{"Source": "test", "DetailType": "event", "Detail": "{}"}])
    aws.sqs.send_message(QueueUrl=queue, MessageBody='{"detail-type": "end"}')
    bodies = aws.bodies(queue, lambda taken: len(taken) == len(expected))
    assert [json.loads(body)["detail-type"] for body in bodies] == expected


PUTS_TARGETS = """
import boto3

def handler(event, context):
    targets = [{"Id": "queue", "Arn": event["queue"]}]
    return boto3.client("events").put_targets(Rule="drill", Targets=targets)["FailedEntryCount"]
"""


def test_targets_are_put_by_who_may_do_so_with_their_rule(aws):
    aws.events.put_rule(Name="drill", EventPattern='{"source": ["sesguard"]}')
    role = aws.role(["events:PutTargets"], [f"arn:aws:events:us-east-1:{aws.id}:rule/drill"])
    assert aws.invoke(aws.function(role, PUTS_TARGETS), {"queue": aws.queue("work")[1]}) == 0
