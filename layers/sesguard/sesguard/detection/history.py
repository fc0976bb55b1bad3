"""The counts of one stream by the time its mail was *sent*, in minutes, hours and days: plain sums, nothing else.

Because every outcome joins the minute in which its mail was sent, the same numbers result whatever comes late, in any
order and in any batch, and a rate never mixes one campaign's bounces with another's volume.
"""

from __future__ import annotations

from typing import Any

from sesguard.detection.breakdown import DAY, Breakdown, ByMinute
from sesguard.detection.clumps import forgiven

HOUR = 60

# What the runs are made of, newest first: minutes of at least the last two hours, then hours of at least three days,
# then days of a month. Each level reaches back to where a bucket of the next coarser one begins.
MINUTES_KEPT = 2 * HOUR
HOURS_KEPT = 3 * DAY
DAYS_KEPT = 31 * DAY

# Columns of a bucket. Volume is kept by the path it came by: a stream may publish through both SNS and EventBridge.
SENT, DELIVERED, SENT_EVENTBRIDGE, DELIVERED_EVENTBRIDGE, BOUNCED, COMPLAINED = range(6)

Bucket = list[int]


def volume_of(bucket: Bucket) -> int:
    """Recipients sent to: Send events, or deliveries and hard bounces where those are more."""
    sent, delivered, sent_eb, delivered_eb, bounced, _ = bucket
    if sent_eb > sent:
        sent = sent_eb
    if delivered_eb > delivered:
        delivered = delivered_eb
    return max(sent, delivered + bounced)


