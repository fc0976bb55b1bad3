"""What became of one stream's mail: its sums, with what is forgiven, set aside or known by name of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from sesguard.detection.aside import AsideSums
from sesguard.detection.breakdown import DAY, Breakdown, ByMinute
from sesguard.detection.clumps import sent_in_month
from sesguard.detection.columns import BOUNCED, COMPLAINED, VOLUME_COLUMN, Bucket
from sesguard.detection.forgiveness import Forgiveness, TakenOnDay
from sesguard.detection.providers import provider_of
from sesguard.detection.reporting import ReportingShares, reporting_shares
from sesguard.detection.rows import DAYS_KEPT, HOUR, DayTotals, Row, boundaries, drop_before
from sesguard.detection.sums_by_time import SumsByTime
from sesguard.policy import ClumpRule, Policy


class History(SumsByTime):
    """What became of one stream's mail.

    since: epoch minute from which mail weighs. clumps: how far bounces that clump at one domain are forgiven.
    """

    def __init__(self, since: int = 0, clumps: ClumpRule = ClumpRule()) -> None:  # noqa: B008 - an immutable tuple
        super().__init__(since)
        self.bounce_domains = Breakdown()
        self.complaint_domains = Breakdown()
        self.codes = Breakdown()
        self._clump_rule = clumps
        self._samples: dict[int, list[int]] = {}  # epoch day -> mails sampled, those of them that are reported on
        self._aside: dict[int, int] = {}  # epoch day -> outcomes that are counted and do not weigh
        self._forgiveness = Forgiveness(clumps, self.bounce_domains)
        self._set_aside = AsideSums()
        self._to_provider: dict[str, int] = {}

    @classmethod
    def under(cls, policy: Policy, since: int = 0) -> Self:
        """An empty history under the clump rule of ``policy``."""
        return cls(since, policy.clumps)

    def add_hour(self, hour: int, totals: DayTotals) -> None:
        """Count an epoch hour as a whole, all of whose mail was sent after ``since``. Its names may follow."""
        if totals.volume or totals.bounces or totals.complaints:
            self._count_hour(hour, totals)
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
        self.add(minute, BOUNCED, count)
        self.name_bounces(minute, count, domain)

    def add_complaints(self, minute: int, count: int, domain: str) -> None:
        """Count complaints from one receiving domain ("" where it is not known) about mail sent in ``minute``."""
        self.add(minute, COMPLAINED, count)
        self.name_complaints(minute, count, domain)

    def set_aside(self, start: int, length: int, provider: str, share: float, mails: float) -> bool:
        """Take a ``share`` of the bounces at ``provider``, and ``mails``, out of what weighs of ``length`` minutes.

        They are a slot of a failing provider's (:mod:`sesguard.detection.outage`). Told again, the last word holds.
        Returns whether it changed anything.
        """
        if start < self.since:
            return False
        self._drop_old()
        volumes = {
            minute: self._minutes[minute][VOLUME_COLUMN]
            for minute in range(start, start + length)
            if minute in self._minutes
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
        sent = sum(bucket[VOLUME_COLUMN] for bucket in slot.values())
        refused = sum(bucket[BOUNCED] for bucket in slot.values())
        if not sent or not refused:  # of an hour or day that is known as a whole
            self._set_aside.add({start: (mails, bounces)})
            return
        of_mails, of_bounces = min(1.0, mails / sent), min(1.0, bounces / refused)
        self._set_aside.add({m: (of_mails * it[VOLUME_COLUMN], of_bounces * it[BOUNCED]) for m, it in slot.items()})

    def add_to_provider(self, provider: str, mails: int) -> None:
        """Count mails of the sample to the provider group ``provider`` ("" for all others)."""
        self._to_provider[provider] = self._to_provider.get(provider, 0) + mails

    def to_provider(self) -> Mapping[str, int]:
        """Mails of the sample of the last hours, by the provider group that they went to ("" for all others)."""
        return self._to_provider

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

    def add_day(self, day: int, totals: DayTotals) -> None:
        """Count an epoch day as a whole, with what was forgiven of it."""
        self._count_day(day, totals)
        self._count_beside(day, totals)
        self._forgiveness.add_day(day, totals.forgiven)

    def day_totals(self, day: int) -> DayTotals:
        """What epoch ``day`` came to, as :meth:`add_day` takes it."""
        self._forgiveness.update(self.month_volume)
        sampled, reporting = self._samples.get(day, (0, 0))
        return self._day_sums(day)._replace(
            forgiven=self._forgiveness.of(day * DAY, DAY),
            sampled=sampled,
            reporting=reporting,
            aside=self._aside.get(day, 0),
        )

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
        super().restart(minute)
        self._set_aside.clear()
        self._aside.clear()
        for breakdown in (self.bounce_domains, self.complaint_domains, self.codes):
            breakdown.clear()
        self._forgiveness.clear()

    def _drop_old(self) -> None:
        now = self._forgets
        if now is None:
            return
        super()._drop_old()
        first_day = boundaries(now)[2] // DAY
        self._forgiveness.prune(first_day, first_day - DAYS_KEPT // DAY)
        for breakdown in (self.bounce_domains, self.complaint_domains, self.codes):
            breakdown.prune(first_day)
        self._set_aside.prune(first_day, self._first_hour)
        for by_day in (self._samples, self._aside):
            drop_before(by_day, first_day)

    def rows(self, now: int) -> list[Row]:
        """The buckets that weigh at epoch minute ``now``, newest first."""
        self._forgiveness.update(self.month_volume)
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
        self._forgiveness.update(self.month_volume)
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

    def forgiven_from(self, start: int) -> int:
        """Bounces that the clump rule leaves out, of mail sent from epoch minute ``start`` on."""
        self._forgiveness.update(self.month_volume)
        return self._forgiveness.since(start)

    def month_volume(self, day: int) -> float:
        """Recipients that are sent to in a month, by the 31 days that end with epoch ``day``."""
        first = day - DAYS_KEPT // DAY
        return sent_in_month({it: its[0] for it, its in self._days.items() if first < it <= day}, day, self._clump_rule)


def _newest(level: dict[int, Bucket], size: int, first: int, end: int | None) -> list[tuple[int, Bucket]]:
    """The buckets that begin at or after epoch minute ``first`` and before ``end``, newest first."""
    if not level:
        return []
    low = -(-first // size)
    keys = [key for key in level if key >= low and (end is None or key * size < end)]
    keys.sort(reverse=True)
    return [(key * size, level[key]) for key in keys]
