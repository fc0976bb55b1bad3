"""Folding the log of volume into the hours of its streams, some time after it was written: exactly once.

A fold first puts on record which items it takes, then that it is under way, then adds what they come to: to each
stream's hour with one write, on condition that the fold was not added to it before. So whoever goes on with it, after a
crash at any point or at the same time, adds nothing twice and leaves nothing out. Which items that are is decided once,
by their keys and not by their time: one that came to be there late is taken by the next fold. After the hours, and
with the same condition, it adds to what receiving domains took: :mod:`sesguard.aws.counts.taken_marks`.
The writes are :mod:`sesguard.aws.counts.fold_writes`.

What is left for later folds, so that many small streams cost few writes, is written before the fold is done, and is as
much a matter of what it takes as all else: :mod:`sesguard.aws.counts.carried`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.carried import Carried, NoneLeftError, put_carried, read_carried
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.fold_writes import SMALL, FoldWrites, Streams, length_of
from sesguard.aws.counts.hour_blocks import BLOCK_HOURS
from sesguard.aws.counts.volume_log import (
    MANIFEST,
    PROGRESS,
    Entries,
    FoldProgress,
    decode,
    is_logged,
    key_from,
    pack_keys,
    progress_item,
    progress_of,
    query_log,
    unpack_keys,
    written_at,
)
from sesguard.aws.query import query_all, query_pages
from sesguard.errors import words_of
from sesguard.pausing.ports import Parallel
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query", "dynamodb:PutItem"})

EVERY: Final = timedelta(minutes=30)
"""How much is folded together, by the clock, so that it mostly is of one hour of sending: each fold writes once for a
stream and hour, and each reader that starts reads what is not folded."""
LARGEST: Final = 1_000_000
"""Bytes of logged volume that are folded at once, however new they are: what a reader holds of it stays small."""
MOST_ITEMS: Final = 10_000
"""That one fold takes: their keys, with those of ``LATEST``, are under the 400 KB that an item may have."""
MOST_BYTES: Final = 32_000_000
"""Of logged volume that one fold takes, and a page more: as much as a minute of 900 M events a day. Of 100 M a day
200 MB are logged in an hour without sweeps: more than one has time or memory for, so that several fold it."""
SETTLED: Final = timedelta(minutes=1)
"""How old an item is when it is taken: nearly all are there by then."""
LATEST: Final = timedelta(minutes=15)
"""How late an item may come to be there after its key's time: AWS takes no request that was signed more than five
minutes ago, by clocks that may differ by as much at both ends.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv4-troubleshooting.html"""

FEWEST: Final = 64
"""Small streams from which on their volume is carried: of fewer the hours are written at once."""
MOST_CARRIED: Final = 6_000_000
"""Characters of all those: some 15 MB where what is carried is read."""
BLOCK: Final = timedelta(hours=BLOCK_HOURS)
"""How long volume is carried at most."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_A_BLOCK: Final = BLOCK // timedelta(milliseconds=1)
_A_MINUTE: Final = timedelta(minutes=1) // timedelta(milliseconds=1)
_A_DAY: Final = timedelta(days=1) // timedelta(milliseconds=1)


class Fold(NamedTuple):
    """What a fold takes: the keys of items, written ``before`` to ``cut``. earlier: keys that earlier folds took.

    carries: whether it takes what was carried, and may carry on; an older version's does not. flush: not this time.
    """

    number: int
    before: int
    cut: int
    keys: list[str]
    earlier: list[str]
    carries: bool = False
    flush: bool = False


NO_FOLD: Final = Fold(0, 0, 0, [], [])


class Folded(NamedTuple):
    """What came of it. streams: hours of streams that were written; done: nothing that is due is left.

    unreadable: what is wrong with items that this version cannot read, and so leaves out, by their keys.
    """

    items: int = 0
    streams: int = 0
    done: bool = True
    unreadable: Mapping[str, str] = {}


