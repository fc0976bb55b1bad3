"""A stream's month, day by day: any month as far back as days are on record."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

from sesguard.costs.month import Month
from sesguard.costs.usage import MailCounts

if TYPE_CHECKING:
    from sesguard.fleet.ports import FleetSource
    from sesguard.stream import StreamId


class StreamDay(NamedTuple):
    """What a stream sent on a day (UTC), and what became of it, all bounces included; None where nothing is known."""

    day: date
    counts: MailCounts | None


def read_stream_month(source: FleetSource, stream: StreamId, month: Month, now: datetime) -> tuple[StreamDay, ...]:
    """Read every day of ``month`` up to ``now``, the first one first. Raises AwsError."""
    days = month.days_until(now)
    found = source.days([stream], days, now)
    sent = found.streams.get(stream, {})
    unknown = frozenset(found.unknown)
    return tuple(StreamDay(_date(day), None if day in unknown else sent.get(day, MailCounts())) for day in days)


def _date(day: int) -> date:
    return datetime.fromtimestamp(day * 86_400, UTC).date()
