"""What a stream sent day by day and month by month, as far back as days are on record."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

from sesguard.costs.month import Month, date_of
from sesguard.costs.usage import MailCounts, total
from sesguard.fleet.ports import StreamSource
from sesguard.fleet.series import MailBucket
from sesguard.stream import StreamId


class StreamDay(NamedTuple):
    """What a stream sent on a day (UTC), and what became of it, all bounces included; None where nothing is known."""

    day: date
    counts: MailCounts | None


def read_stream_days(source: StreamSource, stream: StreamId, days: range, now: datetime) -> tuple[StreamDay, ...]:
    """Read epoch ``days``, the first one first. Raises AwsError."""
    found = source.days([stream], days, now)
    sent = found.streams.get(stream, {})
    unknown = frozenset(found.unknown)
    return tuple(StreamDay(date_of(day), None if day in unknown else sent.get(day, MailCounts())) for day in days)


def recent_months(source: StreamSource, stream: StreamId, now: datetime) -> tuple[MailBucket, ...]:
    """Count what a stream sent in the month before and in this one up to ``now``. Raises AwsError."""
    this = Month.of(now)
    before = Month.of_day(this.days.start - 1)
    days = read_stream_days(source, stream, range(before.days.start, this.days_until(now).stop), now)
    return tuple(_bucket(month, days) for month in (before, this))


def _bucket(month: Month, days: tuple[StreamDay, ...]) -> MailBucket:
    sent = total(it.counts for it in days if it.counts is not None and Month(it.day.year, it.day.month) == month)
    return MailBucket(datetime(month.year, month.month, 1, tzinfo=UTC), *map(round, sent))
