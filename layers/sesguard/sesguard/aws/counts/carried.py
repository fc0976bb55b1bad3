"""Volume of small streams that a fold has taken from the log and carries on to later folds, up to six hours.

To write each of ten thousand streams' hours costs more than all the rest of counting where an hour has four mails. So a
fold leaves small streams' volume in what it carries, which the next one takes up beside the log, until a stream has
enough or its block of hours ends (:mod:`sesguard.aws.counts.hour_blocks`).

``z#0#00``  beside the log: a part of what the fold of that ``number`` carries; ``sequence``: how many were written
    before it; ``parts``: how many there are; ``z``: msgpack, compressed: the first epoch hour, and by configuration set
    flat threes of hours since then, slot or attribute, and count.

What counts is what the last fold carries that is done; while another is under way, that has taken it over. They take
turns with two places (``z#0``, ``z#1``), so that what counts is never overwritten. Older versions read none of it: they
see less volume than there is, which weighs as mail whose volume is not known.
"""

from __future__ import annotations

import logging
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import LETTERS, SLOTS, expiry
from sesguard.aws.counts.volume_log import MOST_HOURS, Added, Entries, entries_of
from sesguard.aws.query import between, query_all
from sesguard.aws.readable import read_or
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query", "dynamodb:PutItem"})

CARRIED: Final = "z#"
PART_BYTES: Final = 300_000
"""Of one item before it is compressed: an item may have 400 KB."""
_PLACES: Final = 2
_ENTRY_BYTES: Final = 5  # of most entries, packed
_SLOT: Final = {name: slot for slot, name in enumerate(SLOTS)}

StreamHours = Mapping[int, Mapping[str, int]]
"""Epoch hour -> attribute of its item -> what is to be added to it."""


_Part = tuple[int, dict[str, list[int | str]]]
"""The first epoch hour, and by configuration set flat threes of hours since then, slot or attribute, and count."""

_log = logging.getLogger(__name__)


class NoneLeftError(Exception):
    """What was carried up to that fold has been overwritten: later folds are done."""


class Carried(Added):
    """What a fold carries, by configuration set: unpacked where it is asked for. sequence: how many were before it.

    Of a stream of which this version cannot read it, nothing.
    """

    def __init__(self, sequence: int = -1, parts: Iterable[_Part] = ()) -> None:
        self.sequence = sequence
        self._streams: dict[str, tuple[int, list[int | str]]] = {}
        for first, streams in parts:
            self._streams |= {name: (first, flat) for name, flat in streams.items()}

    def __getitem__(self, name: str) -> Entries:
        first, flat = self._streams[name]
        return read_or([], f"volume carried of {name}", lambda: _unpacked(first, flat))


def read_carried(client: DynamoDBClient, table: str, home: StreamId, last: int) -> Carried:
    """Read what the latest fold up to number ``last`` carries that carries any. Raises AwsError, NoneLeftError."""
    request = between(table, home, CARRIED, f"{CARRIED}~", consistent=True)
    folds: dict[int, list[tuple[int, int, Item]]] = defaultdict(list)
    unknown: set[str] = set()
    for item in query_all(client, request):
        # Where this version cannot read an item, it must not keep everybody else's volume from being counted.
        if numbers := read_or(None, f"volume carried in {item['cohort']['S']}", partial(_numbers_of, item)):
            number, sequence, parts = numbers
            folds[number].append((sequence, parts, item))
        else:
            unknown.add(_place_of(item))
    usable = [number for number in folds if number <= last]
    if not usable:
        if folds and all(sequence for items in folds.values() for sequence, _, _ in items):
            raise NoneLeftError
        return Carried()
    number = max(usable)
    found = folds[number]
    sequence, parts, first = found[0]
    if unknown - {_place_of(first)}:  # which may be later: then this was added already
        return Carried(sequence)
    if len(found) != parts:
        if len(usable) < len(folds):  # which is overwriting it
            raise NoneLeftError
        _log.error("volume carried by fold %s: found %s parts of %s", number, len(found), parts)
    unpacked = [read_or(None, f"volume carried by fold {number}", partial(_unzipped, item)) for _, _, item in found]
    return Carried(sequence, filter(None, unpacked))


def put_carried(
    client: DynamoDBClient,
    table: str,
    home: StreamId,
    streams: Mapping[str, StreamHours],
    *,
    number: int,
    sequence: int,
    day: int,
) -> None:
    """Write what the fold of that ``number`` carries, on an epoch day; nothing where a later one has written there.

    Raises AwsError.
    """
    parts = list(_packed(streams))
    for place, part in enumerate(parts):
        item: dict[str, Any] = {
            "stream": {"S": str(home)},
            "cohort": {"S": f"{CARRIED}{sequence % _PLACES}#{place:02}"},
            "number": {"N": str(number)},
            "sequence": {"N": str(sequence)},
            "parts": {"N": str(len(parts))},
            "z": {"B": zlib.compress(part)},
            "expires": expiry(day),
        }
        write_if(
            "PutItem",
            client.put_item,
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(#number) OR #number <= :number",
            ExpressionAttributeNames={"#number": "number"},
            ExpressionAttributeValues={":number": {"N": str(number)}},
        )


def _numbers_of(item: Item) -> tuple[int, int, int]:
    """Of a fold the number, its place in the sequence, and of how many parts an item is one. Raises ValueError."""
    number, sequence, parts = (int(item[name]["N"]) for name in ("number", "sequence", "parts"))
    return number, sequence, parts


def _place_of(item: Item) -> str:
    """Which of the two places an item is in."""
    key: str = item["cohort"]["S"]
    return key.split("#")[1]


def _unzipped(item: Item) -> _Part:
    """What an item carries. Raises ValueError, KeyError, zlib.error."""
    part: _Part = msgspec.msgpack.decode(zlib.decompress(bytes(item["z"]["B"])), type=_Part)
    return part


def _unpacked(first: int, flat: list[int | str]) -> Entries:
    """What a stream's threes add, of hours from epoch hour ``first`` on. Raises ValueError."""
    found: Entries = []
    for after, slot, count in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        hour = first + int(after)
        if not 0 <= hour < MOST_HOURS or int(count) < 0:
            raise ValueError("expected counts by hour")
        found += entries_of(hour, slot, int(count))
    return found


def _packed(streams: Mapping[str, StreamHours]) -> Iterator[bytes]:
    """Pack volume into as few parts as hold it, at least one: so an earlier fold's is seen to be over."""
    first = min((hour for hours in streams.values() for hour in hours), default=0)
    part, size = dict[str, list[int | str]](), 0
    for name, hours in streams.items():
        flat: list[int | str] = []
        for hour, sums in hours.items():
            for attribute, count in sums.items():
                if attribute not in LETTERS:  # which come by their minutes
                    flat += (hour - first, _SLOT.get(attribute, attribute), count)
        size += len(name) + _ENTRY_BYTES * len(flat)
        part[name] = flat
        if size >= PART_BYTES:
            yield msgspec.msgpack.encode((first, part))
            part, size = {}, 0
    yield msgspec.msgpack.encode((first, part))
