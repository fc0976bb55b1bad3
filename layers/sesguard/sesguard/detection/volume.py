"""What may be weighed: a rate needs a volume, and volume that was never seen is unknown, not nothing.

Mail from before a stream's first Send or Delivery event does not weigh: its outcomes come in, its volume never will. A
gap in the events of a stream that has a past is judged by its own volume of before, so that nobody hides in it.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final, NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.rows import HOUR, HOURS_A_DAY, Row

# Where a Row has what.
_START: Final = 0
_PUBLISHED: Final = 5
_UNSEEN_BOUNCES: Final = 6
_UNSEEN_COMPLAINTS: Final = 7

TOLD_AFTER: Final = 2 * HOUR
"""Minutes for which bounces or complaints come in of mail that no volume is known of, before people are told."""

_MANY: Final = 10
"""Outcomes of a stream that publishes no volume at all from which on people are told without waiting."""

_MAILS_A_BOUNCE: Final = 20
"""Mails that a gap is given for each bounce at most: at SES's limit of 5 % it neither accuses nor covers anything."""

_LOOSE_AT_MOST: Final = 3
"""One bounce in so many may lack a Send event of its minute: those of the gap are among them."""


class Unknown(NamedTuple):
    """Outcomes of mail whose volume was never published.

    bounces, complaints: all of them. left_out: how many of these do not weigh: they were sent before the stream's first
    Send or Delivery event, or before it had sent for a whole day, so that nobody knows what it sends on one; the others
    are weighed by the stream's volume of before. in_gaps: those that were sent after that first event.
    first, last: epoch minutes of sending of the earliest and the latest of those, or of all where none is.
    publishes: whether there is any volume of the stream at all.
    """

    bounces: int
    complaints: int
    left_out: int
    in_gaps: int
    first: int
    last: int
    publishes: bool

    @property
    def lasting(self) -> bool:
        """Whether it goes on for hours while the stream does publish volume: something is wrong with its events."""
        return self.publishes and self.in_gaps > 0 and self.last - self.first >= TOLD_AFTER

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

    A gap is a whole hour with outcomes and without a Send or Delivery event: a minute without is an event on its way,
    or mail that all bounces on a stream without Send events. Where bounces have a Send event of their own minute as a
    rule, a minute without is a gap too.
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
    exact = _exact(rows, hours_from, seen)
    early: list[_Gap] = []
    late: list[_Gap] = []
    for row in rows:
        gap = _Gap(row, row[_UNSEEN_BOUNCES], row[_UNSEEN_COMPLAINTS])
        if not gap.outcomes:
            continue
        if start is None or row[_START] <= start:
            early.append(gap)
        elif exact or row[_START] < hours_from or row[_START] // HOUR not in seen:
            late.append(gap)
    if not early and not late:
        return Judged(list(rows), None)
    given = _volume_of_before(late, published, hours_from, capped=exact is False)
    without = {gap.row[_START]: gap for gap in (*early, *late) if gap.row[_START] not in given}
    weighed = [_weighed(row, without.get(row[_START]), given.get(row[_START], 0.0)) for row in rows]
    left_out = sum(gap.outcomes for gap in without.values())
    unknown = _unknown(early, late, left_out, publishes=bool(published))
    return Judged([row for row in weighed if row is not None], unknown)


def _exact(rows: Sequence[Row], hours_from: int, seen: Container[int]) -> bool | None:
    """Whether bounces have a Send event of their own minute as a rule; None where there are too few to say.

    A tenant cannot keep Send events of his mail from being published. But where it is known by its Delivery events
    alone, bounces come on top of them, and he can send mail of which nothing is delivered.
    """
    bounces = loose = 0.0
    for start, volume, _, _, every, published, unseen, _ in rows:
        if start < hours_from:
            if published:
                bounces += every - unseen  # of a day these are of whole hours without
                loose += max(0.0, volume - published - unseen)
        elif published or start // HOUR in seen:
            bounces += every
            loose += max(0.0, volume - published)
    return bounces > _LOOSE_AT_MOST * loose if bounces >= _MANY else None


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


def _volume_of_before(
    gaps: Sequence[_Gap], published: Sequence[Row], hours_from: int, *, capped: bool
) -> dict[int, float]:
    """What each gap would have had: the stream's busiest day of before, shared out over the gaps of a UTC day.

    Or, where that is more, what it sends in an hour in which it sends at all. Its first day counts for nothing, as
    nobody knows when that began: where it is all there is before a gap, that has none. Where ``capped``, all gaps
    together have no more than the stream is known to have sent.
    """
    if not gaps:
        return {}
    by_day: dict[int, float] = {}
    hours: set[int] = set()
    for row in published:
        day = row[_START] // DAY
        by_day[day] = by_day.get(day, 0.0) + row[_PUBLISHED]
        first = row[_START] // HOUR
        hours.update(range(first, first + HOURS_A_DAY) if row[_START] < hours_from else (first,))
    an_hour = sum(by_day.values()) / max(1, len(hours))
    begun = min(by_day, default=0)
    given: dict[int, float] = {}
    for day in {gap.row[_START] // DAY for gap in gaps}:
        its = [gap for gap in gaps if gap.row[_START] // DAY == day]
        before = [volume for other, volume in by_day.items() if begun < other < day]
        if not before:
            continue
        silent = len({gap.row[_START] // HOUR for gap in its})
        left = max(max(before) - by_day.get(day, 0.0), an_hour * silent)
        bad = sum(gap.outcomes for gap in its)
        for gap in its:
            most = _MAILS_A_BOUNCE * gap.bounces if not gap.complaints else left
            given[gap.row[_START]] = min(left * gap.outcomes / bad, most)
    if not (capped and given):
        return given
    share = min(1.0, sum(by_day.values()) / sum(given.values()))
    return {start: volume * share for start, volume in given.items()}


def _unknown(early: Sequence[_Gap], late: Sequence[_Gap], left_out: int, *, publishes: bool) -> Unknown:
    gaps = [*early, *late]
    starts = [gap.row[_START] for gap in late or early]
    return Unknown(
        sum(gap.bounces for gap in gaps),
        sum(gap.complaints for gap in gaps),
        left_out,
        sum(gap.outcomes for gap in late),
        min(starts),
        max(starts),
        publishes,
    )
