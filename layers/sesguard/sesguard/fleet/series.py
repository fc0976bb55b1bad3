"""A stream's mail over time, as its history has it: by the minute, the hour and the day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.history import HOUR, History, boundaries


class BucketWidth(StrEnum):
    """The width of a bucket."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"


class MailBucket(NamedTuple):
    """What became of the mail sent from ``at`` on, for one BucketWidth; all bounces, those in clumps included."""

    at: datetime
    mails: int
    bounces: int
    complaints: int


_MINUTES = {BucketWidth.MINUTE: 1, BucketWidth.HOUR: HOUR, BucketWidth.DAY: DAY}


def series(history: History, now: int, step: BucketWidth) -> Sequence[MailBucket]:
    """Buckets of ``step``, oldest first: minutes of two hours, hours of three days, days of a month; none is left out.

    now: epoch minute.
    """
    minutes_from, hours_from, days_from = boundaries(now)
    start = {BucketWidth.MINUTE: minutes_from, BucketWidth.HOUR: hours_from, BucketWidth.DAY: days_from}[step]
    width = _MINUTES[step]
    sums: dict[int, list[float]] = {begin: [0.0, 0.0, 0.0] for begin in range(start // width * width, now + 1, width)}
    for minute, volume, _, complaints, bounces, *_ in history.rows(now):
        bucket = sums.get(minute // width * width)
        if minute >= start and bucket is not None:
            for place, count in enumerate((volume, bounces, complaints)):
                bucket[place] += count
    return [
        MailBucket(datetime.fromtimestamp(begin * 60, UTC), *(round(each) for each in bucket))
        for begin, bucket in sorted(sums.items())
    ]
