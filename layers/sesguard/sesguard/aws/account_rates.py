"""SES's own rates of the account, as it publishes them.

https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sesguard.aws.doctor.metrics import MetricQuery, read_metrics
from sesguard.detection.weigh import BOUNCES, COMPLAINTS

ACTIONS: Final = frozenset({"cloudwatch:GetMetricData"})
_METRICS: Final = {BOUNCES: "Reputation.BounceRate", COMPLAINTS: "Reputation.ComplaintRate"}
_DAY: Final = timedelta(days=1)


def read_account_rates(client: Any, now: datetime) -> Mapping[str, float]:  # noqa: ANN401  # a CloudWatch client
    """Read the newest rate of each kind within a day, as fractions; none of a kind that SES does not publish yet.

    Raises AwsError.
    """
    queries = [MetricQuery("AWS/SES", metric, "Maximum", {}) for metric in _METRICS.values()]
    found = read_metrics(client, queries, now - _DAY, now, timedelta(hours=1), lambda values: next(iter(values)))
    return {kind: rate for kind, rate in zip(_METRICS, found, strict=True) if rate is not None}
