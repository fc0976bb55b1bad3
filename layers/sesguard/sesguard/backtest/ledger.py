"""The whole traffic of one stream as it was recorded, and in hindsight the stretches of it that were bad.

Without labels nobody can say which mail was bad while it was sent. Afterwards, with every outcome known, one can: a
**bad span** is a stretch of a stream's mail whose outcomes are more than 1/chance times (the policy's ``chance``) as
likely from a sender at 1.5, 3 or 6 times the limit as from one at the limit. It begins and ends where that is clearest,
and is looked for apart for bounces (after the clump rule) and for complaints. It depends on the traffic and the
policy's limits alone, not on what any detector did, so that detectors can be compared by what they let through in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from math import log
from typing import NamedTuple

from sesguard.detection.breakdown import Breakdown
from sesguard.detection.clumps import clumped, forgiven
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of
from sesguard.detection.rows import HOUR
from sesguard.policy import Policy

_DAY = 24 * HOUR
_COLUMNS = 6
_EMPTY = [0] * _COLUMNS

ALTERNATIVES = (1.5, 3.0, 6.0)
"""Rates that a bad sender is taken to have, in multiples of the limit."""

DAYS_WAITED = 4
"""Whole days that late outcomes have to join their mail before it is judged in hindsight."""

By = dict[int, "array[int]"]
"""Epoch hour -> what was booked in it, each a count with its place, until all places of the hour take no more room.

