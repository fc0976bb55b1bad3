"""Counts by name (a receiving domain, a status code) and by the minute in which the mail was sent."""

from __future__ import annotations

from collections.abc import Mapping

DAY = 1_440

ByMinute = dict[int, int]


class Breakdown:
    """Sums of bad outcomes: epoch day -> name -> epoch minute of sending -> count."""

    def __init__(self) -> None:
        self._days: dict[int, dict[str, ByMinute]] = {}

    def add(self, minute: int, name: str, count: int) -> None:
        by_minute = self._days.setdefault(minute // DAY, {}).setdefault(name, {})
        by_minute[minute] = by_minute.get(minute, 0) + count

    def join(self, other: Breakdown) -> None:
        """Add the counts of another."""
        for names in other._days.values():
            for name, by_minute in names.items():
                for minute, count in by_minute.items():
                    self.add(minute, name, count)

    def days(self) -> frozenset[int]:
        """The epoch days that have any."""
        return frozenset(self._days)

    def day(self, day: int) -> Mapping[str, ByMinute]:
        """Of one epoch day: name -> epoch minute -> count."""
        return self._days.get(day, {})

    def totals(self, start: int) -> dict[str, int]:
        """Name -> count, of mail sent from epoch minute ``start`` on, largest first and then by name."""
        sums: dict[str, int] = {}
        for day, names in self._days.items():
            if day >= start // DAY:
                for name, by_minute in names.items():
                    count = sum(n for minute, n in by_minute.items() if minute >= start)
                    if count:
                        sums[name] = sums.get(name, 0) + count
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def prune(self, first_day: int) -> None:
        """Forget the days before ``first_day``."""
        for day in [d for d in self._days if d < first_day]:
            del self._days[day]

    def clear(self) -> None:
        self._days.clear()
