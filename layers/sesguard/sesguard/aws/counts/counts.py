"""Reading a stream's history: the last hours as they lie, older ones and days from what was rolled up of them.

What only weighs as a whole is read by its minutes once, then kept as a few numbers. Whatever comes later for it touches
what is on record, and the next reader rolls it up again. No reader can keep numbers in which something is missing: a
late outcome touches within its own transaction, late volume right after it is added, and what was found is kept only if
nothing touched it since before it was looked for.

A look reads the same amount whatever the stream's size. Names (receiving domains, codes) do grow with it, so they are
read where somebody asks for them, newest first and so many at most; without them nothing is forgiven, and the history
weighs at least as much as with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.cohort_items import Item, beside_counts, fill_names, fill_outcomes, fill_volume, hour_in
from sesguard.aws.counts.cohorts import HOURLY, NAMED, OUTCOMES, SETTLED, VOLUME, day_text, hour_text
from sesguard.aws.counts.hour_blocks import block_of, of_hours
from sesguard.aws.counts.outage_store import ASIDE, fill_aside
from sesguard.aws.counts.rollups import (
    EMPTY,
    NO_ROLLUP,
    UNREAD,
    UNTOUCHED,
    Rollup,
    clump_text,
    day_request,
    day_rollup,
    gaps,
    hour_request,
    hour_rollup,
    same_rule,
)
from sesguard.aws.counts.taken_marks import MOST_DOMAINS, TakenMarks, may_matter, refused_item, taken_before, tell_taken
from sesguard.aws.counts.tenant_marks import standing_of
from sesguard.aws.counts.unfolded import Unfolded, UnfoldedStream, VolumeLog
from sesguard.aws.query import between, query_all
from sesguard.detection.breakdown import DAY
from sesguard.detection.clumps import clumped, clumping, forgiven, sent_in_month
from sesguard.detection.history import History
from sesguard.detection.rows import DAYS_KEPT, HOUR, HOURS_A_DAY, DayTotals, boundaries
from sesguard.policy import Policy
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query", "dynamodb:PutItem"})
_END: Final = "~"  # sorts after every time

MOST_NAMES: Final = 60_000
"""Names that are read at one look: some 5 MB of items, a quarter of a second of a whole processor and 15 MB. Of older
mail than that nothing is forgiven, which makes the guard stricter with a stream that bounces that much."""
MOST_ATTRIBUTES: Final = 150_000
"""Numbers that are read at one look to roll up days. What is left is rolled up at the next looks, newest first."""
WORTH_ROLLING_UP: Final = 1_600
"""Numbers in the hours since the last rolled-up day from which on they are rolled up. In blocks of hours so many
are some 16 KB, about what rolled-up hours are; of fewer, each hour would cost a write and save no reads."""
MOST_HOURS_AT_ONCE: Final = 24
_FEW_GAPS: Final = 4  # that are read one by one


class DynamoCounts:
    """The port ``Counts`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._log = VolumeLog(client, table)

    def history(
        self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy, *, names: bool = True
    ) -> History:
        start = int(since.timestamp()) // 60 if since is not None else 0

        def read(unfolded: Unfolded) -> History:
            logged = unfolded.of(stream.configuration_set)
            reading = _Reading(self._client, self._table, stream, policy, History.under(policy, start), logged)
            reading.read(int(now.timestamp()) // 60, names=names)
            return reading.history

        return self._log.reading(stream._replace(configuration_set=""), now, read)

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        standing = standing_of(self._client, self._table, stream, tenant)
        return standing.past(now) if standing is not None else 0


class _Reading:
    """One history being read."""

    def __init__(
        self,
        client: DynamoDBClient,
        table: str,
        stream: StreamId,
        policy: Policy,
        history: History,
        logged: UnfoldedStream,
    ) -> None:
        self._taken = TakenMarks(client, table, stream)
        self._logged = logged
        self._client = client
        self._table = table
        self._stream = str(stream)
        self._policy = policy
        self.history = history
        self._beside: dict[int, tuple[int, ...]] = {}  # epoch hour -> sampled, reporting, aside
        self._attributes = 0
        self._left: set[int] = set()  # epoch days that are to be rolled up, and left to the next looks
        self._names = 0

    def read(self, now: int, *, names: bool) -> None:
        """Fill the history in as of epoch minute ``now``."""
        minutes_from, hours_from, days_from = boundaries(now)
        by_minute, first_hour = minutes_from // HOUR, hours_from // HOUR
        first_day, recent = max(days_from, self.history.since) // DAY, hours_from // DAY
        if names:
            self._read_names(recent * HOURS_A_DAY, now // HOUR)
        self._read_hours(max(first_hour, self.history.since // HOUR), by_minute)
        if names:
            items = self._between(f"{ASIDE}{day_text(first_day)}", f"{ASIDE}{_END}")
            fill_aside(self.history, items)
        self.history.read_from(first_day)
        if first_day < recent:
            self._read_days(first_day, recent, names=names)
        if names:
            tell_taken(self.history, self._taken, self._policy.clumps, now)

    def _read_minutes(self, first: int, last: int | None, end: int = 0) -> int:
        """Add epoch hours ``first`` to ``last``, or all from ``first`` on, by the minute.

        Gives how many numbers that was before epoch hour ``end``.
        """
        volumes = self._logged.merged(self._query(VOLUME, block_of(first), last), first, last)
        outcomes = self._query(OUTCOMES, first, last)
        fill_volume(self.history, volumes)
        fill_outcomes(self.history, outcomes)
        for item in (*volumes, *outcomes):
            beside = beside_counts(item)
            if any(beside):
                hour = hour_in(item)
                self._beside[hour] = tuple(map(sum, zip(self._beside.get(hour, (0, 0, 0)), beside, strict=True)))
        return sum(len(item) for item in (*volumes, *outcomes) if hour_in(item) < end)

    def _read_hours(self, first: int, end: int) -> None:
        """Add whole epoch hours until before ``end``, and what comes then by the minute.

        Those that are not rolled up are read by the minute too, in one with what follows; where that was much, they are
        rolled up.
        """
        if first >= end:
            self._read_minutes(end, None)
            return
        found = dict(map(hour_rollup, self._between(HOURLY + hour_text(first), HOURLY + hour_text(end - 1))))
        partly = self.history.since // HOUR if self.history.since % HOUR else None
        # What is logged of an hour is in no rollup of it: folded so late, it touches that.
        logged = self._logged.hours
        held = {hour for hour, rollup in found.items() if rollup.holds and hour != partly} - logged
        missing = list(gaps(first, end, held))
        if len(missing) > _FEW_GAPS:
            missing = [(missing[0][0], missing[-1][1])]
            held -= set(range(*missing[0]))
        for hour in held:
            self.history.add_hour(hour, found[hour].totals)
        apart = [(begin, stop) for begin, stop in missing if stop < end]
        numbers = sum(self._read_minutes(begin, stop - 1, end) for begin, stop in apart)
        numbers += self._read_minutes(missing[-1][0] if len(apart) < len(missing) else end, None, end)
        much = numbers >= WORTH_ROLLING_UP
        again = [hour for begin, stop in missing for hour in range(begin, stop) if hour in found] if found else []
        if much or again:
            wanted = [hour for begin, stop in missing for hour in range(begin, stop) if hour != partly]
            self._roll_up_hours(set(wanted if much else again) - logged, found)

    def _roll_up_hours(self, hours: Iterable[int], found: Mapping[int, Rollup]) -> None:
        left = MOST_HOURS_AT_ONCE
        for hour in sorted(hours, reverse=True):
            sampled, reporting, aside = self._beside.get(hour, (0, 0, 0))
            totals = self.history.hour_totals(hour)._replace(sampled=sampled, reporting=reporting, aside=aside)
            if (totals == EMPTY and hour not in found) or not left:
                continue
            left -= 1
            touched = found.get(hour, NO_ROLLUP).touched
            self._put(hour_request(self._table, self._stream, hour, totals, touched))

    def _read_days(self, first: int, end: int, *, names: bool) -> None:
        """Add whole epoch days, newest first, so that the latest are there where there is no time for all."""
        history = self.history
        found = dict(map(day_rollup, self._between(SETTLED + day_text(first), SETTLED + day_text(end - 1))))
        # Days that are read by the minute: one that weighs in part, and those of which something is logged still.
        apart = {history.since // DAY} if history.since % DAY else set()
        apart = {day for day in apart | {hour // HOURS_A_DAY for hour in self._logged.hours} if first <= day < end}
        wholes = {day: rollup for day, rollup in found.items() if rollup.holds and day not in apart}
        for day in apart:
            if names:
                self._fill_names(history, day * HOURS_A_DAY, day * HOURS_A_DAY + HOURS_A_DAY - 1)
            self._read_minutes(day * HOURS_A_DAY, day * HOURS_A_DAY + HOURS_A_DAY - 1)
        wholes |= self._days_anew(first, end, found, apart)
        if names:  # it may matter: older versions took the larger column of a day, not of each minute
            wholes |= {day: self._anew(day, rollup) for day, rollup in wholes.items() if not rollup.exact}
        for day in sorted(wholes, reverse=True):
            rollup = self._forgive(day, wholes[day], wholes) if names else wholes[day]
            if rollup is not found.get(day) and day not in self._left:
                self._put(day_request(self._table, self._stream, day, rollup.totals, rollup.touched, rollup.clump))
            if rollup.totals != EMPTY:
                # What another rule forgave of it is not forgiven, so that without names the risk is never too low.
                keeps = same_rule(rollup.clump, self._policy)
                history.add_day(day, rollup.totals if keeps else rollup.totals._replace(forgiven=0))

    def _days_anew(self, first: int, end: int, found: Mapping[int, Rollup], apart: set[int]) -> dict[int, Rollup]:
        """Roll up the days that are not on record; those before a stream's first mail stay as they are."""
        held = {day for day, rollup in found.items() if rollup.holds}
        known = held | apart
        anew: dict[int, Rollup] = {}
        for begin, stop in reversed(list(gaps(first, end, known))):
            earliest = self._earliest(begin, stop)
            if earliest == stop and not found:
                continue
            for day in reversed(range(begin, stop)):
                rollup = found.get(day, NO_ROLLUP)
                if day >= earliest:
                    anew[day] = self._anew(day, rollup)
                elif rollup.touched != UNTOUCHED or (held and day > min(held)):
                    anew[day] = rollup._replace(clump=UNREAD)
        return anew

    def _anew(self, day: int, rollup: Rollup) -> Rollup:
        """A day as its hours have it; as it is on record where this look has read too much already."""
        if self._attributes > MOST_ATTRIBUTES:
            self._left.add(day)
            return rollup
        return Rollup(self._day(day), holds=False, touched=rollup.touched, clump=UNREAD)

    def _earliest(self, begin: int, stop: int) -> int:
        """The first of the epoch days from ``begin`` until before ``stop`` that has anything; ``stop`` if none has."""
        days = [stop]
        for kind in (VOLUME, OUTCOMES):
            first, last = hour_text(begin * HOURS_A_DAY), hour_text(stop * HOURS_A_DAY - 1)
            request = self._request(f"{kind}{first}", f"{kind}{last}")
            with calling("Query"):
                items = self._client.query(**request, Limit=1)["Items"]
            days += [hour_in(item) // HOURS_A_DAY for item in items]
        return min(days)

    def _day(self, day: int) -> DayTotals:
        """What an epoch day came to, by its minutes; nothing of it is held."""
        once = History()
        hours = day * HOURS_A_DAY, day * HOURS_A_DAY + HOURS_A_DAY - 1
        for kind, fill in ((VOLUME, fill_volume), (OUTCOMES, fill_outcomes)):
            items = self._query(kind, *hours)
            self._attributes += sum(map(len, items))
            fill(once, of_hours(items, *hours) if kind == VOLUME else items)
        return once.day_totals(day)

    def _forgive(self, day: int, rollup: Rollup, wholes: Mapping[int, Rollup]) -> Rollup:
        """Forgive clumps of a day by the rule in force, unless that was done, or there are too many names to read."""
        policy, totals = self._policy, rollup.totals
        if rollup.holds and same_rule(rollup.clump, policy):
            return rollup
        if totals.bounces <= policy.clumps.per_domain:
            return rollup._replace(totals=totals._replace(forgiven=0), clump=clump_text(policy))
        month = range(day - DAYS_KEPT // DAY + 1, day + 1)
        if self._names > MOST_NAMES or not self._left.isdisjoint(month):  # of which a share is forgiven
            return rollup._replace(totals=totals._replace(forgiven=0), clump=UNREAD)
        once = History()
        self._fill_names(once, day * HOURS_A_DAY, day * HOURS_A_DAY + HOURS_A_DAY - 1)
        before = [wholes[it].totals for it in month if it in wholes]
        volume = sent_in_month({it: its.totals.volume for it, its in wholes.items()}, day, policy.clumps)
        domains = once.bounce_domains.day(day)
        sample = sum(it.sampled for it in before), sum(it.published for it in before)
        clumps = clumped(domains, policy.clumps.per_domain, self._takes(day, once, volume, sample))
        kept = forgiven(clumps, policy.clumps, volume)
        return rollup._replace(totals=totals._replace(forgiven=sum(kept.values())), clump=clump_text(policy))

    def _takes(self, day: int, names: History, volume: float, sample: tuple[int, int]) -> Callable[[str], bool]:
        """Whether a domain took the stream's mail before ``day``; where that matters, what they refused is noted."""
        rule = self._policy.clumps
        clumps = clumping(names.bounce_domains.day(day), rule.per_domain)
        if not may_matter(rule, volume) or sum(clumps.values()) <= rule.per_day:
            return lambda _: True
        for domain in sorted(clumps, key=lambda it: (-clumps[it], it))[:MOST_DOMAINS]:
            item = refused_item(self._stream, domain, day, clumps[domain] + rule.per_domain)
            with calling("PutItem"):
                self._client.put_item(TableName=self._table, Item=item)
        return taken_before(self._taken, self.history, day, clumps, sample)

    def _read_names(self, first: int, last: int) -> None:
        """Name the outcomes of epoch hours ``first`` to ``last``, newest day first, as far as there is room."""
        for day in reversed(range(first // HOURS_A_DAY, last // HOURS_A_DAY + 1)):
            if self._names <= MOST_NAMES:
                self._fill_names(self.history, max(first, day * HOURS_A_DAY), day * HOURS_A_DAY + HOURS_A_DAY - 1)

    def _fill_names(self, history: History, first: int, last: int) -> None:
        for kind in (NAMED, OUTCOMES):  # of few outcomes the names lie beside the counts
            end = f"{hour_text(last)}:{_END}" if kind == NAMED else hour_text(last)
            items = self._between(f"{kind}{hour_text(first)}", f"{kind}{end}")
            self._names += sum(map(len, items))
            fill_names(history, items)

    def _put(self, request: dict[str, Any]) -> None:
        # Where a writer touched it meanwhile, these numbers are what was there when they were read.
        write_if("PutItem", self._client.put_item, **request)

    def _query(self, kind: str, first: int, last: int | None) -> list[Item]:
        """The items of epoch hours ``first`` to ``last``, or all from ``first`` on."""
        end = hour_text(last) if last is not None else _END
        return self._between(f"{kind}{hour_text(first)}", f"{kind}{end}")

    def _between(self, first: str, last: str) -> list[Item]:
        """The items with sort keys from ``first`` to ``last``, consistently read. Raises AwsError."""
        return query_all(self._client, self._request(first, last))

    def _request(self, first: str, last: str) -> dict[str, Any]:
        return between(self._table, self._stream, first, last, consistent=True)
