"""SES's own rates of the account, as it publishes them.

https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sesguard.aws import metric_data
from sesguard.aws.boto_types import CloudWatchClient
from sesguard.aws.metric_data import Metric
from sesguard.detection.evidence import BOUNCES, COMPLAINTS

ACTIONS: Final = metric_data.ACTIONS
_METRICS: Final = {BOUNCES: "Reputation.BounceRate", COMPLAINTS: "Reputation.ComplaintRate"}
_DAY: Final = timedelta(days=1)


def read_account_rates(client: CloudWatchClient, now: datetime) -> Mapping[str, float]:
    """Read the newest rate of each kind within a day, as fractions; none of a kind that SES does not publish yet.

    Raises AwsError.
    """
    wanted = [Metric("AWS/SES", metric, "Maximum") for metric in _METRICS.values()]
    found = metric_data.metric_data(client, wanted, now - _DAY, now, 3_600)
    return {kind: points[-1][1] for kind, points in zip(_METRICS, found, strict=True) if points}
