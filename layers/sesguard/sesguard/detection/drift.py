"""A stream that has left its own normal: a warning before a limit is crossed, never a pause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.evidence import evidence
from sesguard.detection.rows import Row
from sesguard.policy import DriftLimits


class Drift(NamedTuple):
    """Bounce rates as fractions: of the last ``days`` days with mail but for their worst, and of the weeks before."""

    rate: float
    normal: float
    days: int
    evidence: float


def drift(days: Sequence[Row], limits: DriftLimits, now: int) -> Drift | None:
    """Compare the days before today with the stream's own normal. ``days``: whole days with mail, newest first.

    The run that is weighed lacks its worst day, so that one campaign or outage is no change. The normal is taken
    generously: three bounces more on a hundred mails less, doubled, and one per cent at least.
    """
    today = now // DAY
    before = [(today - start // DAY, volume, bounces) for start, volume, bounces, *_ in days]
    normal = [day for day in before if limits.normal_from < day[0] <= limits.normal_to]
    mails = sum(day[1] for day in normal)
    if mails < limits.normal_mails:
        return None
    bounced = sum(day[2] for day in normal)
    usual = max(limits.least, limits.times * (bounced + 3) / (mails + 100))
    recent = [day for day in before if 0 < day[0] <= limits.days[1]]
    for length in range(limits.days[0], len(recent) + 1):
        run = recent[:length]
        worst = max(run, key=lambda day: day[2] - usual * day[1])
        volume, bad = sum(day[1] for day in run) - worst[1], sum(day[2] for day in run) - worst[2]
        if volume and bad / volume >= limits.rate:
            found = evidence(volume + limits.credit, bad, usual)
            if found >= limits.bound:
                return Drift(bad / volume, bounced / mails, length, found)
    return None
