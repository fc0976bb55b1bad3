"""What CloudWatch says when an alarm changes its state: pure, from the documentation and published examples.

SNS: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
EventBridge: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Alarm = Mapping[str, Any]  # an alarm as PutMetricAlarm takes it, with AlarmArn and the times of its configuration


@dataclass(frozen=True)
class Change:
    """One change of state. `previous` is the state before it, in EventBridge's form."""

    account: str
    region: str
    region_name: str
    old: str
    new: str
    reason: str
    reason_data: str | None
    at: datetime
    previous: Mapping[str, str]


def timestamp(at: datetime) -> str:
    """Milliseconds and an offset without a colon, the form of both messages."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}+0000"


def sns_subject(alarm: Alarm, change: Change) -> str:
    """At most 100 characters, as SNS demands (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)."""
    return f'{change.new}: "{alarm["AlarmName"]}" in {change.region_name}'[:100]


def sns_message(alarm: Alarm, change: Change, configured: datetime) -> dict[str, Any]:
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": change.account,
        "AlarmConfigurationUpdatedTimestamp": timestamp(configured),
        "NewStateValue": change.new,
        "NewStateReason": change.reason,
        "StateChangeTime": timestamp(change.at),
        "Region": change.region_name,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": change.old,
        "OKActions": alarm.get("OKActions", []),
        "AlarmActions": alarm.get("AlarmActions", []),
        "InsufficientDataActions": alarm.get("InsufficientDataActions", []),
        "Trigger": _trigger(alarm),
    }


def _trigger(alarm: Alarm) -> dict[str, Any]:
    extended = alarm.get("ExtendedStatistic")
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": extended}
        if extended
        else {"StatisticType": "Statistic", "Statistic": str(alarm.get("Statistic", "")).upper()}
    )
    return {
        "MetricName": alarm["MetricName"],
        "Namespace": alarm["Namespace"],
        **statistic,
        "Unit": alarm.get("Unit"),
        "Dimensions": [{"value": item["Value"], "name": item["Name"]} for item in alarm.get("Dimensions", [])],
        "Period": alarm["Period"],
        "EvaluationPeriods": alarm["EvaluationPeriods"],
        **({"DatapointsToAlarm": alarm["DatapointsToAlarm"]} if "DatapointsToAlarm" in alarm else {}),
        "ComparisonOperator": alarm["ComparisonOperator"],
        "Threshold": alarm["Threshold"],
        "TreatMissingData": alarm.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": "",
    }


def event_state(value: str, reason: str, reason_data: str | None, at: datetime) -> dict[str, str]:
    """`reasonData` is absent where the state was set by hand (SetAlarmState without StateReasonData)."""
    data = {"reasonData": reason_data} if reason_data else {}
    return {"value": value, "reason": reason, **data, "timestamp": timestamp(at)}


def event_detail(alarm: Alarm, change: Change) -> dict[str, Any]:
    """The `detail` of a "CloudWatch Alarm State Change" event of a single-metric alarm."""
    metric = {
        "namespace": alarm["Namespace"],
        "name": alarm["MetricName"],
        "dimensions": {item["Name"]: item["Value"] for item in alarm.get("Dimensions", [])},
    }
    stat = {"metric": metric, "period": alarm["Period"], "stat": alarm.get("ExtendedStatistic") or alarm["Statistic"]}
    configuration = {
        "metrics": [
            {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, alarm["AlarmArn"])), "metricStat": stat, "returnData": True}
        ],
        **({"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}),
    }
    return {
        "alarmName": alarm["AlarmName"],
        "state": event_state(change.new, change.reason, change.reason_data, change.at),
        "previousState": dict(change.previous),
        "configuration": configuration,
    }
