"""Whether alarms are up, whoever made them."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Final

from sesguard.aws.clients import Clients, calling

_MOST_ALARMS: Final = 100  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html


class CloudWatchAlarmStates:
    """The port ``AlarmStates`` over CloudWatch; the client is made when first needed, which is seldom."""

    ACTIONS: ClassVar = frozenset({"cloudwatch:DescribeAlarms"})

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def up(self, names: Collection[str]) -> frozenset[str]:
        wanted = sorted(names)
        found: set[str] = set()
        for first in range(0, len(wanted), _MOST_ALARMS):
            with calling("DescribeAlarms"):
                answer = self._clients.cloudwatch.describe_alarms(
                    AlarmNames=wanted[first : first + _MOST_ALARMS],
                    AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                    StateValue="ALARM",
                    MaxRecords=_MOST_ALARMS,
                )
            found |= {it["AlarmName"] for it in (*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ()))}
        return frozenset(found)
