"""Reading the log of volume beside the streams' hours: what is logged or carried, not folded yet, counts as if it were.

What was read of it is kept, as items never change; only what is new is read again. It is kept summed up by the minute
of writing, so that what a function of 256 MB holds grows with streams and not with mails. Folds mostly end with a
minute; one that a fold divides is read again. Exact whatever a fold does meanwhile, because the log is read first: what
was folded since then says so in the hour that it was folded into, and then all is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from sys import intern
from threading import Lock
from typing import Any, Final, NamedTuple, TypeVar

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts.carried import Carried, NoneLeftError, read_carried
from sesguard.aws.counts.cohort_items import Item, hour_in
from sesguard.aws.counts.cohorts import VOLUME, hour_text
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, added, block_of, by_hour
from sesguard.aws.counts.volume_log import (
    FOLDED,
    PROGRESS,
    Added,
    Entries,
    FoldProgress,
    decode_flat,
    entries_of,
    is_logged,
    key_from,
    progress_of,
    query_log,
    written_at,
)
from sesguard.aws.query import query_all, query_pages
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
_A_MINUTE: Final = 60_000  # milliseconds
_MANY: Final = 100  # mails of a minute

T = TypeVar("T")


class StaleError(Exception):
    """The log was folded after it had been read."""


class Unfolded(NamedTuple):
    """A log as it was read. folding, fresh: by item, what it adds; of the fold under way, and of none.

    What is carried is among them.
    """

    progress: FoldProgress
    folding: list[Mapping[str, Entries]]
    fresh: list[Mapping[str, Entries]]

    def of(self, configuration_set: str) -> UnfoldedStream:
        """What of it is one stream's."""
        return UnfoldedStream(
            self.progress.number, _by_hour(self.folding, configuration_set), _by_hour(self.fresh, configuration_set)
        )


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


NOTHING_LOGGED: Final = Unfolded(FoldProgress(), [], [])


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
            return log.sorted

    def _refreshed(self, home: StreamId, now: datetime) -> _Log:
        began = time.monotonic()
        log = self._logs.get(home)
        if log is None:
            log = _Log(progress_of(self._query(home, PROGRESS)))
        while (progress := self._read_on(home, log, now)) != log.progress or log.carried is None:
            log.carried = None  # what is read below may be of neither
            is_divided = log.follow(progress)
            log.carried = self._carried(home, progress)
            if not is_divided:
                break
        log.now, log.read = now, began
        log.sort()
        self._logs[home] = log
        return log

    def _read_on(self, home: StreamId, log: _Log, now: datetime) -> FoldProgress:
        """Read what may not have been read yet; how far the log is folded, as of then."""
        newest = log.unread_from
        last: Sequence[Item] = ()
        for page in query_pages(self._client, query_log(self._table, home, key_from(log.unread_from), PROGRESS)):
            for item in page:
                if is_logged(key := item["cohort"]["S"]):
                    log.add(key, item)
                    newest = max(log.unread_from, written_at(key) - LANDING_MS)
            last = page[-1:] or last
        # By the clocks of writers too: if this one has jumped ahead, what comes meanwhile is not passed by.
        log.unread_from = max(log.progress.start, min(int(now.timestamp() * 1_000) - LANDING_MS, newest))
        return progress_of(last)

    def _carried(self, home: StreamId, progress: FoldProgress) -> Carried:
        """What is carried besides what is logged: by the last fold that is done and carries any."""
        if not progress.number or progress.since == 0:
            return Carried()
        under_way = not progress.done and progress.since is not None
        return read_carried(self._client, self._table, home, progress.number - (1 if under_way else 0))

    def _query(self, home: StreamId, first: str) -> list[Item]:
        return query_all(self._client, query_log(self._table, home, first, PROGRESS))


_Threes = tuple[Any, ...]
"""What is added to a stream: flat, epoch hour, slot or attribute, and count."""


