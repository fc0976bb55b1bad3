"""The counts of one stream by the time its mail was *sent*, in minutes, hours and days: plain sums, nothing else.

Because every outcome joins the minute in which its mail was sent, the same numbers result whatever comes late, in any
order and in any batch, and a rate never mixes one campaign's bounces with another's volume.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Self

from sesguard.detection.aside import AsideSums
from sesguard.detection.breakdown import DAY, Breakdown, ByMinute
from sesguard.detection.clumps import sent_in_month
from sesguard.detection.forgiveness import Forgiveness, TakenOnDay
from sesguard.detection.providers import provider_of
from sesguard.detection.reporting import ReportingShares, reporting_shares
from sesguard.detection.rows import DAYS_KEPT, HOUR, HOURS_A_DAY, DayTotals, Row, boundaries, drop_before
from sesguard.policy import ClumpRule, Policy

# Deliveries are compared with the sends of their own minute, so minutes are kept until SES has given up: it tries for
# up to 14 hours (https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html, read 2026-11-26).
COLUMNS_KEPT = DAY

# Columns of a minute. Volume is kept by the path it came by: a stream may publish through both SNS and EventBridge.
SENT, DELIVERED, SENT_EVENTBRIDGE, DELIVERED_EVENTBRIDGE, BOUNCED, COMPLAINED = range(6)

_SENDS = frozenset({SENT, SENT_EVENTBRIDGE})

Bucket = list[int]
_NOTHING = (0, 0, 0, 0, 0, 0)
_VOLUME, _PUBLISHED = 6, 7  # of a minute: what its columns come to, with and without hard bounces

_NEVER = 1 << 62

_MANY_MINUTES = 3 * DAY // 4
"""With mail, from which on they are forgotten each hour."""


def volume_of(bucket: Bucket) -> int:
    """Recipients sent to: Send events, or deliveries and hard bounces where those are more."""
    return _volumes(bucket)[0]


def _volumes(bucket: Bucket) -> tuple[int, int]:
    """Recipients sent to, and those of them that Send or Delivery events were published of."""
    sent, delivered, sent_eb, delivered_eb, bounced = bucket[:5]
    if sent_eb > sent:
        sent = sent_eb
    if delivered_eb > delivered:
        delivered = delivered_eb
    published = max(delivered, sent)
    return max(sent, delivered + bounced), published


class History:
    """What became of one stream's mail.

    since: epoch minute from which mail weighs. What was sent before leaves no trace here.
    clumps: how far bounces that clump at one domain are forgiven.
    """

    def __init__(self, since: int = 0, clumps: ClumpRule = ClumpRule()) -> None:  # noqa: B008 - an immutable tuple
        self.since = since
        self.bounce_domains = Breakdown()
        self.complaint_domains = Breakdown()
        self.codes = Breakdown()
        self._clump_rule = clumps
        self._minutes: dict[int, Bucket] = {}  # six columns, and the volume they come to
        self._hours: dict[int, Bucket] = {}  # volume, bounces, complaints, published volume, unseen outcomes of each
        self._days: dict[int, Bucket] = {}
        self._sends = 0  # of mail that weighs, by Send events
        self._samples: dict[int, list[int]] = {}  # epoch day -> mails sampled, those of them that are reported on
        self._aside: dict[int, int] = {}  # epoch day -> outcomes that are counted and do not weigh
        self._forgiveness = Forgiveness(clumps, self.bounce_domains)
        self._first_day = 0
        self._set_aside = AsideSums()
        self._to_provider: dict[str, int] = {}
        self._first_seen = _NEVER  # epoch minute of the first mail that Send or Delivery events were published of
        self._early: dict[int, list[int]] = {}  # epoch day -> bounces, complaints, as DayTotals has them
        self._first = since  # what is added before this is before ``since``, or behind what was forgotten
        self._first_hour = 0  # hours before this are forgotten
        self._forgets: int | None = None  # epoch minute as of which something is still to be forgotten
        self._pruned_day = -1

    @classmethod
    def under(cls, policy: Policy, since: int = 0) -> Self:
        """An empty history under the clump rule of ``policy``."""
        return cls(since, policy.clumps)

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
        bucket[column] = bucket[_VOLUME] = bucket[_PUBLISHED] = count
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
        # As _volumes() has it; a replay passes here with most lines, and a call would take as long as the rest.
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
            if not bucket[_PUBLISHED]:  # what was unseen of this minute, and perhaps of its hour, is so no longer
                hour[4] -= bucket[BOUNCED]
                hour[5] -= bucket[COMPLAINED]
                self._first_seen = min(self._first_seen, minute)
            if not hour[3]:
                day[4] -= hour[1]
                day[5] -= hour[2]
            bucket[_PUBLISHED] = published
            hour[3] += more_published
            day[3] += more_published
        if grown:
            bucket[_VOLUME] = volume
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

    def add_hour(self, hour: int, totals: DayTotals) -> None:
        """Count an epoch hour as a whole, all of whose mail was sent after ``since``. Its names may follow."""
        if not (totals.volume or totals.bounces or totals.complaints):
            return
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
        self._count_beside(hour * HOUR // DAY, totals)

    def add_sample(self, day: int, sampled: int, reporting: int) -> None:
        """Count mails of a sample of an epoch day's, and those of them that complaints are sent back of."""
        sums = self._samples.setdefault(day, [0, 0])
        sums[0] += sampled
        sums[1] += reporting

    def reporting_share(self) -> float:
        """The share of the stream's mail to providers that send complaints back."""
        return self.reporting_shares().whole

    def reporting_shares(self) -> ReportingShares:
        """The same, also by the day."""
        return reporting_shares(self._samples)

    def add_aside(self, minute: int, count: int) -> None:
        """Count outcomes that are held against nobody: at domains of the account's own, or of mail of another's."""
        if minute >= self.since and count:
            self._aside[minute // DAY] = self._aside.get(minute // DAY, 0) + count

    def aside(self) -> int:
        """Outcomes that are counted and do not weigh."""
        return sum(self._aside.values())

    def add_bounces(self, minute: int, count: int, domain: str) -> None:
        """Count hard bounces at one receiving domain ("" where it is not known) of mail sent in epoch ``minute``."""
        if minute >= self.since:
            self.add(minute, BOUNCED, count)
            self.bounce_domains.add(minute, domain, count)
            self._forgiveness.name(minute // DAY)

    def add_complaints(self, minute: int, count: int, domain: str) -> None:
        """Count complaints from one receiving domain ("" where it is not known) about mail sent in ``minute``."""
        if minute >= self.since:
            self.add(minute, COMPLAINED, count)
            self.complaint_domains.add(minute, domain, count)

    def set_aside(self, start: int, length: int, provider: str, share: float, mails: float) -> bool:
        """Take a ``share`` of the bounces at ``provider``, and ``mails``, out of what weighs of ``length`` minutes.

        They are a slot of a failing provider's (:mod:`sesguard.detection.outage`). Told again, the last word holds.
        Returns whether it changed anything.
        """
        if start < self.since:
            return False
        self._drop_old()
        volumes = {
            minute: self._minutes[minute][_VOLUME] for minute in range(start, start + length) if minute in self._minutes
        }
        whole = sum(volumes.values()) or 1
        there = self._bounces_at(provider, start, length)
        found = {
            minute: (min(volume, mails * volume / whole), share * there.get(minute, 0))
            for minute, volume in volumes.items()
        }
        return self._set_aside.put(found)

    def set_aside_slot(self, start: int, length: int, mails: float, bounces: float) -> None:
        """Take so many mails and bounces of ``length`` minutes out of what weighs, as it was found elsewhere."""
        if start < self.since:
            return
        self._drop_old()
        slot = {minute: self._minutes[minute] for minute in range(start, start + length) if minute in self._minutes}
        sent = sum(bucket[_VOLUME] for bucket in slot.values())
        refused = sum(bucket[BOUNCED] for bucket in slot.values())
        if not sent or not refused:  # of an hour or day that is known as a whole
            self._set_aside.add({start: (mails, bounces)})
            return
        of_mails, of_bounces = min(1.0, mails / sent), min(1.0, bounces / refused)
        self._set_aside.add({m: (of_mails * it[_VOLUME], of_bounces * it[BOUNCED]) for m, it in slot.items()})

    def add_to_provider(self, provider: str, mails: int) -> None:
        """Count mails of the sample to the provider group ``provider`` ("" for all others)."""
        self._to_provider[provider] = self._to_provider.get(provider, 0) + mails

    def to_provider(self) -> Mapping[str, int]:
        """Mails of the sample of the last hours, by the provider group that they went to ("" for all others)."""
        return self._to_provider

    def minutes(self) -> Iterator[tuple[int, int]]:
        """Epoch minutes of which the mail is known by the minute, with their volume, whatever is set aside of it."""
        self._drop_old()
        return ((minute, bucket[_VOLUME]) for minute, bucket in self._minutes.items())

    def bounces_at_providers(self, start: int) -> dict[str, ByMinute]:
        """Provider group ("" for all others) -> epoch minute -> bounces of mail sent from ``start`` on, as named."""
        found: dict[str, ByMinute] = {}
        for day in self.bounce_domains.days():
            if day >= start // DAY:
                for domain, by_minute in self.bounce_domains.day(day).items():
                    its = found.setdefault(provider_of(domain), {})
                    for minute, count in by_minute.items():
                        if minute >= start:
                            its[minute] = its.get(minute, 0) + count
        return found

    def set_aside_from(self, start: int) -> int:
        """Bounces that are set aside as a failing provider's, of mail sent from epoch minute ``start`` on."""
        return self._set_aside.bounces_from(start)

    def _bounces_at(self, provider: str, start: int, length: int) -> ByMinute:
        found: ByMinute = {}
        for domain, by_minute in self.bounce_domains.day(start // DAY).items():
            if provider_of(domain) == provider:
                for minute, count in by_minute.items():
                    if start <= minute < start + length:
                        found[minute] = found.get(minute, 0) + count
        return found

    def name_bounces(self, minute: int, count: int, domain: str) -> None:
        """Say at which receiving domain bounces were that are counted already."""
        if minute >= self.since:
            self.bounce_domains.add(minute, domain, count)
            self._forgiveness.name(minute // DAY)

    def name_complaints(self, minute: int, count: int, domain: str) -> None:
        """Say from which receiving domain complaints were that are counted already."""
        if minute >= self.since:
            self.complaint_domains.add(minute, domain, count)

    def add_taken(self, day: int, domain: str, mails: int) -> None:
        """Count mails that were sent to ``domain`` in epoch ``day``; an estimate from a sample will do."""
        self._forgiveness.add_taken(day, domain, mails)

    def know_taken(self, domains: Mapping[str, Mapping[int, TakenOnDay]]) -> None:
        """Say what domains took by epoch day; those that are not among them took nothing."""
        self._forgiveness.know_taken(domains)

    def takes(self, day: int, domain: str) -> bool:
        """Whether ``domain`` took more of the stream's mail in the month before ``day`` than it refused."""
        return self._forgiveness.takes(day, domain)

    def in_sample(self) -> tuple[int, int]:
        """Mails in the sample of Send events, and those that Send or Delivery events were published of."""
        return sum(sampled for sampled, _ in self._samples.values()), sum(day[3] for day in self._days.values())

    def sent_nothing_on(self, day: int) -> bool:
        """Whether it is known of an epoch day that nothing was sent on it: one since which mail weighs."""
        return day * DAY >= self.since and self._first_day <= day and day not in self._days

    def read_from(self, day: int) -> None:
        """Say from which epoch day on all that was sent is here."""
        self._first_day = day

    def add_day(self, day: int, totals: DayTotals) -> None:
        """Count an epoch day as a whole, with what was forgiven of it."""
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
        self._count_beside(day, totals)
        self._forgiveness.add_day(day, totals.forgiven)

    def day_totals(self, day: int) -> DayTotals:
        """What epoch ``day`` came to, as :meth:`add_day` takes it."""
        self._forgiveness.settle(self.month_volume)
        totals = _totals(self._days.get(day, _NOTHING))
        sampled, reporting = self._samples.get(day, (0, 0))
        early = self._early_outcomes(day)
        return totals._replace(
            early_bounces=early[0],
            early_complaints=early[1],
            forgiven=self._forgiveness.of(day * DAY, DAY),
            sampled=sampled,
            reporting=reporting,
            aside=self._aside.get(day, 0),
        )

    def hour_totals(self, hour: int) -> DayTotals:
        """What epoch ``hour`` came to, as :meth:`add_hour` takes it, but for what is kept by the day."""
        return _totals(self._hours.get(hour, _NOTHING))

    def _count_beside(self, day: int, totals: DayTotals) -> None:
        if totals.sampled:
            self.add_sample(day, totals.sampled, totals.reporting)
        if totals.aside:
            self._aside[day] = self._aside.get(day, 0) + totals.aside

    def named_days(self) -> frozenset[int]:
        """Epoch days of which it is known at which domains bounces were."""
        return self.bounce_domains.days()

    def join_names(self, other: History) -> None:
        """Add what is known of another stream's mail beside its counts: names, the sample, what domains took."""
        for mine, its in (
            (self.bounce_domains, other.bounce_domains),
            (self.complaint_domains, other.complaint_domains),
            (self.codes, other.codes),
        ):
            mine.join(its)
        for day, (sampled, reporting) in other._samples.items():
            self.add_sample(day, sampled, reporting)
        for day, count in other._aside.items():
            self._aside[day] = self._aside.get(day, 0) + count
        self._forgiveness.join(other._forgiveness)

    def restart(self, minute: int) -> None:
        """Weigh only mail sent from epoch ``minute`` on: forget what is here already."""
        for level in (self._minutes, self._hours, self._days):
            level.clear()
        self._set_aside.clear()
        self._aside.clear()
        self._early.clear()
        self._first_seen = _NEVER
        for breakdown in (self.bounce_domains, self.complaint_domains, self.codes):
            breakdown.clear()
        self._forgiveness.clear()
        self._sends = 0
        self.since = self._first = minute
        self._forgets = None

    def rows(self, now: int) -> list[Row]:
        """The buckets that weigh at epoch minute ``now``, newest first."""
        self._forgiveness.settle(self.month_volume)
        minutes_from, hours_from, days_from = boundaries(now)
        rows: list[Row] = []
        forgives = bool(self._forgiveness)
        for minute, (*_, bounces, complaints, volume, published) in _newest(self._minutes, 1, minutes_from, None):
            excess = self._forgiveness.of(minute, 1) if forgives else 0
            unseen = (0, 0) if published else (bounces, complaints)
            rows.append((minute, volume, bounces - excess, complaints, bounces, published, *unseen))
        rows = self._set_aside.without(rows, 1)
        rows += self._rows(self._hours, HOUR, hours_from, minutes_from)
        rows += self._rows(self._days, DAY, days_from, hours_from)
        return rows

    def days(self, now: int) -> list[Row]:
        """Whole UTC days with mail of the last month, newest first; the first of them is perhaps not over."""
        self._forgiveness.settle(self.month_volume)
        return [row for row in self._rows(self._days, DAY, boundaries(now)[2], None) if row[1]]

    def _rows(self, level: dict[int, Bucket], size: int, first: int, end: int | None) -> list[Row]:
        forgives = bool(self._forgiveness)
        rows: list[Row] = [
            (
                start,
                volume,
                bounces - self._forgiveness.of(start, size) if forgives and bounces else bounces,
                complaints,
                bounces,
                published,
                unseen,
                unseen_complaints,
            )
            for start, (volume, bounces, complaints, published, unseen, unseen_complaints) in _newest(
                level, size, first, end
            )
        ]
        if size == DAY:
            rows = self._with_early(rows)
        return self._set_aside.without(rows, size)

    def _with_early(self, rows: list[Row]) -> list[Row]:
        """Rows of days, the first of which with published volume is told what was sent before that began."""
        first = next((place for place in reversed(range(len(rows))) if rows[place][5]), None)
        if first is not None:
            row = rows[first]
            bounces, complaints = self._early_outcomes(row[0] // DAY)
            if bounces or complaints:
                rows[first] = (*row[:6], row[6] + bounces, row[7] + complaints)
        return rows

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

    def forgiven_from(self, start: int) -> int:
        """Bounces that the clump rule leaves out, of mail sent from epoch minute ``start`` on."""
        self._forgiveness.settle(self.month_volume)
        return self._forgiveness.since(start)

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
        self._forgiveness.prune(first_day, first_day - DAYS_KEPT // DAY)
        for breakdown in (self.bounce_domains, self.complaint_domains, self.codes):
            breakdown.prune(first_day)
        self._set_aside.prune(first_day, self._first_hour)
        for by_day in (self._samples, self._aside, self._early):
            drop_before(by_day, first_day)

    def release_minutes(self, before: int) -> None:
        """Hold no columns of epoch minutes before ``before``, which :func:`boundaries` has behind what is weighed.

        For who counts many streams, and gives them back by :meth:`restore_minutes` before one is added to or set aside.
        """
        drop_before(self._minutes, before)

    def restore_minutes(self, columns: Mapping[int, Bucket]) -> None:
        """Hold the columns of those epoch minutes, as they had come to by then."""
        for minute, its in columns.items():
            if minute >= self.since and minute not in self._minutes:
                self._minutes[minute] = [*its, *_volumes(its)]

    def month_volume(self, day: int) -> float:
        """Recipients that are sent to in a month, by the 31 days that end with epoch ``day``."""
        first = day - DAYS_KEPT // DAY
        return sent_in_month({it: its[0] for it, its in self._days.items() if first < it <= day}, day, self._clump_rule)


def _totals(sums: Sequence[int]) -> DayTotals:
    volume, bounces, complaints, published, unseen_bounces, unseen_complaints = sums
    return DayTotals(volume, bounces, complaints, 0, published, unseen_bounces, unseen_complaints)


def _sums(level: dict[int, Bucket], key: int) -> Bucket:
    sums = level.get(key)
    if sums is None:
        sums = level[key] = [*_NOTHING]
    return sums


def _newest(level: dict[int, Bucket], size: int, first: int, end: int | None) -> list[tuple[int, Bucket]]:
    """The buckets that begin at or after epoch minute ``first`` and before ``end``, newest first."""
    low = -(-first // size)
    keys = [key for key in level if key >= low and (end is None or key * size < end)]
    keys.sort(reverse=True)
    return [(key * size, level[key]) for key in keys]
