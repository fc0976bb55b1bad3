"""Values of CloudWatch metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sesguard.aws.boto_types import CloudWatchClient
from sesguard.aws.clients import calling

ACTIONS: Final = frozenset({"cloudwatch:GetMetricData"})
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
_MOST_AT_ONCE: Final = 500


class Metric(NamedTuple):
    """A metric of one namespace, and the statistic that is wanted of it."""

    namespace: str
    name: str
    statistic: str
    dimensions: tuple[tuple[str, str], ...] = ()


Points = Sequence[tuple[datetime, float]]


def metric_data(
    client: CloudWatchClient, metrics: Sequence[Metric], start: datetime, end: datetime, period_seconds: int
) -> list[Points]:
    """Read the points of each of ``metrics``, oldest first. Raises AwsError."""
    found: list[list[tuple[datetime, float]]] = [[] for _ in metrics]
    for first in range(0, len(metrics), _MOST_AT_ONCE):
        some = metrics[first : first + _MOST_AT_ONCE]
        request: dict[str, Any] = {
            "MetricDataQueries": [_query(number, each, period_seconds) for number, each in enumerate(some, first)],
            "StartTime": start,
            "EndTime": end,
            "ScanBy": "TimestampAscending",
        }
        with calling("GetMetricData"):
            while True:
                page: Mapping[str, Any] = client.get_metric_data(**request)
                for each in page.get("MetricDataResults", ()):
                    found[int(each["Id"][1:])] += zip(each.get("Timestamps", ()), each.get("Values", ()), strict=True)
                if not page.get("NextToken"):
                    break
                request["NextToken"] = page["NextToken"]
    return [sorted(points) for points in found]


def _query(number: int, metric: Metric, period_seconds: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {
        "Id": f"m{number}",
        "MetricStat": {
            "Metric": {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions},
            "Period": period_seconds,
            "Stat": metric.statistic,
        },
    }
