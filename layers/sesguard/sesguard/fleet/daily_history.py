"""Puts what each stream sent by the day on record, for longer than its counts are there: once a week, each in its turn.

Each stream has a minute of the week, so that a sweep has few of them to do, however many there are. One whose turn is
missed has the next one a week later, which does what was left: counts are there for nine weeks, and whoever looks reads
those as long as they are, and only of older days what is on record.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sesguard.costs.day_counts import DAYS_A_TURN
from sesguard.errors import AwsError

if TYPE_CHECKING:
    from sesguard.fleet.ports import DailyHistoryStore
    from sesguard.pausing.ports import Parallel
    from sesguard.stream import StreamId

MINUTES: Final = 1_440 * DAYS_A_TURN
"""Of which each is the turn of some streams."""
_log = logging.getLogger(__name__)


class DailyHistory(NamedTuple):
    """What keeping it needs. names: gives all streams; homes, whose mail has no set, are added."""

    names: Callable[[datetime], Iterable[StreamId]]
    store: DailyHistoryStore
    parallel: Parallel


def turn_of(stream: StreamId) -> int:
    """The minute of :data:`MINUTES` that is a stream's, for ever."""
    return zlib.crc32(str(stream).encode()) % MINUTES


def keep_next(deps: DailyHistory, now: datetime, time_left: Callable[[], bool]) -> int:
    """Put the days of those streams on record whose turn it is; return how many days that was.

    One that fails stops no other, and is tried again at its next turn. Raises AwsError where streams cannot be listed.
    """
    minute = int(now.timestamp()) // 60 % MINUTES
    named = set(deps.names(now))
    every = named | {stream._replace(configuration_set="") for stream in named}
    written: list[int] = []

    def keep(stream: StreamId) -> None:
        if not time_left():
            return
        try:
            written.append(deps.store.keep(stream, now))
        except AwsError as error:
            _log.warning("days of %s not put on record: %s", stream, error)

    deps.parallel.each(keep, sorted(stream for stream in every if turn_of(stream) == minute))
    return sum(written)
