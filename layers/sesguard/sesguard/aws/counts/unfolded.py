"""Reading the log of volume beside the streams' hours: what is logged or carried, not folded yet, counts as if it were.

What was read of it is kept, as items never change; only what is new is read again. Exact whatever a fold does
meanwhile, because the log is read first: what was folded since then says so in the hour that it was folded into, and
then all is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple, TypeVar

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts.carried import Carried, NoneLeftError, read_carried
from sesguard.aws.counts.cohort_items import Item, hour_in
from sesguard.aws.counts.cohorts import VOLUME, hour_text
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, added, block_of, by_hour
from sesguard.aws.counts.volume_log import (
    FOLDED,
    PROGRESS,
    Entries,
    FoldProgress,
    decode,
    is_logged,
    key_from,
    progress_of,
    query_log,
    written_at,
)
from sesguard.aws.query import query_all
from sesguard.aws.readable import read_or
from sesguard.errors import AwsError
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query"})
LANDING_MS: Final = 20_000
"""How long after its key's time an item may come to be there: longer than a call takes with all its tries
(:mod:`sesguard.aws.clients`). One that takes longer is seen once it is folded."""
REUSED_SECONDS: Final = 2.0
"""How old what was read may be for the next stream of the same batch or sweep."""
_TRIES: Final = 5

T = TypeVar("T")


class StaleError(Exception):
    """The log was folded after it had been read."""


_BySet = dict[str, list[Entries]]
"""Configuration set -> what items add to its hours."""


class Unfolded(NamedTuple):
    """A log as it was read. folding, fresh: what its items add, of the fold under way, and of none.

    carried: what is carried besides; taken: the fold under way has taken that over.
    """

    progress: FoldProgress
    folding: _BySet
    fresh: _BySet
    carried: Mapping[str, Entries] = {}
    taken: bool = False

    def of(self, configuration_set: str) -> UnfoldedStream:
        """What of it is one stream's."""
        folding, fresh = self.folding.get(configuration_set, []), self.fresh.get(configuration_set, [])
        carried = self.carried.get(configuration_set)
        if carried and self.taken:
            folding = [*folding, carried]
        elif carried:
            fresh = [*fresh, carried]
        return UnfoldedStream(self.progress.number, _by_hour(folding), _by_hour(fresh))


Hours = dict[int, dict[str, int]]
"""Epoch hour -> attribute of its item -> what is added to it."""


class UnfoldedStream(NamedTuple):
    """Volume of one stream that is logged: of the fold of that number, if it is under way, and of none yet."""

    number: int
    folding: Hours
    fresh: Hours

    @property
    def hours(self) -> frozenset[int]:
        """Epoch hours of sending that have any."""
        return frozenset(self.folding) | frozenset(self.fresh)

    def merged(self, items: Iterable[Item], first: int, last: int | None) -> list[Item]:
        """The items of volume of epoch hours ``first`` to ``last``, with what blocks have of them and what is logged.

        items: as they were read, from the block of ``first`` on.
        Raises StaleError where more was folded into one of them than was known when the log was read.
        """
        items = list(items)
        if not items and not self.fresh and not self.folding:
            return items
        blocks = {hour_in(item): _number(item, BLOCK_FOLDED) for item in items if BLOCK_FOLDED in item}
        if any(_number(item, FOLDED) > self.number for item in items) or any(
            number > self.number for number in blocks.values()
        ):
            raise StaleError
        found = by_hour(items)
        for hour in self.hours:
            item = found.get(hour) or {"cohort": {"S": VOLUME + hour_text(hour)}}
            adds = [self.fresh.get(hour, {})]
            if max(_number(item, FOLDED), blocks.get(block_of(hour), 0)) < self.number:
                adds.append(self.folding.get(hour, {}))
            for more in adds:
                item = added(item, {name: {"N": str(count)} for name, count in more.items()})
            found[hour] = item
        return [found[hour] for hour in sorted(found) if first <= hour and (last is None or hour <= last)]


NOTHING_LOGGED: Final = Unfolded(FoldProgress(), {}, {})


