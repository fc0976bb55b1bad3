"""Which time a replay is of: what lies outside is left out and counted, and a hole of months is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Final

from sesguard.backtest.moment import Counted, SeenMoment

_SECONDS_A_DAY: Final = 86_400
HOLE_DAYS: Final = 62
"""Twice what weighs together: such a folder holds two times that have nothing to do with each other."""


class Span:
    """Keeps the moments from ``since`` to ``until``, days in UTC by when something became visible; None is any.

    note: is told of a hole. left_out: how many recipients, bounces and complaints lay outside.
    """

    def __init__(self, since: date | None, until: date | None, note: Callable[[str], None]) -> None:
        self._begin = _seconds(since) if since is not None else float("-inf")
        self._end = _seconds(until) + _SECONDS_A_DAY if until is not None else float("inf")
        self._note = note
        self.left_out = 0

    def within(self, moments: Iterator[SeenMoment]) -> Iterator[SeenMoment]:
        """Give those within, in the order in which they come, which is that of becoming visible."""
        last: float | None = None
        for moment in moments:
            if not self._begin <= moment.seen_at < self._end:
                self.left_out += sum(row.count for row in moment.rows if isinstance(row, Counted))
                continue
            if last is not None and moment.seen_at - last > HOLE_DAYS * _SECONDS_A_DAY:
                self._note(
                    f"nothing from {_day(last)} to {_day(moment.seen_at)}: what lies before does not weigh with what "
                    f"comes after; --since {_day(moment.seen_at)} leaves it out"
                )
            last = moment.seen_at
            yield moment


def _seconds(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, UTC).date()
