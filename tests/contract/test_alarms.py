"""The local cloud's alarms behave as CloudWatch documents."""

import json
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.emulator

MINUTE = timedelta(minutes=1)


def put_alarm(aws, name="risk", dimension="acme", topic=None, **overrides):
    settings = {
        "Namespace": "Sesguard",
        "MetricName": "Risk",
        "Dimensions": [{"Name": "ConfigurationSet", "Value": dimension}, {"Name": "Region", "Value": "us-east-1"}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "DatapointsToAlarm": 1,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "ignore",
        "AlarmActions": [topic] if topic else [],
        "OKActions": [topic] if topic else [],
    }
    aws.cloudwatch.put_metric_alarm(AlarmName=name, **{**settings, **overrides})


def put_risk(aws, value, dimension="acme", minutes_ago=0, **more_dimensions):
    dimensions = {"ConfigurationSet": dimension, "Region": "us-east-1", **more_dimensions}
    datum = {
        "MetricName": "Risk",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Timestamp": datetime.now(UTC) - MINUTE * minutes_ago,
        "Value": value,
    }
    aws.cloudwatch.put_metric_data(Namespace="Sesguard", MetricData=[datum])


def states(aws):
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in aws.cloudwatch.describe_alarms()["MetricAlarms"]}


def wait_for_states(aws, **expected):
    aws.wait_until(lambda: states(aws).items() >= expected.items(), lambda: str(states(aws)))


def wait_for_an_evaluation(aws):
    """All alarms have been evaluated when a state that somebody set has gone again."""
    put_alarm(aws, "clock", "nothing", TreatMissingData="missing")
    aws.cloudwatch.set_alarm_state(AlarmName="clock", StateValue="OK", StateReason="waiting")
    wait_for_states(aws, clock="INSUFFICIENT_DATA")


def alarm_messages(aws, queue, count):
    return [json.loads(body) for body in aws.bodies(queue, lambda taken: len(taken) >= count)]


def test_an_alarm_watches_only_the_metric_with_all_its_dimensions(aws):
    put_alarm(aws, "acme", "acme")
    put_alarm(aws, "other", "other")
    put_risk(aws, 2.0, "acme")
    put_risk(aws, 0.1, "other")
    put_risk(aws, 9.0, "other", Extra="dimension")
    wait_for_states(aws, acme="ALARM", other="OK")


def test_m_of_n_counts_breaching_periods(aws):
    for minutes_ago, value in ((1, 2.0), (2, 0.1), (3, 2.0)):
        put_risk(aws, value, minutes_ago=minutes_ago)
    put_alarm(aws, "two-of-three", EvaluationPeriods=3, DatapointsToAlarm=2)
    put_alarm(aws, "three-of-three", EvaluationPeriods=3, DatapointsToAlarm=3)
    wait_for_states(aws, **{"two-of-three": "ALARM", "three-of-three": "OK"})


def test_each_treatment_of_missing_data(aws):
    for treatment in ("missing", "ignore", "breaching", "notBreaching"):
        put_alarm(aws, treatment, TreatMissingData=treatment)
        aws.cloudwatch.set_alarm_state(AlarmName=treatment, StateValue="ALARM", StateReason="test")
    aws.cloudwatch.set_alarm_state(AlarmName="breaching", StateValue="OK", StateReason="test")
    wait_for_states(aws, missing="INSUFFICIENT_DATA", ignore="ALARM", breaching="ALARM", notBreaching="OK")


def test_metric_data_alone_changes_no_state_before_the_next_evaluation(aws):
    put_alarm(aws)
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="OK", StateReason="test")
    wait_for_an_evaluation(aws)
    put_risk(aws, 2.0)
    assert states(aws)["risk"] == "OK"
    wait_for_states(aws, risk="ALARM")


def test_set_alarm_state_fires_at_once_and_the_next_evaluation_takes_it_back(aws):
    topic = aws.topic("cloudwatch.amazonaws.com")
    queue = aws.subscribed_queue(topic)
    put_risk(aws, 0.1)
    put_alarm(aws, topic=topic)
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="tripped")
    created, tripped, back = alarm_messages(aws, queue, 3)
    assert [(m["OldStateValue"], m["NewStateValue"]) for m in (created, tripped, back)] == [
        ("INSUFFICIENT_DATA", "OK"),
        ("OK", "ALARM"),
        ("ALARM", "OK"),
    ]
    assert tripped["NewStateReason"] == "tripped"


def test_actions_run_on_changes_of_state_only(aws):
    topic = aws.topic("cloudwatch.amazonaws.com")
    queue = aws.subscribed_queue(topic)
    put_alarm(aws, topic=topic)
    put_risk(aws, 2.0)
    alarm_messages(aws, queue, 1)
    put_risk(aws, 3.0)
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="again")
    wait_for_an_evaluation(aws)
    aws.sns.publish(TopicArn=topic, Message='"end"')
    assert alarm_messages(aws, queue, 1) == ["end"]