A place is a minute's column, six of them minute by minute, in the lowest ``_PLACE_BITS``; there are ``_PLACES``, and of
what is booked one by one there is always less.
"""

_PLACES = HOUR * _COLUMNS
_PLACE_BITS = 9
_PLACE = (1 << _PLACE_BITS) - 1


def book(level: By, minute: int, column: int, count: int) -> None:
    """Add ``count`` to ``column`` of epoch ``minute``."""
    hour = minute // HOUR
    place = (minute - hour * HOUR) * _COLUMNS + column
    columns = level.get(hour)
    if columns is None:
        level[hour] = array("q", (count << _PLACE_BITS | place,))
    elif len(columns) < _PLACES - 1:
        columns.append(count << _PLACE_BITS | place)
    elif len(columns) == _PLACES:
        columns[place] += count
    else:
        columns = level[hour] = _by_place(columns)
        columns[place] += count


def _by_place(columns: array[int]) -> array[int]:
    """The count of each place of an hour."""
    if len(columns) == _PLACES:
        return columns
    counts = array("q", bytes(8 * _PLACES))
    for booked in columns:
        counts[booked & _PLACE] += booked >> _PLACE_BITS
    return counts


def _sent_once(columns: array[int]) -> int | None:
    """The mails of an hour of little mail where one column of volume says all; None where it takes more to know."""
    if len(columns) == _PLACES:
        return None
    column = (columns[0] & _PLACE) % _COLUMNS
    if column >= BOUNCED:
        return None
    for booked in columns:
        if (booked & _PLACE) % _COLUMNS != column:
            return None
    return sum(booked >> _PLACE_BITS for booked in columns)


class Totals:
    """Mails by what became of them under one detector."""

    def __init__(self) -> None:
        self.refused = 0
        self.refused_clean = 0
        self.leaked = 0
        self.spared_bounces = 0
        self.spared_complaints = 0


class _Cohort(NamedTuple):
    """One minute, judged: mails offered, how many of them each detector refused."""

    minute: int
    mails: int
    refused: list[int]


class _Spans:
    """Finds the spans of one kind of outcome at one alternative rate, cohort by cohort.

    Page's cumulative sum of the log likelihood ratio (doi:10.1093/biomet/41.1-2.100) finds where a span begins; it ends
    at the sum's peak once the sum has fallen by ``bound`` from there, or to nothing.
    """

    def __init__(self, limit: float, times: float, bound: float) -> None:
        bad = min(times * limit, (1 + limit) / 2)
        self._per_bad, self._per_good = log(bad / limit), log((1 - bad) / (1 - limit))
        self._bound = bound
        self._sum = self._peak = 0.0
        self.start: int | None = None
        self._peak_at = 0

    def add(self, minute: int, mails: int, bad: int) -> tuple[int, int] | None:
        """Take the next cohort. Returns first and last minute of a span that is now known to have ended."""
        bad = min(bad, mails)
        self._sum += bad * self._per_bad + (mails - bad) * self._per_good
        if self._sum > self._peak:
            if self.start is None:
                self.start = minute
            self._peak, self._peak_at = self._sum, minute
        elif self._sum <= max(0.0, self._peak - self._bound):
            return self.end()
        return None

    def end(self) -> tuple[int, int] | None:
        """Close what is open."""
        span = (self.start, self._peak_at) if self.start is not None and self._peak >= self._bound else None
        self._sum = self._peak = 0.0
        self.start = None
        return span


class Ledger:
    """What one stream wanted to send, what became of it, and what of it each of several detectors refused."""

    def __init__(self, policy: Policy, detectors: int = 1) -> None:
        self.mails = self.bounces = self.complaints = self.bad_mails = 0
        self.totals = [Totals() for _ in range(detectors)]
        self._clumps = policy.clumps
        bound = -log(policy.chance)
        self._spans = [
            (kind, _Spans(limit, times, bound))
            for kind, limit in enumerate((policy.bounce_limit, policy.complaint_limit))
            for times in ALTERNATIVES
        ]
        self._running = False  # whether a span may have begun
        self._offered: By = {}
        self._refused: list[By] = [{} for _ in range(detectors)]
        self._domains = Breakdown()
        self._open: list[_Cohort] = []
        self._found: list[tuple[int, int]] = []
        self._judged_to = 0  # epoch minute before which everything is judged

    def add(self, minute: int, column: int, count: int, domain: str) -> None:
        """Book what was recorded, refused or not."""
        if minute < self._judged_to:
            minute = self._judged_to  # later than any late outcome should be: it joins the oldest mail still open
        book(self._offered, minute, column, count)
        if column == BOUNCED:
            self.bounces += count
            self._domains.add(minute, domain, count)
        elif column == COMPLAINED:
            self.complaints += count

    def refuse(self, detector: int, minute: int, column: int, count: int) -> None:
        """Book that ``detector`` refused this mail, so that this never happened. Call it besides :meth:`add`."""
        book(self._refused[detector], max(minute, self._judged_to), column, count)
        if column == BOUNCED:
            self.totals[detector].spared_bounces += count
        elif column == COMPLAINED:
            self.totals[detector].spared_complaints += count

    def accepted(self, detector: int, hour: int) -> dict[int, list[int]]:
        """Epoch minute -> the six columns of what ``detector`` did not refuse, of an epoch hour not judged yet."""
        offered = self._offered.get(hour)
        if offered is None:
            return {}
        booked = _by_place(offered).tolist()
        refused = self._refused[detector].get(hour)
        if refused is not None:
            booked = [n - less for n, less in zip(booked, _by_place(refused), strict=True)]
        buckets = ((within, booked[within * _COLUMNS : (within + 1) * _COLUMNS]) for within in range(HOUR))
        return {hour * HOUR + within: bucket for within, bucket in buckets if bucket != _EMPTY}

    def judge_before(self, before: int) -> None:
        """Judge the mail of whole days before epoch minute ``before``; none of it may be added to afterwards."""
        end = before // _DAY * _DAY
        if end <= self._judged_to:
            return
        day = -1
        excess: Mapping[int, int] = {}
        for hour in sorted(hour for hour in self._offered if hour * HOUR < end):
            if hour // 24 != day:
                day = hour // 24
                excess = forgiven(clumped(self._domains.day(day), self._clumps.per_domain, _known), self._clumps, 0)
            self._judge_hour(hour, excess)
        self._judged_to = end
        self._domains.prune(end // _DAY)

    def close(self) -> None:
        """Judge everything that is left. Nothing may be added afterwards."""
        last = max(self._offered, default=0) * HOUR
        self.judge_before(last + 2 * _DAY)
        self._found += [span for _, spans in self._spans if (span := spans.end())]
        self._resolve()

    def _judge_hour(self, hour: int, excess: Mapping[int, int]) -> None:
        columns = self._offered.pop(hour)
        booked = [level.pop(hour, None) for level in self._refused]
        if not self._running and not any(booked) and (mails := _sent_once(columns)) is not None:
            self.mails += mails
            return
        offered = _by_place(columns).tolist()
        refused = [_by_place(columns) if columns is not None else None for columns in booked]
        if not (self._running or any(refused) or any(offered[BOUNCED::_COLUMNS]) or any(offered[COMPLAINED::_COLUMNS])):
            self.mails += sum(map(max, *(offered[column::_COLUMNS] for column in range(BOUNCED))))
            return
        for within in range(HOUR):
            at = within * _COLUMNS
            bucket = offered[at : at + _COLUMNS]
            if bucket != _EMPTY:
                minute, mails = hour * HOUR + within, volume_of(bucket)
                self.mails += mails
                self._open.append(_Cohort(minute, mails, [_refused(bucket, mails, by, at) for by in refused]))
                self._judge(minute, mails, (bucket[BOUNCED] - excess.get(minute, 0), bucket[COMPLAINED]))

    def _judge(self, minute: int, mails: int, bad: tuple[int, int]) -> None:
        if self._running or any(bad):
            running = False
            for kind, spans in self._spans:
                if bad[kind] or spans.start is not None:
                    span = spans.add(minute, mails, bad[kind])
                    if span is not None:
                        self._found.append(span)
                    running |= spans.start is not None
            self._running = running
        if not self._running:
            self._resolve()

    def _resolve(self) -> None:
        """Book the cohorts that wait, now that it is known which of them were bad."""
        for cohort in self._open:
            bad = any(start <= cohort.minute <= end for start, end in self._found)
            self.bad_mails += cohort.mails if bad else 0
            for totals, refused in zip(self.totals, cohort.refused, strict=True):
                totals.refused += refused
                if bad:
                    totals.leaked += cohort.mails - refused
                else:
                    totals.refused_clean += refused
        self._open.clear()
        self._found.clear()


def _known(_: str) -> bool:
    return False


def _refused(bucket: list[int], mails: int, refused: array[int] | None, at: int) -> int:
    if refused is None:
        return 0
    accepted = [n - refused[at + column] for column, n in enumerate(bucket)]
    return mails - volume_of(accepted)
