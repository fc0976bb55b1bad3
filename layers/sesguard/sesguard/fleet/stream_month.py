"""A stream's month, day by day: any month as far back as days are on record."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sesguard.costs.month import Month
from sesguard.costs.usage import MailCounts, total
from sesguard.fleet.series import MailBucket

if TYPE_CHECKING:
    from sesguard.fleet.ports import StreamSource
    from sesguard.stream import StreamId


class StreamDay(NamedTuple):
    """What a stream sent on a day (UTC), and what became of it, all bounces included; None where nothing is known."""

    day: date
    counts: MailCounts | None


def read_stream_month(source: StreamSource, stream: StreamId, month: Month, now: datetime) -> tuple[StreamDay, ...]:
    """Read every day of ``month`` up to ``now``, the first one first. Raises AwsError."""
    days = month.days_until(now)
    found = source.days([stream], days, now)
    sent = found.streams.get(stream, {})
    unknown = frozenset(found.unknown)
    return tuple(StreamDay(_date(day), None if day in unknown else sent.get(day, MailCounts())) for day in days)


def recent_months(source: StreamSource, stream: StreamId, now: datetime) -> tuple[MailBucket, ...]:
    """Count what a stream sent in the month before and in this one up to ``now``. Raises AwsError."""
    this = Month.of(now)
    before = Month.of(datetime(this.year, this.month, 1, tzinfo=UTC) - timedelta(days=1))
    return tuple(_month(source, stream, month, now) for month in (before, this))


def _month(source: StreamSource, stream: StreamId, month: Month, now: datetime) -> MailBucket:
    days = source.days([stream], month.days_until(now), now).streams.get(stream, {})
    sent = total((MailCounts(), *days.values()))
    return MailBucket(datetime(month.year, month.month, 1, tzinfo=UTC), *map(round, sent))


def _date(day: int) -> date:
    return datetime.fromtimestamp(day * 86_400, UTC).date()