class VolumeLog:
    """The logs of an account's regions, as far as they are not folded. For several threads."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._lock = Lock()
        self._logs: dict[StreamId, _Log] = {}

    def reading(self, home: StreamId, now: datetime, read: Callable[[Unfolded], T]) -> T:
        """Return what ``read`` makes of the log and the hours, which it has to read itself.

        What was read for the same ``now``, which is that of a batch or sweep, is not read again at once.
        Raises AwsError.
        """
        for number in range(_TRIES):
            try:
                return read(self._load(home, now, again=number > 0))
            except (StaleError, NoneLeftError):
                continue
        raise AwsError("Query", "FoldedMeanwhile", retryable=True)

    def _load(self, home: StreamId, now: datetime, *, again: bool) -> Unfolded:
        with self._lock:
            log = self._logs.get(home)
            if log is None or again or log.now != now or time.monotonic() - log.read > REUSED_SECONDS:
                log = self._refreshed(home, now)
            return log.unfolded

    def _refreshed(self, home: StreamId, now: datetime) -> _Log:
        began = time.monotonic()
        log = self._logs.get(home)
        if log is None:
            log = _Log(progress_of(self._query(home, PROGRESS)))
        found = self._query(home, key_from(log.unread_from))
        progress = progress_of(found)
        if log.carried is None or progress != log.progress:
            log.carried = None  # what is read below may be of neither
            log.progress = progress
            log.carried = self._carried(home, progress)
            log.sort()
        log.add(found)
        log.now, log.read = now, began
        keys = [key for item in found if is_logged(key := item["cohort"]["S"])]
        newest = written_at(keys[-1]) - LANDING_MS if keys else log.unread_from
        # By the clocks of writers too: if this one has jumped ahead, what comes meanwhile is not passed by.
        log.unread_from = max(log.progress.start, min(int(now.timestamp() * 1_000) - LANDING_MS, newest))
        self._logs[home] = log
        return log

    def _carried(self, home: StreamId, progress: FoldProgress) -> Carried:
        """What is carried besides what is logged: by the last fold that is done and carries any."""
        if not progress.number or progress.since == 0:
            return Carried()
        under_way = not progress.done and progress.since is not None
        return read_carried(self._client, self._table, home, progress.number - (1 if under_way else 0))

    def _query(self, home: StreamId, first: str) -> list[Item]:
        return query_all(self._client, query_log(self._table, home, first, PROGRESS))


class _Log:
    """What is known of one log. unread_from: epoch milliseconds of what may not have been read.

    Whoever reads ``unfolded`` meanwhile may find what is added to it already; what is sorted anew is another.
    """

    def __init__(self, progress: FoldProgress) -> None:
        self.progress = progress
        self.unread_from = progress.start
        self.carried: Carried | None = None
        self.unfolded = NOTHING_LOGGED
        self.now: datetime | None = None
        self.read = 0.0
        self._items: dict[str, Mapping[str, Entries]] = {}

    def sort(self) -> None:
        """Sort all items anew by how far the log is folded now, and forget those that are."""
        start = key_from(self.progress.start)
        self._items = {key: adds for key, adds in self._items.items() if key >= start}
        # A fold that is under way has taken over what is carried, unless it is an older version's.
        taken = not self.progress.done and self.progress.since is not None
        self.unfolded = Unfolded(self.progress, {}, {}, self.carried or {}, taken)
        for key, adds in self._items.items():
            self._sort_in(key, adds)

    def add(self, items: Iterable[Item]) -> None:
        """Add those of ``items`` that are new and not folded."""
        start = key_from(self.progress.start)
        for item in items:
            key = item["cohort"]["S"]
            if start <= key and is_logged(key) and key not in self._items:
                adds = self._items[key] = _decoded(key, item)
                self._sort_in(key, adds)

    def _sort_in(self, key: str, adds: Mapping[str, Entries]) -> None:
        lot = self.unfolded.folding if written_at(key) < self.progress.cut else self.unfolded.fresh
        for name, entries in adds.items():
            lot.setdefault(name, []).append(entries)


def _decoded(key: str, item: Item) -> Mapping[str, Entries]:
    """What an item adds; nothing where this version cannot read it: the others' volume must not hang on it."""
    nothing: Mapping[str, Entries] = {}  # its fold tells the operator
    return read_or(nothing, f"logged volume {key}", lambda: decode(bytes(item["v"]["B"])))


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _by_hour(lots: Iterable[Entries]) -> Hours:
    found: Hours = {}
    for entries in lots:
        for hour, attribute, count in entries:
            sums = found.setdefault(hour, {})
            sums[attribute] = sums.get(attribute, 0) + count
    return found