class VolumeFold:
    """Folds one log, whose streams are of one account and region."""

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId, parallel: Parallel) -> None:
        self._client = client
        self._table = table
        self._home = home
        self._writes = FoldWrites(client, table, home, parallel)
        # How much is known to be logged since which fold, and until when: bytes, items.
        self._sized = -1, 0, 0, 0

    def fold(self, now: datetime, left: Callable[[], bool] = lambda: True) -> Folded:
        """Fold what is due, or go on with what was begun. ``left``: whether there is time for another write.

        Raises AwsError; whatever was done then stays done.
        """
        progress = progress_of(self._query(PROGRESS, PROGRESS))
        fold = self._last()
        if fold.number <= progress.number and progress.done:
            next_fold = self._next(progress, fold, now)
            if next_fold is None or not self._begin(next_fold):
                return Folded()
            fold = next_fold
        reached = progress.reached if fold.number == progress.number else ""
        since = (_first_carried(fold) if progress.since is None else progress.since) if fold.carries else None
        under_way = FoldProgress(fold.number, fold.cut, fold.before, done=False, reached=reached, since=since)
        if not self._put_progress(under_way):
            return Folded(done=False)  # somebody else has finished it
        items = self._items(fold)
        try:
            carried = self._carried(fold)
        except NoneLeftError:
            return Folded(done=False)  # somebody else is two folds further
        sums, unreadable = _summed(items, carried)
        kept = _small(sums) if fold.carries and not fold.flush else {}
        added = {name: hours for name, hours in sums.items() if name not in kept}
        additions = self._writes.additions(items, added, carried, fold.number, now)
        streams, reached = self._writes.write(additions, under_way.reached, left)
        done = reached == ""
        if done and since is not None:
            since = self._carry(kept, carried, fold, since)
        self._put_progress(under_way._replace(done=done, reached=reached, since=since))
        return Folded(len(items), streams, done, {f"{self._home}{key}": why for key, why in unreadable.items()})

    def _next(self, progress: FoldProgress, last: Fold, now: datetime) -> Fold | None:
        """What the next fold takes; None where nothing is due."""
        settled = _milliseconds(now - SETTLED - _EPOCH)
        end = settled - settled % _milliseconds(EVERY)
        if self._is_large(progress, settled):
            end = settled - settled % _A_MINUTE  # readers keep whole minutes
        elif end <= progress.cut:
            return None
        flush = progress.since is None or end // _A_BLOCK > (progress.since or progress.cut) // _A_BLOCK
        taken = {*last.keys, *last.earlier}
        first = progress.cut - _milliseconds(LATEST)
        if len(last.earlier) >= MOST_ITEMS:  # more could not be kept
            first = max(first, written_at(last.earlier[0]) + 1)
        keys = [key for key in self._late(first, progress.cut) if key not in taken]
        keys, end = self._new(keys, progress.cut, end, taken)
        if keys:
            newest = written_at(keys[-1])
            if end - newest > _milliseconds(LATEST):  # it was quiet, or this clock has jumped: pass by nothing
                end = newest + 1
        elif progress.since and flush:
            end = progress.cut  # only what was carried is due
        else:
            return None
        cut = max(progress.cut, end)
        since = key_from(cut - _milliseconds(LATEST))
        earlier = sorted(key for key in taken if key >= since)[-MOST_ITEMS:]
        return Fold(last.number + 1, progress.cut, cut, keys, earlier, carries=True, flush=flush)

    def _late(self, first: int, cut: int) -> list[str]:
        """The keys of what was written before what is to be folded: nearly all has been."""
        request = query_log(self._table, self._home, key_from(first), key_from(cut)) | {
            "ProjectionExpression": "cohort",
            "ExpressionAttributeNames": {"#stream": "stream"},
        }
        return [key for page in query_pages(self._client, request) for item in page if is_logged(key := _key(item))]

    def _new(self, keys: list[str], cut: int, end: int, taken: set[str]) -> tuple[list[str], int]:
        """``keys`` and those written from ``cut`` to ``end``, as many as one fold takes, and to when that is."""
        size = 0
        for page in query_pages(self._client, query_log(self._table, self._home, key_from(cut), key_from(end))):
            new = [item for item in page if is_logged(key := _key(item)) and key not in taken]
            keys += map(_key, new)
            size += sum(map(_bytes, new))
            if size > MOST_BYTES or len(keys) > MOST_ITEMS:
                end = written_at(keys[min(len(keys) - 1, MOST_ITEMS)])
                return [key for key in keys if written_at(key) < end], end
        return keys, end

    def _is_large(self, progress: FoldProgress, until: int) -> bool:
        """Whether more has been logged than should wait. Only what was written since the last call is read."""
        number, since, size, items = self._sized
        if number != progress.number:
            since, size, items = progress.cut, 0, 0
        if since < until:
            for page in query_pages(self._client, query_log(self._table, self._home, key_from(since), key_from(until))):
                size, items = size + sum(map(_bytes, page)), items + len(page)
                if size >= LARGEST or items >= MOST_ITEMS:
                    return True
        self._sized = progress.number, max(since, until), size, items
        return False

    def _begin(self, fold: Fold) -> bool:
        """Put on record what a fold takes; whether that was the first to do so."""
        item = {
            "stream": {"S": str(self._home)},
            "cohort": {"S": MANIFEST},
            **{name: {"N": str(getattr(fold, name))} for name in ("number", "cut", "before")},
            "taken": pack_keys(fold.keys),
            "earlier": pack_keys(fold.earlier),
            "carries": {"BOOL": fold.carries},
            "flush": {"BOOL": fold.flush},
        }
        return self._put(item, "attribute_not_exists(#number) OR #number < :number", fold.number)

    def _last(self) -> Fold:
        request = query_log(self._table, self._home, MANIFEST, MANIFEST)
        request["ProjectionExpression"] += ", taken, earlier, carries, flush"
        found = query_all(self._client, request)
        if not found:
            return NO_FOLD
        number, before, cut = (int(found[0][name]["N"]) for name in ("number", "before", "cut"))
        carries, flush = (found[0].get(name, {"BOOL": False})["BOOL"] for name in ("carries", "flush"))
        taken, earlier = (unpack_keys(found[0][name]) for name in ("taken", "earlier"))
        return Fold(number, before, cut, taken, earlier, carries, flush)

    def _put_progress(self, progress: FoldProgress) -> bool:
        """Put on record how far the log is folded; whether nobody was further."""
        not_done = "attribute_not_exists(#number) OR #number < :number OR (#number = :number AND done = :not)"
        return self._put(progress_item(self._home, progress), not_done, progress.number)

    def _put(self, item: Item, condition: str, number: int) -> bool:
        values: dict[str, Any] = {":number": {"N": str(number)}}
        if ":not" in condition:
            values[":not"] = {"BOOL": False}
        request: dict[str, Any] = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#number": "number"},
            "ExpressionAttributeValues": values,
        }
        return write_if("PutItem", self._client.put_item, **request)

    def _items(self, fold: Fold) -> list[Item]:
        """The items that a fold takes. Raises AwsError."""
        if not fold.keys:
            return []
        wanted = set(fold.keys)
        request = query_log(self._table, self._home, min(wanted), max(wanted))
        request["ProjectionExpression"] += ", m"
        return [item for page in query_pages(self._client, request) for item in page if _key(item) in wanted]

    def _carried(self, fold: Fold) -> Carried:
        """What the folds before carry. Raises AwsError, NoneLeftError."""
        if not fold.carries:
            return Carried()
        return read_carried(self._client, self._table, self._home, fold.number - 1)

    def _carry(self, kept: Streams, carried: Carried, fold: Fold, since: int) -> int:
        """Write what is carried on, once all else is added; since when that is: 0 for nothing. Raises AwsError."""
        if kept or carried:
            day, sequence = fold.cut // _A_DAY, carried.sequence + 1
            put_carried(self._client, self._table, self._home, kept, number=fold.number, sequence=sequence, day=day)
        return (since if carried else _first_carried(fold)) if kept else 0

    def _query(self, first: str, last: str) -> list[Item]:
        return query_all(self._client, query_log(self._table, self._home, first, last))


