"""Buckets of mail as they are weighed: how far back minutes, hours and days reach, and what one row holds."""

from __future__ import annotations

from typing import Any, NamedTuple

from sesguard.detection.breakdown import DAY

HOUR = 60
HOURS_A_DAY = DAY // HOUR

# What the runs are made of, newest first: minutes of at least the last two hours, then hours of at least three days,
# then days of a month. Each level reaches back to where a bucket of the next coarser one begins.
MINUTES_KEPT = 2 * HOUR
HOURS_KEPT = 3 * DAY
DAYS_KEPT = 31 * DAY


def boundaries(now: int) -> tuple[int, int, int]:
    """Epoch minutes from which minutes, hours and days are weighed when it is epoch minute ``now``."""
    minutes_from = (now - MINUTES_KEPT) // HOUR * HOUR
    hours_from = (now - HOURS_KEPT) // DAY * DAY
    days_from = (now // DAY) * DAY - DAYS_KEPT + DAY
    return minutes_from, hours_from, days_from


def drop_before(level: dict[int, Any], first: int) -> None:
    """Forget what is by a minute, hour or day before ``first``."""
    if level:
        for key in [key for key in level if key < first]:
            del level[key]


Row = tuple[int, float, float, int, float, float, int, int]
"""One bucket as it is weighed: epoch minute where it begins, volume, bounces after forgiving, complaints, all bounces,
the volume that Send or Delivery events were published of, and how many bounces and complaints there were in minutes (of
a day: hours) without such an event. It ends where the next newer row begins. A plain tuple, as a weighing makes up to
250 of them."""


class DayTotals(NamedTuple):
    """What a whole UTC day, or an hour, came to.

    volume: recipients sent to; published: those of them that Send or Delivery events were published of. bounces: all
    of them; forgiven: those that the clump rule leaves out. unseen_bounces, unseen_complaints: those of mail of the
    day's hours (of the hour's minutes) of which no such event was published. sampled, reporting: mails in the sample of
    Send events, and those of them to providers that send complaints back. aside: outcomes that are counted and do not
    weigh. early_bounces, early_complaints: those of mail of the minutes without such an event in the first hour of the
    day that has one; of a stream's first day they were sent before it published anything.
    """

    volume: int
    bounces: int
    complaints: int
    forgiven: int
    published: int
    unseen_bounces: int = 0
    unseen_complaints: int = 0
    sampled: int = 0
    reporting: int = 0
    aside: int = 0
    early_bounces: int = 0
    early_complaints: int = 0
