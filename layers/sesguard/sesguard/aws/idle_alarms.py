"""Deleting the alarms of streams that are well again, so that a healthy stream costs nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.aws.cloudwatch.stream_alarm import KEPT
from sesguard.signals.alarm_metrics import OWN_DIMENSIONS
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef

    from sesguard.aws.clients import Clients

ACTIONS: Final = frozenset({"cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"})

_MOST: Final = 100  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html


class CloudWatchIdleAlarms:
    """The port ``IdleAlarms`` over CloudWatch. prefix: of the alarms' names."""

    def __init__(self, clients: Clients, prefix: str) -> None:
        self._clients = clients
        self._prefix = prefix

    def remove(self, keep: Collection[StreamId], before: datetime) -> int:
        try:
            pages = self._clients.cloudwatch.get_paginator("describe_alarms").paginate(
                AlarmNamePrefix=f"{self._prefix}-", AlarmTypes=["MetricAlarm"], StateValue="OK"
            )
            idle = [
                alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"] if _idle(alarm, keep, before)
            ]
            for first in range(0, len(idle), _MOST):
                self._clients.cloudwatch.delete_alarms(AlarmNames=idle[first : first + _MOST])
        except (ClientError, BotoCoreError) as error:
            raise aws_error("DeleteAlarms", error) from error
        return len(idle)


def _idle(alarm: MetricAlarmTypeDef, keep: Collection[StreamId], before: datetime) -> bool:
    """Whether it is a healthy stream's that is not wished kept, and nobody has touched it since ``before``."""
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", ())}
    if dimensions.keys() != set(OWN_DIMENSIONS):
        return False
    stream = StreamId(*(dimensions[name] for name in OWN_DIMENSIONS))
    return (
        stream not in keep
        and not alarm.get("AlarmDescription", "").endswith(KEPT)
        and alarm["StateUpdatedTimestamp"] < before
        and alarm["AlarmConfigurationUpdatedTimestamp"] < before
    )
