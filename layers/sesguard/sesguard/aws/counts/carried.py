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

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import LETTERS, SLOTS, expiry
from sesguard.aws.counts.volume_log import Entries, entries_of
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


class NoneLeftError(Exception):
    """What was carried up to that fold has been overwritten: later folds are done."""


class Carried(Mapping[str, Entries]):
    """What a fold carries, by configuration set: unpacked where it is asked for. sequence: how many were before it."""

    def __init__(self, sequence: int = -1, parts: Iterable[bytes] = ()) -> None:
        """parts: as they are packed. Raises ValueError."""
        self.sequence = sequence
        self._streams: dict[str, tuple[int, list[int | str]]] = {}
        for part in parts:
            first, streams = msgspec.msgpack.decode(part, type=tuple[int, dict[str, list[int | str]]])
            self._streams |= {name: (first, flat) for name, flat in streams.items()}

    def __getitem__(self, name: str) -> Entries:
        first, flat = self._streams[name]
        found: Entries = []
        for after, slot, count in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            found += entries_of(first + int(after), slot, int(count))
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)


def read_carried(client: DynamoDBClient, table: str, home: StreamId, last: int) -> Carried:
    """Read what the latest fold up to number ``last`` carries that carries any. Raises AwsError, NoneLeftError."""
    request = between(table, home, CARRIED, f"{CARRIED}~") | {"ConsistentRead": True}
    folds: dict[int, list[Item]] = defaultdict(list)
    for item in query_all(client, request):
        folds[int(item["number"]["N"])].append(item)
    usable = [number for number in folds if number <= last]
    if not usable:
        if folds and all(int(item["sequence"]["N"]) for items in folds.values() for item in items):
            raise NoneLeftError
        return Carried()
    items = folds[max(usable)]
    if len(items) != int(items[0]["parts"]["N"]):
        raise NoneLeftError
    sequence = int(items[0]["sequence"]["N"])
    what = f"volume carried by fold {max(usable)}"
    # Where this version cannot read it, it must not keep everybody else's volume from being counted.
    return read_or(
        Carried(sequence), what, lambda: Carried(sequence, (zlib.decompress(bytes(it["z"]["B"])) for it in items))
    )


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
