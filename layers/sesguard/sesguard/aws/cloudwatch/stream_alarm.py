"""The alarm of a stream: put, kept where that is desired, and deleted when the stream is well again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Final

from sesguard.aws.boto_types import CloudWatchClient, MetricAlarmTypeDef
from sesguard.aws.clients import Clients, calling, calling_unless
from sesguard.pausing.record import DesiredAlarm
from sesguard.signals.alarm_metrics import OWN_DIMENSIONS, OWN_NAMESPACE
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"})
KEPT: Final = "It is kept while the set is healthy, too."
"""Stands at the end of the description of an alarm that the registry wishes kept."""


def alarm_name(prefix: str, stream: StreamId) -> str:
    """The name of the stream's alarm."""
    return "-".join((prefix, *stream))


def dimensions(stream: StreamId) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in zip(OWN_DIMENSIONS, stream, strict=True)]


def put_alarm(client: CloudWatchClient, prefix: str, topic_arn: str, stream: StreamId, desired: DesiredAlarm) -> None:
    """Put it. Raises AwsError."""
    with calling("PutMetricAlarm"):
        client.put_metric_alarm(
            AlarmName=alarm_name(prefix, stream),
            AlarmDescription=_description(stream, desired),
            AlarmActions=[topic_arn],
            OKActions=[topic_arn],
            Namespace=OWN_NAMESPACE,
            MetricName="Risk",
            Dimensions=dimensions(stream),  # type: ignore[arg-type]  # plain dicts of that form
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            DatapointsToAlarm=1,
            Threshold=1.0,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            # A paused stream sends nothing and so publishes nothing by itself: only a low value may end the alarm.
            TreatMissingData="ignore",
            # They are set when the alarm is made; of one that exists CloudWatch leaves the tags as they are.
            Tags=[{"Key": key, "Value": value} for key, value in desired.tags],
        )


def _description(stream: StreamId, desired: DesiredAlarm) -> str:
    kept = f" {KEPT}" if desired.kept else ""
    return (
        f"sesguard's switch for the SES configuration set {stream.configuration_set} in {stream.region}, account "
        f"{stream.account}. Risk is how strong the evidence is that its true bounce or complaint rate is over its "
        "limit: 0 none, 1 enough to pause. In ALARM, sesguard turns the set's sending off; it is OK again when "
        "the set may send again. By hand, hold the set with `sesguard hold`: this alarm alone pauses nobody whose risk "
        f"is low.{kept}"
    )


_MOST: Final = 100  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html


class CloudWatchIdleAlarms:
    """The port ``IdleAlarms`` over CloudWatch. prefix: of the alarms' names."""

    ACTIONS: ClassVar = frozenset({"cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"})

    def __init__(self, clients: Clients, prefix: str) -> None:
        self._clients = clients
        self._prefix = prefix

    def remove(self, keep: Collection[StreamId], before: datetime) -> int:
        with calling("DeleteAlarms"):
            pages = self._clients.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=f"{self._prefix}-", AlarmTypes=["MetricAlarm"], StateValue="OK"
            )
            idle = [
                alarm["AlarmName"]
                for page in pages
                for alarm in page.get("MetricAlarms", ())
                if _idle(alarm, self._prefix, keep, before)
            ]
            for first in range(0, len(idle), _MOST):
                self._clients.cloudwatch.delete_alarms(AlarmNames=idle[first : first + _MOST])
        return len(idle)


def stream_of(alarm: MetricAlarmTypeDef, prefix: str) -> StreamId | None:
    """Read which stream's alarm it is; None for one that the guard of ``prefix`` has not made.

    By its dimensions and its whole name: the alarms of a stack ``mail`` begin as those of a stack ``mail-test`` do.
    """
    found = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    if found.keys() != set(OWN_DIMENSIONS):
        return None
    stream = StreamId(*(found[name] for name in OWN_DIMENSIONS))
    return stream if alarm["AlarmName"] == alarm_name(prefix, stream) else None


def _idle(alarm: MetricAlarmTypeDef, prefix: str, keep: Collection[StreamId], before: datetime) -> bool:
    """Whether it is a healthy stream's that is not wished kept, and nobody has touched it since ``before``."""
    stream = stream_of(alarm, prefix)
    return (
        stream is not None
        and stream not in keep
        and not alarm.get("AlarmDescription", "").endswith(KEPT)
        and alarm["StateUpdatedTimestamp"] < before
        and alarm["AlarmConfigurationUpdatedTimestamp"] < before
    )


class CloudWatchKeptAlarms:
    """The port ``KeptAlarms`` over CloudWatch. prefix: of the alarms' names. topic_arn: where they report."""

    ACTIONS: ClassVar = frozenset({"cloudwatch:DeleteAlarms"})

    def __init__(self, clients: Clients, prefix: str, topic_arn: str) -> None:
        self._clients = clients
        self._prefix = prefix
        self._topic_arn = topic_arn

    def ensure(self, stream: StreamId, desired: DesiredAlarm) -> None:
        put_alarm(self._clients.cloudwatch, self._prefix, self._topic_arn, stream, desired)

    def remove(self, stream: StreamId) -> None:
        # Of names that there are not it says nothing:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html
        with calling_unless("DeleteAlarms", "ResourceNotFound", "ResourceNotFoundException"):
            self._clients.cloudwatch.delete_alarms(AlarmNames=[alarm_name(self._prefix, stream)])
