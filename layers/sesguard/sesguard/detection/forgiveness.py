"""Which bounces of one stream the clump rule leaves out, day by day, and what it has to know of receiving domains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from sesguard.detection.breakdown import DAY, Breakdown, ByMinute
from sesguard.detection.clumps import Clumped, clumped, forgiven
from sesguard.detection.rows import DAYS_KEPT, HOUR, drop_before
from sesguard.policy import ClumpRule

_TAKEN_AT_LEAST = 10
"""Mails that a domain has to have been sent within a month before it counts as one that takes the stream's mail."""


class TakenOnDay(NamedTuple):
    """Mails that a domain was sent on a day, and hard bounces of them."""

    sent: int
    refused: int


class _Forgiven(NamedTuple):
    """What the clump rule leaves out of a day, and the most that it could: where that is all, it does not change."""

    at_most: int
    by_minute: ByMinute
    by_hour: dict[int, int]
    whole: int


class Forgiveness:
    """Bounces that are forgiven, of what ``bounces`` names."""

    def __init__(self, rule: ClumpRule, bounces: Breakdown) -> None:
        self._rule = rule
        self._bounces = bounces
        self._taken: dict[int, dict[str, int]] = {}  # epoch day -> receiving domain -> mails sent there
        self._refused: dict[int, dict[str, int]] = {}  # the same of bounces, of days that are not known by name
        self._knows_taken = False
        self._believed: set[str] = set()  # domains of which nobody knows what they took
        self._clumped: dict[int, Mapping[int, Clumped]] = {}  # epoch day -> epoch minute -> bounces
        self._forgiven: dict[int, _Forgiven] = {}  # by epoch day
        self._before: dict[int, int] = {}  # of days that were counted as a whole
        self._changed: set[int] = set()  # epoch days of which bounces were named

    def __bool__(self) -> bool:
        """Whether anything is forgiven."""
        return bool(self._forgiven or self._before)

    def name(self, day: int) -> None:
        """Note that bounces of an epoch day were named."""
        self._changed.add(day)

    def add_day(self, day: int, bounces: int) -> None:
        """Forgive ``bounces`` of an epoch day that is counted as a whole."""
        if bounces:
            self._before[day] = bounces

    def add_taken(self, day: int, domain: str, mails: int) -> None:
        """Count mails that were sent to ``domain`` in epoch ``day``."""
        domains = self._taken.setdefault(day, {})
        domains[domain] = domains.get(domain, 0) + mails
        self._changed.update(later for later in self._clumped if later > day)

    def know_taken(self, domains: Mapping[str, Mapping[int, TakenOnDay]]) -> None:
        """Take what domains took by epoch day; those that are not among them took nothing."""
        self._knows_taken = True
        for domain, days in domains.items():
            for day, its in days.items():
                self.add_taken(day, domain, its.sent)
                self._refused.setdefault(day, {})[domain] = its.refused
        self._changed.update(self._clumped)

    def join(self, other: Forgiveness) -> None:
        """Add what is known of another stream's domains."""
        self._changed |= other._bounces.days()
        for day, domains in other._taken.items():
            for domain, mails in domains.items():
                self.add_taken(day, domain, mails)
        for day, domains in other._refused.items():
            refused = self._refused.setdefault(day, {})
            for domain, bounces in domains.items():
                refused[domain] = refused.get(domain, 0) + bounces
        self._knows_taken |= other._knows_taken
        if not (other._taken or other._knows_taken):
            named = other._bounces
            self._believed |= {domain for day in named.days() for domain in named.day(day)}

    def takes(self, day: int, domain: str) -> bool:
        """Whether ``domain`` took more of the stream's mail in the month before ``day`` than it refused.

        Where nothing is known of where the stream's mail goes, every domain is believed to have taken some.
        """
        if not (self._taken or self._knows_taken) or domain in self._believed:
            return True
        days = range(day - DAYS_KEPT // DAY + 1, day)
        sent = sum(self._taken[it].get(domain, 0) for it in days if it in self._taken)
        refused = sum(self._refused_on(it, domain) for it in days) if sent else 0
        return sent >= _TAKEN_AT_LEAST and sent > 2 * refused

    def update(self, month_volume: Callable[[int], float]) -> None:
        """Find anew what is forgiven, after anything was added.

        month_volume: recipients that are sent to in the month that ends with an epoch day. Asked each time, as to hold
        what belongs to who holds this would be a cycle, and a history of many lists stay until somebody looks for it.
        """
        self._find_clumps()
        for day, found in self._clumped.items():
            before = self._forgiven.get(day)
            if before is None or before.whole < before.at_most:
                by_minute = forgiven(found, self._rule, month_volume(day))
                by_hour: dict[int, int] = {}
                for minute, count in by_minute.items():
                    by_hour[minute // HOUR] = by_hour.get(minute // HOUR, 0) + count
                at_most = sum(it.known + it.unknown for it in found.values())
                self._forgiven[day] = _Forgiven(at_most, by_minute, by_hour, sum(by_minute.values()))

    def of(self, start: int, length: int) -> int:
        """Bounces that are forgiven of the minute, hour or day (``length`` minutes) that begins at ``start``."""
        day = self._forgiven.get(start // DAY)
        if length == DAY:
            return self._before.get(start // DAY, 0) + (day.whole if day else 0)
        if day is None:
            return 0
        return day.by_minute.get(start, 0) if length == 1 else day.by_hour.get(start // HOUR, 0)

    def since(self, start: int) -> int:
        """Bounces that are forgiven of mail sent from epoch minute ``start`` on."""
        found = sum(n for day in self._forgiven.values() for minute, n in day.by_minute.items() if minute >= start)
        return found + sum(n for day, n in self._before.items() if day * DAY >= start)

    def clear(self) -> None:
        """Forget what is forgiven, but not what domains took."""
        for level in (self._clumped, self._forgiven, self._before, self._changed):
            level.clear()

    def prune(self, first_day: int, first_taken: int) -> None:
        """Forget what is forgiven before epoch day ``first_day``, and what domains took before ``first_taken``."""
        ends = (self._clumped, first_day), (self._forgiven, first_day), (self._before, first_day)
        for level, first in (*ends, (self._taken, first_taken), (self._refused, first_taken)):
            drop_before(level, first)

    def _refused_on(self, day: int, domain: str) -> int:
        named = sum(self._bounces.day(day).get(domain, {}).values())
        return max(named, self._refused.get(day, {}).get(domain, 0))

    def _find_clumps(self) -> None:
        if self._changed:
            first = min(self._changed)  # what a domain refused earlier matters later
            for day in self._changed | {day for day in self._clumped if day > first}:
                found = clumped(self._bounces.day(day), self._rule.per_domain, partial(self.takes, day))
                self._forgiven.pop(day, None)
                if found:
                    self._clumped[day] = found
                else:
                    self._clumped.pop(day, None)
            self._changed.clear()