def boundaries(now: int) -> tuple[int, int, int]:
    """Epoch minutes from which minutes, hours and days are weighed when it is epoch minute ``now``."""
    minutes_from = (now - MINUTES_KEPT) // HOUR * HOUR
    hours_from = (now - HOURS_KEPT) // DAY * DAY
    days_from = (now // DAY) * DAY - DAYS_KEPT + DAY
    return minutes_from, hours_from, days_from


Row = tuple[int, int, int, int]
"""One bucket as it is weighed: epoch minute where it begins, volume, bounces, complaints. It ends where the next newer
row begins. A plain tuple, as a weighing makes up to 250 of them."""


class History:
    """What became of one stream's mail.

    since: epoch minute from which mail weighs. What was sent before only counts towards the month's volume.
    clump_per_domain, clump_forgiven_a_day: the clump rule, see :func:`sesguard.detection.clumps.forgiven`.
    """

    def __init__(self, since: int = 0, *, clump_per_domain: int = 10, clump_forgiven_a_day: int = 200) -> None:
        self.since = since
        self.bounce_domains = Breakdown()
        self.complaint_domains = Breakdown()
        self.codes = Breakdown()
        self._clump = (clump_per_domain, clump_forgiven_a_day)
        self._minutes: dict[int, Bucket] = {}
        self._hours: dict[int, Bucket] = {}
        self._days: dict[int, Bucket] = {}
        self._before: dict[int, Bucket] = {}  # days of mail sent before `since`
        self._forgiven: dict[int, ByMinute] = {}  # epoch day -> epoch minute -> bounces
        self._days_to_forgive: set[int] = set()

    def add(self, minute: int, column: int, count: int) -> None:
        """Count ``count`` mails sent in epoch ``minute`` under ``column``."""
        if minute < self.since:
            _bucket(self._before, minute // DAY)[column] += count
        else:
            _bucket(self._minutes, minute)[column] += count
            _bucket(self._hours, minute // HOUR)[column] += count
            _bucket(self._days, minute // DAY)[column] += count

    def add_bounces(self, minute: int, count: int, domain: str) -> None:
        """Count hard bounces at one receiving domain ("" where it is not known) of mail sent in epoch ``minute``."""
        self.add(minute, BOUNCED, count)
        if minute >= self.since:
            self.bounce_domains.add(minute, domain, count)
            self._days_to_forgive.add(minute // DAY)

    def add_complaints(self, minute: int, count: int, domain: str) -> None:
        """Count complaints from one receiving domain ("" where it is not known) about mail sent in ``minute``."""
        self.add(minute, COMPLAINED, count)
        if minute >= self.since:
            self.complaint_domains.add(minute, domain, count)

    def add_day(self, day: int, volume: int, bounces: int, complaints: int) -> None:
        """Count a settled epoch day: its volume, its bounces after forgiving, its complaints."""
        self._days[day] = [volume, 0, 0, 0, bounces, complaints]

    def add_before(self, day: int, volume: int) -> None:
        """Count volume of an epoch day that does not weigh, because it was sent before ``since``."""
        _bucket(self._before, day)[SENT] += volume

    def restart(self, minute: int) -> None:
        """Weigh only mail sent from epoch ``minute`` on: what is here already stays in the month's volume alone."""
        for day, bucket in self._days.items():
            before = _bucket(self._before, day)
            before[:] = [a + b for a, b in zip(before, bucket, strict=True)]
        for level in (self._minutes, self._hours, self._days, self._forgiven):
            level.clear()
        for breakdown in (self.bounce_domains, self.complaint_domains, self.codes):
            breakdown.clear()
        self._days_to_forgive.clear()
        self.since = minute

    def rows(self, now: int) -> list[Row]:
        """The buckets that weigh at epoch minute ``now``, newest first, bounces after forgiving."""
        self._forgive()
        minutes_from, hours_from, days_from = boundaries(now)
        rows = self._rows(self._minutes, 1, minutes_from, None)
        rows += self._rows(self._hours, HOUR, hours_from, minutes_from)
        rows += self._rows(self._days, DAY, days_from, hours_from)
        return rows

    def _rows(self, level: dict[int, Bucket], size: int, first: int, end: int | None) -> list[Row]:
        forgiving = bool(self._forgiven)
        rows: list[Row] = []
        for key in sorted(level, reverse=True):
            start = key * size
            if start < first:
                break
            if end is None or start < end:
                bucket = level[key]
                bounces = bucket[BOUNCED]
                if bounces and forgiving:
                    bounces -= self._excess(start, size)
                rows.append((start, volume_of(bucket), bounces, bucket[COMPLAINED]))
        return rows

    def month_volume(self, now: int) -> int:
        """Recipients sent to in the last 31 days, whether they weigh or not."""
        first = boundaries(now)[2] // DAY
        return sum(
            volume_of(bucket) for days in (self._days, self._before) for day, bucket in days.items() if day >= first
        )

    def weighed_volume(self) -> int:
        """Recipients sent to since ``since``, as far back as days are kept."""
        return sum(volume_of(bucket) for bucket in self._days.values())

    def by_deliveries(self) -> bool:
        """Whether the volume rests on deliveries and bounces, because Send events are missing or fewer."""
        sent = sum(max(bucket[SENT], bucket[SENT_EVENTBRIDGE]) for bucket in self._days.values())
        return sent < self.weighed_volume()

    def forgiven_from(self, start: int) -> int:
        """Bounces that the clump rule leaves out, of mail sent from epoch minute ``start`` on."""
        self._forgive()
        return sum(n for by_minute in self._forgiven.values() for minute, n in by_minute.items() if minute >= start)

    def prune(self, now: int) -> None:
        """Forget what no run at or after epoch minute ``now`` can reach."""
        minutes_from, hours_from, days_from = boundaries(now)
        first_day = days_from // DAY
        _drop(self._minutes, minutes_from)
        _drop(self._hours, hours_from // HOUR)
        _drop(self._days, first_day)
        _drop(self._before, first_day)
        _drop(self._forgiven, first_day)
        for breakdown in (self.bounce_domains, self.complaint_domains, self.codes):
            breakdown.prune(first_day)

    def _forgive(self) -> None:
        per_domain, per_day = self._clump
        for day in self._days_to_forgive:
            by_minute = forgiven(self.bounce_domains.day(day), per_domain=per_domain, per_day=per_day)
            if by_minute:
                self._forgiven[day] = by_minute
        self._days_to_forgive.clear()

    def _excess(self, start: int, length: int) -> int:
        by_minute = self._forgiven.get(start // DAY)
        if not by_minute:
            return 0
        if length == 1:
            return by_minute.get(start, 0)
        return sum(n for minute, n in by_minute.items() if start <= minute < start + length)


def _bucket(level: dict[int, Bucket], key: int) -> Bucket:
    bucket = level.get(key)
    if bucket is None:
        bucket = level[key] = [0, 0, 0, 0, 0, 0]
    return bucket


def _drop(level: dict[int, Any], first: int) -> None:
    for key in [key for key in level if key < first]:
        del level[key]