def _key(item: Item) -> str:
    key: str = item["cohort"]["S"]
    return key


def _bytes(item: Item) -> int:
    return len(bytes(item["v"]["B"])) if "v" in item else 0


def _first_carried(fold: Fold) -> int:
    """Since when what a fold takes is carried, if nothing was before: never 0."""
    return max(1, fold.before)


def _small(streams: Streams) -> Streams:
    """Of what is to be added that which is better carried: of small streams, where they are many."""
    lengths = {name: length for name, hours in streams.items() if (length := length_of(hours)) < SMALL}
    if len(lengths) < FEWEST or sum(lengths.values()) > MOST_CARRIED:
        return {}
    return {name: streams[name] for name in lengths}


def _summed(items: Iterable[Item], carried: Carried) -> tuple[Streams, dict[str, str]]:
    """What items and what was carried come to, and of items that cannot be read what is wrong, by key."""
    found: Streams = {}
    unreadable: dict[str, str] = {}

    def add(volumes: Mapping[str, Entries]) -> None:
        for name, entries in volumes.items():
            hours = found.setdefault(name, {})
            for hour, attribute, count in entries:
                sums = hours.setdefault(hour, {})
                sums[attribute] = sums.get(attribute, 0) + count

    add(carried)
    for item in items:
        try:
            volumes = decode(bytes(item["v"]["B"]))
        except (ValueError, TypeError, KeyError) as error:
            unreadable[item["cohort"]["S"]] = words_of(error)
            continue
        add(volumes)
    return found, unreadable


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