class _Minute(Added):
    """What was written in a minute, or a part of it, by configuration set. written: the keys of items.

    same: one object of all threes that are equal, as those of most streams are.
    """

    def __init__(self, same: dict[_Threes, _Threes]) -> None:
        self.written: set[str] = set()
        self._same = same
        self._streams: dict[str, _Threes] = {}

    def add(self, hours: Mapping[int, list[Any]]) -> None:
        """Add an item's volume, as :func:`decode_flat` gives it."""
        streams, same = self._streams, self._same
        for hour, flat in hours.items():
            for name, slot, count in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
                threes = _with(streams.get(name, ()), hour, slot, count)
                streams[intern(name)] = same.setdefault(threes, threes) if _is_common(threes) else threes

    def __getitem__(self, name: str) -> Entries:
        threes = self._streams[name]
        found: Entries = []
        for hour, slot, count in zip(threes[::3], threes[1::3], threes[2::3], strict=True):
            found += entries_of(hour, slot, count)
        return found


def _with(threes: _Threes, hour: int, slot: int | str, count: int) -> _Threes:
    """``threes`` with a count more, each hour's slot once."""
    for at in range(0, len(threes), 3):
        if threes[at + 1] == slot and threes[at] == hour:
            return (*threes[: at + 2], threes[at + 2] + count, *threes[at + 3 :])
    return (*threes, hour, slot, count)


def _is_common(threes: _Threes) -> bool:
    """Whether others may have the same: of a large stream each count on the way would be kept."""
    return len(threes) <= 2 * 3 and max(threes[2::3]) < _MANY


class _Log:
    """What is known of one log. unread_from: epoch milliseconds of what may not have been read."""

    def __init__(self, progress: FoldProgress) -> None:
        self.progress = progress
        self.unread_from = progress.start
        # By the minute of writing, and whether that was before the cut.
        self._minutes: dict[tuple[int, bool], _Minute] = {}
        self._same: dict[_Threes, _Threes] = {}
        self.carried: Carried | None = None
        self.sorted = NOTHING_LOGGED
        self.now: datetime | None = None
        self.read = 0.0

    def add(self, key: str, item: Item) -> None:
        """Add an item's volume to its minute's, unless it is folded or was added before."""
        at = written_at(key)
        if at < self.progress.start:
            return
        place = at // _A_MINUTE, at < self.progress.cut
        minute = self._minutes.get(place) or self._minutes.setdefault(place, _Minute(self._same))
        if key not in minute.written:
            minute.written.add(key)
            # Nothing where this version cannot read it, as its fold tells the operator: others' volume must not wait.
            minute.add(read_or({}, f"logged volume {key}", lambda: decode_flat(bytes(item["v"]["B"]))))

    def follow(self, progress: FoldProgress) -> bool:
        """Go on from how far the log is folded now; whether minutes of it have to be read again for that."""
        self.progress = progress
        kept: dict[tuple[int, bool], _Minute] = {}
        again: set[int] = set()
        for (at, _), minute in self._minutes.items():
            written = [written_at(key) for key in minute.written]
            sides = {time < progress.cut for time in written if time >= progress.start}
            if not sides:
                continue  # all of it is folded
            place = at, sides.pop()
            if sides or min(written) < progress.start or place in kept:
                again.add(at)
            kept[place] = minute
        self._minutes = {place: minute for place, minute in kept.items() if place[0] not in again}
        self._same = {}
        if again:
            self.unread_from = min(self.unread_from, min(again) * _A_MINUTE)
        self.unread_from = max(self.unread_from, progress.start)
        return bool(again)

    def sort(self) -> None:
        folding, fresh = list[Mapping[str, Entries]](), list[Mapping[str, Entries]]()
        for (_, before), minute in self._minutes.items():
            (folding if before else fresh).append(minute)
        if self.carried:
            # A fold that is under way has taken it over, unless it is an older version's.
            taken = not self.progress.done and self.progress.since is not None
            (folding if taken else fresh).append(self.carried)
        self.sorted = Unfolded(self.progress, folding, fresh)


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _by_hour(items: Iterable[Mapping[str, Entries]], name: str) -> Hours:
    found: Hours = {}
    for item in items:
        if name in item:
            for hour, attribute, count in item[name]:
                sums = found.setdefault(hour, {})
                sums[attribute] = sums.get(attribute, 0) + count
    return found
