"""Builders of CloudWatch's alarm messages, in the documented forms."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sesguard.stream import StreamId
from tests.fakes.world import ACME

Message = dict[str, Any]

MEASURED = "Threshold Crossed: 1 datapoint [1.2] was greater than or equal to the threshold (1.0)."
TRIPPED = "hard bounce rate 18 % > 5 % over 4 min: 91 of 500 mails"


def timestamp(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def own_trigger(stream: StreamId = ACME, metric: str = "Risk") -> Message:
    names = ("Account", "Region", "ConfigurationSet")
    dimensions = [{"value": value, "name": name} for name, value in zip(names, stream, strict=True)]
    return {"MetricName": metric, "Namespace": "Sesguard", "Dimensions": dimensions, "Threshold": 1.0}


def ses_trigger(stream: StreamId = ACME, metric: str = "Reputation.BounceRate") -> Message:
    dimensions = [{"value": stream.configuration_set, "name": "ses:configuration-set"}]
    return {"MetricName": metric, "Namespace": "AWS/SES", "Dimensions": dimensions, "Threshold": 0.05}


def an_alarm(
    at: datetime,
    value: str = "ALARM",
    trigger: Message | None = None,
    *,
    account: str = ACME.account,
    region: str = ACME.region,
    **fields: Any,
) -> Message:
    """An alarm as SNS carries it; the guard's own of acme-news, tripped, unless ``trigger`` says otherwise."""
    trigger = own_trigger() if trigger is None else trigger
    return {
        "AlarmName": "sesguard-acme",
        "AlarmDescription": None,
        "AWSAccountId": account,
        "NewStateValue": value,
        "NewStateReason": TRIPPED if trigger.get("Namespace") == "Sesguard" else MEASURED,
        "StateChangeTime": timestamp(at),
        "Region": "EU (Ireland)",
        "AlarmArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:sesguard-acme",
        "OldStateValue": "OK",
        "Trigger": trigger,
        **fields,
    }


def a_body(at: datetime, value: str = "ALARM", trigger: Message | None = None, **fields: Any) -> str:
    return json.dumps(an_alarm(at, value, trigger, **fields))


def enveloped(message: Message) -> Message:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:alarms", "Message": json.dumps(message)}


def to_lambda(at: datetime, metric: Message, value: str = "ALARM", **envelope: Any) -> Message:
    """The form in which CloudWatch invokes a function."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": f"arn:aws:cloudwatch:{ACME.region}:{ACME.account}:alarm:any",
        "accountId": ACME.account,
        "time": timestamp(at),
        "region": ACME.region,
        "alarmData": a_detail(at, metric, value),
        **envelope,
    }


def to_eventbridge(at: datetime, metric: Message, value: str = "ALARM", **detail: Any) -> Message:
    return {
        "version": "0",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": ACME.account,
        "time": "2026-11-21T18:00:00Z",
        "region": ACME.region,
        "resources": [f"arn:aws:cloudwatch:{ACME.region}:{ACME.account}:alarm:any"],
        "detail": a_detail(at, metric, value) | detail,
    }


def a_detail(at: datetime, metric: Message, value: str) -> Message:
    return {
        "alarmName": "any",
        "state": {"value": value, "reason": "Threshold Crossed", "timestamp": timestamp(at)},
        "previousState": {"value": "OK", "timestamp": timestamp(at)},
        "configuration": {
            "metrics": [{"id": "m1", "metricStat": {"metric": metric, "period": 60}, "returnData": True}]
        },
    }


def a_metric(name: str = "Reputation.BounceRate", configuration_set: str = ACME.configuration_set) -> Message:
    """A metric as Lambda and EventBridge carry it."""
    return {"namespace": "AWS/SES", "name": name, "dimensions": {"ses:configuration-set": configuration_set}}
