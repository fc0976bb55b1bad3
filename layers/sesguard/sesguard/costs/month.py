"""A month in UTC, by which SES bills."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_WRITTEN = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_EPOCH = date(1970, 1, 1)


def date_of(day: int) -> date:
    """An epoch day as a date."""
    return _EPOCH + timedelta(days=day)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read YYYY-MM. Raises ValueError."""
        match = _WRITTEN.fullmatch(text)
        if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1970:
            message = f"{text!r}: expected a month such as 2026-11"
            raise ValueError(message)
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, at: datetime) -> Month:
        day = at.astimezone(UTC)
        return cls(day.year, day.month)

    @classmethod
    def of_day(cls, day: int) -> Month:
        """The month of an epoch day."""
        at = date_of(day)
        return cls(at.year, at.month)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}"

    @property
    def following(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def days(self) -> range:
        """Its epoch days."""
        return range(_epoch_day(self), _epoch_day(self.following))

    def days_until(self, now: datetime) -> range:
        """Its epoch days up to that of ``now``."""
        return range(self.days.start, min(self.days.stop, _day(now) + 1))

    def seconds_until(self, now: datetime, since: datetime | None = None) -> float:
        """How long it has lasted at ``now``, at most all of it; counted from ``since`` where that is later."""
        begin = datetime(self.year, self.month, 1, tzinfo=UTC)
        end = min(now, begin + timedelta(days=len(self.days)))
        return max(timedelta(), end - max(begin, since or begin)).total_seconds()


def _epoch_day(month: Month) -> int:
    return (date(month.year, month.month, 1) - _EPOCH).days


def _day(at: datetime) -> int:
    return (at.astimezone(UTC).date() - _EPOCH).days