def test_disabled_actions_do_not_run_but_the_event_goes_out(aws):
    topic = aws.topic("cloudwatch.amazonaws.com")
    queue = aws.subscribed_queue(topic)
    events = aws.queue_of_events({"source": ["aws.cloudwatch"]})
    put_alarm(aws, topic=topic, ActionsEnabled=False)
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="test")
    assert alarm_messages(aws, events, 1)[0]["detail"]["state"]["value"] == "ALARM"
    aws.sns.publish(TopicArn=topic, Message='"end"')
    assert alarm_messages(aws, queue, 1) == ["end"]


def test_the_message_has_the_documented_shape(aws):
    topic = aws.topic("cloudwatch.amazonaws.com")
    queue = aws.subscribed_queue(topic, raw=False)
    put_alarm(aws, topic=topic, AlarmDescription="watches acme")
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="tripped")
    (envelope,) = alarm_messages(aws, queue, 1)
    assert envelope["Subject"] == 'ALARM: "risk" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    changed = datetime.strptime(message.pop("StateChangeTime"), "%Y-%m-%dT%H:%M:%S.%f%z")
    configured = datetime.strptime(message.pop("AlarmConfigurationUpdatedTimestamp"), "%Y-%m-%dT%H:%M:%S.%f%z")
    assert configured <= changed
    assert message == {
        "AlarmName": "risk",
        "AlarmDescription": "watches acme",
        "AWSAccountId": aws.id,
        "NewStateValue": "ALARM",
        "NewStateReason": "tripped",
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{aws.id}:alarm:risk",
        "OldStateValue": "INSUFFICIENT_DATA",
        "OKActions": [topic],
        "AlarmActions": [topic],
        "InsufficientDataActions": [],
        "Trigger": {
            "MetricName": "Risk",
            "Namespace": "Sesguard",
            "StatisticType": "Statistic",
            "Statistic": "MAXIMUM",
            "Unit": None,
            "Dimensions": [
                {"name": "ConfigurationSet", "value": "acme"},
                {"name": "Region", "value": "us-east-1"},
            ],
            "Period": 60,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Threshold": 1.0,
            "TreatMissingData": "ignore",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def test_the_event_has_the_documented_shape(aws):
    events = aws.queue_of_events({"detail-type": ["CloudWatch Alarm State Change"]})
    put_risk(aws, 2.0)
    put_alarm(aws)
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="OK", StateReason="by hand")
    evaluated, by_hand, _ = alarm_messages(aws, events, 3)
    assert by_hand["source"] == "aws.cloudwatch"
    assert by_hand["resources"] == [f"arn:aws:cloudwatch:us-east-1:{aws.id}:alarm:risk"]
    detail = by_hand["detail"]
    assert set(detail) == {"alarmName", "state", "previousState", "configuration"}
    assert set(detail["state"]) == {"value", "reason", "timestamp"}, "without reasonData: set by hand"
    assert detail["previousState"] == evaluated["detail"]["state"]
    assert json.loads(detail["previousState"]["reasonData"])["recentDatapoints"] == [2.0]
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"]["dimensions"] == {"ConfigurationSet": "acme", "Region": "us-east-1"}


def test_a_topic_that_does_not_let_cloudwatch_publish_gets_nothing(aws):
    topic = aws.topic("ses.amazonaws.com")
    queue = aws.subscribed_queue(topic)
    put_alarm(aws, topic=topic)
    aws.cloudwatch.set_alarm_state(AlarmName="risk", StateValue="ALARM", StateReason="test")
    aws.sns.publish(TopicArn=topic, Message='"end"')
    assert alarm_messages(aws, queue, 1) == ["end"]


DELETES = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    try:
        boto3.client("cloudwatch").delete_alarms(AlarmNames=event)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "deleted"
"""


def test_alarms_are_deleted_where_each_of_their_names_is_allowed(aws):
    for name in ("sesguard-acme", "sesguard-shop", "other"):
        put_alarm(aws, name)
    allowed = [f"arn:aws:cloudwatch:us-east-1:{aws.id}:alarm:sesguard-*"]
    function = aws.function(aws.role(["cloudwatch:DeleteAlarms"], allowed), DELETES)
    assert aws.invoke(function, ["sesguard-acme", "other"]).startswith("AccessDenied")
    assert len(states(aws)) == 3
    assert aws.invoke(function, ["sesguard-acme", "sesguard-shop"]) == "deleted"
    assert states(aws).keys() == {"other"}
