"""A stream's mail over time: by minute, hour and day as its history has it, and its risk at the end of each. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sesguard.costs.month import Month, date_of
from sesguard.costs.usage import MailCounts, total
from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.past import PastMail
from sesguard.detection.rows import HOUR, boundaries
from sesguard.detection.weigh import weigh
from sesguard.fleet.ports import StreamSource
from sesguard.pausing.decision import Action
from sesguard.pausing.journal import DecisionEntry, JournalEntry
from sesguard.pausing.state import Status
from sesguard.policy import Policy
from sesguard.stream import StreamId


class BucketWidth(StrEnum):
    """The width of a bucket."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class MailBucket(NamedTuple):
    """What became of the mail sent from ``at`` on, for one BucketWidth; all bounces, those in clumps included."""

    at: datetime
    mails: int
    bounces: int
    complaints: int


class RiskPoint(NamedTuple):
    """How strong the evidence was at a moment."""

    at: datetime
    risk: float


WIDTHS: Final = {BucketWidth.MINUTE: 1, BucketWidth.HOUR: HOUR, BucketWidth.DAY: DAY}
"""In minutes, of what a history has: months are longer than it reaches."""


def series(history: History, now: int, step: BucketWidth) -> Sequence[MailBucket]:
    """Buckets of ``step``, oldest first: minutes of two hours, hours of three days, days of a month; none is left out.

    now: epoch minute. step: not MONTH.
    """
    minutes_from, hours_from, days_from = boundaries(now)
    start = {BucketWidth.MINUTE: minutes_from, BucketWidth.HOUR: hours_from, BucketWidth.DAY: days_from}[step]
    width = WIDTHS[step]
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


def risks(
    history: History, policy: Policy, journal: Sequence[JournalEntry], now: int, step: BucketWidth
) -> Sequence[RiskPoint]:
    """Weigh the stream as of the end of each of its buckets of ``step``, oldest first; the last is ``now``.

    By the code that weighs it now, under today's ``policy``, with what is known by now of the mail sent until then:
    when an outcome came in is not kept. Since a resume only the mail after it weighs, on probation under the limits of
    that, as the ``journal`` (oldest first) has it. Some 180 weighings at most.
    """
    mail, width = PastMail(history, now), WIDTHS[step]
    standings = list(_standings(journal))
    limits = {probation: policy.limits(probation=probation) for probation in (False, True)}
    found = []
    for bucket in series(history, now, step):
        end = int(bucket.at.timestamp()) // 60 + width
        minute = min(end, now + 1)
        since, probation = next(((it, on) for at, it, on in reversed(standings) if at <= minute), (0, False))
        mail.since = since
        found.append(RiskPoint(_time(minute), weigh(mail, limits[probation], minute).risk))
    return found


def _standings(journal: Sequence[JournalEntry]) -> Iterator[tuple[int, int, bool]]:
    """Epoch minutes of changes; from when mail weighed then, and whether the stream was on probation."""
    since = 0
    for entry in journal:
        if isinstance(entry, DecisionEntry) and entry.to:
            minute = int(entry.time.timestamp()) // 60
            if entry.action == Action.RESUME:
                since = minute
            yield minute, since, entry.to == Status.PROBATION


def _time(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


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
