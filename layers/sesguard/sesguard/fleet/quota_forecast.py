"""How much of the sending quota the next day takes, at the pace of the last hours. Pure.

SES counts the recipients of the last 24 hours, hour after hour anew: what was sent a day ago makes room again.
https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sesguard.fleet.hours import HOURS, HourCounts, hour_at

PACE_HOURS: Final = 3
"""Full hours of which the pace is the mean."""
_HOUR: Final = timedelta(hours=1)
_DAY_HOURS: Final = HOURS - 1


class QuotaForecast(NamedTuple):
    """What is within the last 24 hours at its most in the next 24, and when; ``full``: when the quota is, or None.

    pace: mails an hour, as SES counts them. at_end: what is within 24 hours in 24 hours.
    """

    pace: float
    most: float
    most_at: datetime
    at_end: float
    full: datetime | None


def quota_forecast(
    counts: Iterable[HourCounts], sent: float, daily_quota: float, now: datetime
) -> QuotaForecast | None:
    """Look a day ahead. None where there is no quota, or nothing that was counted to go by.

    counts: of the account's streams. sent: in the last 24 hours by SES, which has the last word: the guard's hours say
    only when of it was sent.
    """
    hour = hour_at(now)
    rows = [each.ending(hour) for each in counts]
    by_hour = [sum(volumes) for volumes in zip(*rows, strict=True)] if rows else []
    counted = sum(by_hour)
    if not counted or sent <= 0 or daily_quota <= 0:
        return None
    scale = sent / counted
    pace = sum(by_hour[-1 - PACE_HOURS : -1]) * scale / PACE_HOURS
    within = [sent]
    for leaving in _leaving(by_hour):
        within.append(max(0.0, within[-1] + pace - leaving * scale))
    most = max(within)
    times = [now + n * _HOUR for n in range(len(within))]
    full = next((at for at, many in zip(times, within, strict=True) if many >= daily_quota), None)
    return QuotaForecast(pace, most, times[within.index(most)], within[-1], full)


def _leaving(by_hour: list[int]) -> list[int]:
    """What leaves the window in each of the next 24 hours; the oldest two of HOURS overlap it in part, so together."""
    first, second, *rest = by_hour
    return [first + second, *rest][:_DAY_HOURS]
