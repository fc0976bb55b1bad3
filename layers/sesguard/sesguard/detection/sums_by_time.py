"""The sums of one stream's mail by the minute, hour and day in which it was *sent*.

Because every outcome joins the minute in which its mail was sent, the same numbers result whatever comes late, in any
order and in any batch, and a rate never mixes one campaign's bounces with another's volume.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import (
    BOUNCED,
    COLUMNS_KEPT,
    COMPLAINED,
    PUBLISHED_COLUMN,
    SENT,
    SENT_EVENTBRIDGE,
    VOLUME_COLUMN,
    Bucket,
    volumes,
)
from sesguard.detection.rows import DAYS_KEPT, HOUR, HOURS_A_DAY, DayTotals, boundaries, drop_before

_NOTHING = (0, 0, 0, 0, 0, 0)
_SENDS = frozenset({SENT, SENT_EVENTBRIDGE})
_NEVER = 1 << 62

_MANY_MINUTES = 3 * DAY // 4
"""With mail, from which on they are forgotten each hour."""


class SumsByTime:
    """How much mail was sent, and how much of it bounced or was complained of.

    since: epoch minute from which mail weighs. What was sent before leaves no trace here.
    """

    def __init__(self, since: int) -> None:
        self.since = since
        self._minutes: dict[int, Bucket] = {}  # six columns, and the volume they come to
        self._hours: dict[int, Bucket] = {}  # volume, bounces, complaints, published volume, unseen outcomes of each
        self._days: dict[int, Bucket] = {}
        self._sends = 0  # of mail that weighs, by Send events
        self._first_day = 0
        self._first_seen = _NEVER  # epoch minute of the first mail that Send or Delivery events were published of
        self._early: dict[int, list[int]] = {}  # epoch day -> bounces, complaints, as DayTotals has them
        self._first = since  # what is added before this is before ``since``, or behind what was forgotten
        self._first_hour = 0  # hours before this are forgotten
        self._forgets: int | None = None  # epoch minute as of which something is still to be forgotten
        self._pruned_day = -1

    def add(self, minute: int, column: int, count: int) -> None:
        """Count ``count`` mails sent in epoch ``minute`` under ``column``.

        The volume of a minute is the larger of its columns; hours and days are sums of minutes, so that a stream which
        changes the path of its events, or stops publishing sends, loses nothing.
        """
        if minute < self._first:
            if minute < self.since:
                return
            self._drop_old()
            if column >= BOUNCED and self._add_late(minute, column - BOUNCED, count):
                return
        bucket = self._minutes.get(minute)
        if bucket is not None:
            self._grow(bucket, minute, column, count)
        elif column < BOUNCED and count > 0:
            self._begin(minute, column, count)
        else:
            bucket = self._minutes[minute] = [0] * 8
            self._grow(bucket, minute, column, count)

    def _begin(self, minute: int, column: int, count: int) -> None:
        """Count the first mails of a minute of which nothing is known: :meth:`_grow`, in half the time."""
        bucket = self._minutes[minute] = [0] * 8
        bucket[column] = bucket[VOLUME_COLUMN] = bucket[PUBLISHED_COLUMN] = count
        hour = self._hours.get(minute // HOUR) or _sums(self._hours, minute // HOUR)
        day = self._days.get(minute // DAY) or _sums(self._days, minute // DAY)
        if not hour[3]:  # what was unseen of the hour is so no longer
            day[4] -= hour[1]
            day[5] -= hour[2]
        hour[0] += count
        hour[3] += count
        day[0] += count
        day[3] += count
        if minute < self._first_seen:
            self._first_seen = minute
        if column in _SENDS:
            self._sends += count

    def _grow(self, bucket: Bucket, minute: int, column: int, count: int) -> None:
        """Count mails or outcomes of a minute, and find by how much its volume grows."""
        bucket[column] += count
        # As volumes() has it; a replay passes here with most lines, and a call would take as long as the rest.
        sent, delivered, sent_eb, delivered_eb, bounced, _, grown, more_published = bucket
        if sent_eb > sent:
            sent = sent_eb
        if delivered_eb > delivered:
            delivered = delivered_eb
        published = sent if sent > delivered else delivered  # noqa: FURB136  # max() takes three times as long
        delivered += bounced
        volume = sent if sent > delivered else delivered  # noqa: FURB136  # as above
        grown, more_published = volume - grown, published - more_published
        hour = self._hours.get(minute // HOUR) or _sums(self._hours, minute // HOUR)
        day = self._days.get(minute // DAY) or _sums(self._days, minute // DAY)
        if more_published:
            if not bucket[PUBLISHED_COLUMN]:  # what was unseen of this minute, and perhaps of its hour, is so no longer
                hour[4] -= bucket[BOUNCED]
                hour[5] -= bucket[COMPLAINED]
                self._first_seen = min(self._first_seen, minute)
            if not hour[3]:
                day[4] -= hour[1]
                day[5] -= hour[2]
            bucket[PUBLISHED_COLUMN] = published
            hour[3] += more_published
            day[3] += more_published
        if grown:
            bucket[VOLUME_COLUMN] = volume
            hour[0] += grown
            day[0] += grown
        if column >= BOUNCED:
            which = column - BOUNCED
            hour[1 + which] += count
            day[1 + which] += count
            if not published:
                hour[4 + which] += count
            if not hour[3]:
                day[4 + which] += count
        elif column in _SENDS:
            self._sends += count

    def _add_late(self, minute: int, which: int, count: int) -> bool:
        """Count outcomes of a minute that is forgotten, if Send or Delivery events of its hour, or day, are not.

        A complaint comes days later: that its minute, or hour, is here no more does not make its volume unknown.
        """
        if minute in self._minutes or minute >= self._first:
            return False
        hour, day = self._hours.get(minute // HOUR), self._days.get(minute // DAY)
        if day is None or not (hour or day)[3] or (hour is None and minute // HOUR >= self._first_hour):
            return False
        if minute < self._first_seen:
            if hour is not None:
                hour[4 + which] += count
            else:
                self._early.setdefault(minute // DAY, [0, 0])[which] += count
        for sums in (hour, day) if hour is not None else (day,):
            sums[1 + which] += count
            if not which and not self._sends:  # of what was delivered, bounces are no part
                sums[0] += count
        return True

    def _count_hour(self, hour: int, totals: DayTotals) -> None:
        its, day = _sums(self._hours, hour), _sums(self._days, hour * HOUR // DAY)
        found = [totals.volume, totals.bounces, totals.complaints, totals.published]
        for place, count in enumerate(found):
            its[place] += count
            day[place] += count
        its[4] += totals.unseen_bounces
        its[5] += totals.unseen_complaints
        if totals.published:
            self._first_seen = min(self._first_seen, hour * HOUR)
        else:
            day[4] += totals.bounces
            day[5] += totals.complaints
        self._sends += totals.published

    def _count_day(self, day: int, totals: DayTotals) -> None:
        self._days[day] = [
            totals.volume,
            totals.bounces,
            totals.complaints,
            totals.published,
            totals.unseen_bounces,
            totals.unseen_complaints,
        ]
        if totals.published:
            self._first_seen = min(self._first_seen, day * DAY)
            self._early[day] = [totals.early_bounces, totals.early_complaints]
        self._sends += totals.published

    def _day_sums(self, day: int) -> DayTotals:
        early_bounces, early_complaints = self._early_outcomes(day)
        totals = _totals(self._days.get(day, _NOTHING))
        return totals._replace(early_bounces=early_bounces, early_complaints=early_complaints)

    def hour_totals(self, hour: int) -> DayTotals:
        """What epoch ``hour`` came to, as :meth:`add_hour` takes it, but for what is kept by the day."""
        return _totals(self._hours.get(hour, _NOTHING))

    def minutes(self) -> Iterator[tuple[int, int]]:
        """Epoch minutes of which the mail is known by the minute, with their volume, whatever is set aside of it."""
        self._drop_old()
        return ((minute, bucket[VOLUME_COLUMN]) for minute, bucket in self._minutes.items())

    def sent_nothing_on(self, day: int) -> bool:
        """Whether it is known of an epoch day that nothing was sent on it: one since which mail weighs."""
        return day * DAY >= self.since and self._first_day <= day and day not in self._days

    def read_from(self, day: int) -> None:
        """Say from which epoch day on all that was sent is here."""
        self._first_day = day

    def _early_outcomes(self, day: int) -> tuple[int, int]:
        """Bounces and complaints of an epoch day's first hour with published volume, of its minutes without any."""
        bounces, complaints = self._early.get(day, (0, 0))
        for hour in range(day * HOURS_A_DAY, (day + 1) * HOURS_A_DAY):
            its = self._hours.get(hour)
            if its is not None and its[3]:
                return bounces + its[4], complaints + its[5]
        return bounces, complaints

    def weighed_volume(self, now: int) -> int:
        """Recipients sent to since ``since``, within the month that ends at epoch minute ``now``."""
        first = boundaries(now)[2] // DAY
        return sum(sums[0] for day, sums in self._days.items() if day >= first)

    def by_deliveries(self) -> bool:
        """Whether the volume rests on deliveries and bounces, because Send events are missing or fewer."""
        return self._sends < sum(sums[0] for sums in self._days.values())

    def restart(self, minute: int) -> None:
        """Weigh only mail sent from epoch ``minute`` on: forget what is here already."""
        for level in (self._minutes, self._hours, self._days):
            level.clear()
        self._early.clear()
        self._first_seen = _NEVER
        self._sends = 0
        self.since = self._first = minute
        self._forgets = None

    def prune(self, now: int) -> None:
        """Forget what no run at or after epoch minute ``now`` can reach.

        Whole days and what domains took stay for another month: they say how much was forgiven on the oldest day.
        Within a UTC day only buckets of minutes are forgotten, and hours that nothing weighs of: that waits until
        something is added behind, or they are many, as a replay asks for it each hour of each of thousands of streams.
        """
        self._forgets = now
        if now // DAY != self._pruned_day or len(self._minutes) > _MANY_MINUTES:
            self._drop_old()
        else:
            self._first = max(self.since, (now - COLUMNS_KEPT) // HOUR * HOUR)

    def _drop_old(self) -> None:
        """Forget what is still to be forgotten."""
        now = self._forgets
        if now is None:
            return
        self._forgets = None
        self._first = max(self.since, (now - COLUMNS_KEPT) // HOUR * HOUR)
        self._pruned_day = now // DAY
        _, hours_from, days_from = boundaries(now)
        first_day, self._first_hour = days_from // DAY, hours_from // HOUR
        drop_before(self._minutes, self._first)
        for day in {hour * HOUR // DAY for hour in self._hours if hour < self._first_hour}:
            self._early[day] = [*self._early_outcomes(day)]
        drop_before(self._hours, self._first_hour)
        drop_before(self._days, first_day - DAYS_KEPT // DAY)
        drop_before(self._early, first_day)

    def release_minutes(self, before: int) -> None:
        """Hold no columns of epoch minutes before ``before``, which :func:`boundaries` has behind what is weighed.

        For who counts many streams, and gives them back by :meth:`restore_minutes` before one is added to or set aside.
        """
        drop_before(self._minutes, before)

    def restore_minutes(self, columns: Mapping[int, Bucket]) -> None:
        """Hold the columns of those epoch minutes, as they had come to by then."""
        for minute, its in columns.items():
            if minute >= self.since and minute not in self._minutes:
                self._minutes[minute] = [*its, *volumes(its)]


def _totals(sums: Sequence[int]) -> DayTotals:
    volume, bounces, complaints, published, unseen_bounces, unseen_complaints = sums
    return DayTotals(volume, bounces, complaints, 0, published, unseen_bounces, unseen_complaints)


def _sums(level: dict[int, Bucket], key: int) -> Bucket:
    sums = level.get(key)
    if sums is None:
        sums = level[key] = [*_NOTHING]
    return sums
