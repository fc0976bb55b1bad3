"""What may be weighed: a rate needs a volume, and volume that was never seen is unknown, not nothing.

Mail from before a stream's first Send or Delivery event does not weigh: its outcomes come in, its volume never will. A
gap in the events of a stream that has a past is judged by its own volume of before, so that nobody hides in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.history import HOUR, Row

# Where a Row has what.
_START: Final = 0
_PUBLISHED: Final = 5
_UNSEEN_BOUNCES: Final = 6
_UNSEEN_COMPLAINTS: Final = 7

TOLD_AFTER: Final = 2 * HOUR
"""Minutes for which bounces or complaints come in of mail that no volume is known of, before people are told."""

_MANY: Final = 10
"""Outcomes of a stream that publishes no volume at all from which on people are told without waiting."""

_HOURS_A_DAY: Final = DAY // HOUR


class Unknown(NamedTuple):
    """Outcomes of mail whose volume was never published.

    bounces, complaints: all of them. left_out: how many of these do not weigh, as they were sent before the stream's
    first Send or Delivery event; the others are weighed by the stream's volume of before.
    first, last: epoch minutes of sending of the earliest and the latest of the others, or of all where none is.
    publishes: whether there is any volume of the stream at all.
    """

    bounces: int
    complaints: int
    left_out: int
    first: int
    last: int
    publishes: bool

    @property
    def lasting(self) -> bool:
        """Whether it goes on for hours while the stream does publish volume: something is wrong with its events."""
        in_gaps = self.bounces + self.complaints - self.left_out
        return self.publishes and in_gaps > 0 and self.last - self.first >= TOLD_AFTER

    @property
    def to_be_told(self) -> bool:
        """Whether people should hear of it: not of a first bounce that overtook the event of its mail."""
        if self.publishes:
            return self.lasting
        return self.last - self.first >= TOLD_AFTER or self.bounces + self.complaints >= _MANY


class Judged(NamedTuple):
    """Rows as they may be weighed, newest first, and what is unknown; None where every outcome has its volume."""

    rows: list[Row]
    unknown: Unknown | None


class _Gap(NamedTuple):
    """Outcomes of one row that have no volume; the row itself where it has none at all."""

    row: Row
    bounces: int
    complaints: int

    @property
    def outcomes(self) -> int:
        return self.bounces + self.complaints


def judge(rows: Sequence[Row], hours_from: int) -> Judged:
    """Take out of ``rows``, newest first, what has no volume to be weighed against, or give it what it had before.

    A gap is a whole hour with outcomes and without a Send or Delivery event: a minute without is an event on its way.
    hours_from: the epoch minute before which rows are whole days.
    """
    for row in rows:
        if row[_UNSEEN_BOUNCES] or row[_UNSEEN_COMPLAINTS]:
            break
    else:
        return Judged(list(rows), None)  # mostly so
    published = [row for row in rows if row[_PUBLISHED]]
    start = published[-1][_START] if published else None
    seen = {row[_START] // HOUR for row in published}
    early: list[_Gap] = []
    late: list[_Gap] = []
    for row in rows:
        gap = _Gap(row, row[_UNSEEN_BOUNCES], row[_UNSEEN_COMPLAINTS])
        if not gap.outcomes:
            continue
        if start is None or row[_START] <= start:
            early.append(gap)
        elif row[_START] < hours_from or row[_START] // HOUR not in seen:
            late.append(gap)
    if not early and not late:
        return Judged(list(rows), None)
    given = _volume_of_before(late, published, hours_from)
    without = {gap.row[_START]: gap for gap in early}
    weighed = [_weighed(row, without.get(row[_START]), given.get(row[_START], 0.0)) for row in rows]
    return Judged([row for row in weighed if row is not None], _unknown(early, late, publishes=bool(published)))


def _weighed(row: Row, left_out: _Gap | None, given: float) -> Row | None:
    """A row as it may be weighed, None where nothing is left of it."""
    start, volume, bounced, complained, every, published, *_ = row
    if left_out is not None:
        if not published:
            return None
        share = 1 - left_out.bounces / every if every else 1.0
        # Of delivered mail the bounces are part of the volume.
        volume = max(published, volume - left_out.bounces)
        bounced, complained, every = bounced * share, complained - left_out.complaints, every - left_out.bounces
    elif given:
        volume = max(volume, given) if not published else volume + given
    return start, volume, bounced, complained, every, published, 0, 0


def _volume_of_before(gaps: Sequence[_Gap], published: Sequence[Row], hours_from: int) -> dict[int, float]:
    """What each gap would have had: the stream's busiest day of before, shared out over the gaps of a UTC day.

    Or, where that is more, what it sends in an hour in which it sends at all: a new stream has no day yet.
    """
    if not gaps:
        return {}
    by_day: dict[int, float] = {}
    hours: set[int] = set()
    for row in published:
        day = row[_START] // DAY
        by_day[day] = by_day.get(day, 0.0) + row[_PUBLISHED]
        first = row[_START] // HOUR
        hours.update(range(first, first + _HOURS_A_DAY) if row[_START] < hours_from else (first,))
    an_hour = sum(by_day.values()) / len(hours)
    given: dict[int, float] = {}
    for day in {gap.row[_START] // DAY for gap in gaps}:
        its = [gap for gap in gaps if gap.row[_START] // DAY == day]
        busiest = max((volume for other, volume in by_day.items() if other < day), default=0.0)
        silent = len({gap.row[_START] // HOUR for gap in its})
        left = max(busiest - by_day.get(day, 0.0), an_hour * silent)
        bad = sum(gap.outcomes for gap in its)
        given |= {gap.row[_START]: left * gap.outcomes / bad for gap in its}
    return given


def _unknown(early: Sequence[_Gap], late: Sequence[_Gap], *, publishes: bool) -> Unknown:
    gaps = [*early, *late]
    starts = [gap.row[_START] for gap in late or early]
    return Unknown(
        sum(gap.bounces for gap in gaps),
        sum(gap.complaints for gap in gaps),
        sum(gap.outcomes for gap in early),
        min(starts),
        max(starts),
        publishes,
    )
