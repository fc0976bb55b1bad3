"""Reading sums and greatest values of many metrics at once.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sesguard.aws.clients import calling

ACTIONS: Final = frozenset({"cloudwatch:GetMetricData"})
_MOST: Final = 500


class MetricQuery(NamedTuple):
    """A metric and its statistic."""

    namespace: str
    metric: str
    statistic: str
    dimensions: Mapping[str, str]


def read_metrics(
    client: Any,  # noqa: ANN401  # a CloudWatch client
    queries: Sequence[MetricQuery],
    since: datetime,
    until: datetime,
    period: timedelta,
    join: Callable[[Iterable[float]], float],
) -> list[float | None]:
    """Read one value a query: its values between ``since`` and ``until``, joined; None for none. Raises AwsError."""
    found: list[float | None] = []
    for first in range(0, len(queries), _MOST):
        some = [_query(place, each, period) for place, each in enumerate(queries[first : first + _MOST])]
        values: dict[str, list[float]] = {}
        request: dict[str, Any] = {"MetricDataQueries": some, "StartTime": since, "EndTime": until}
        with calling("GetMetricData"):
            while True:
                page = client.get_metric_data(**request)
                for each in page["MetricDataResults"]:
                    values.setdefault(each["Id"], []).extend(each["Values"])
                if not page.get("NextToken"):
                    break
                request["NextToken"] = page["NextToken"]
        found += [join(values[each["Id"]]) if values.get(each["Id"]) else None for each in some]
    return found


def _query(place: int, query: MetricQuery, period: timedelta) -> dict[str, Any]:
    metric = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in query.dimensions.items()],
    }
    stat = {"Metric": metric, "Period": int(period.total_seconds()), "Stat": query.statistic}
    return {"Id": f"q{place}", "MetricStat": stat, "ReturnData": True}
