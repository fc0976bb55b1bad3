"""The log of volume: what a batch adds to all streams' hours, as one item, until the sweep folds it into those.

Nearly every event of a platform with many streams is the only one of its stream in its batch, so an item a batch saves
nearly all writes. Partition key: the account and region, as a stream without a configuration set.

``w#1764172800123#9f86d081``  one item of a batch: when it was written, epoch milliseconds by the writer's clock, and
    something random; ``v``: msgpack, as :func:`packed` says; ``m``: where a sample of it went, as
    :func:`packed_taken` says (older versions neither write nor read it). Never changed. To try the call again writes
    the same item.
``w#~``  how far it is folded: ``number`` of the last fold, and ``done``, whether all of that is in the streams' hours;
    ``cut``: it took what was written before; ``before``: and not before that; ``reached``: where it goes on; ``since``:
    see :mod:`sesguard.aws.counts.carried`.
``y#fold``  which items the fold of that ``number`` takes, and which earlier ones took lately: see
    :mod:`sesguard.aws.counts.volume_fold`. ``carries``: whether it takes what was carried, too; ``flush``: and carries
    nothing on.

A stream's hour that was folded into says by which fold, as ``folded``; so a fold that is done again adds nothing, and a
reader knows what of a fold under way is in there already. Older versions write hours directly, and read no log: for as
long as a fold takes they see less volume than there is, which weighs as mail whose volume is not known.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import LETTERS, SLOTS
from sesguard.aws.query import between
from sesguard.detection.sample import TAKEN
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.ingest.volume_sums import HOUR_SLOTS, VolumeSums, sample_size
from sesguard.stream import StreamId

LOGGED: Final = "w#"
PROGRESS: Final = "w#~"  # sorts after all items, so that one query brings it too
MANIFEST: Final = "y#fold"
FOLDED: Final = "folded"

KEPT_SECONDS: Final = 7 * 86_400
MOST_ENTRIES: Final = 4_000
"""In one item: with names of sets of 64 characters (https://docs.aws.amazon.com/ses/latest/APIReference-V2/) some
300 KB of the 400 KB that an item may have."""
_ENTRY: Final = 3  # name, slot and count
_MILLISECONDS: Final = 13  # digits, until the year 2286
MOST_HOURS: Final = 2_770_000  # until then, too

Entries = list[tuple[int, str, int]]
"""Epoch hour, attribute of the hour's item, and what is added to it."""


class Added(Mapping[str, Entries]):
    """What is added, by configuration set: unpacked where it is asked for."""

    _streams: Mapping[str, Any]

    def __contains__(self, name: object) -> bool:
        return name in self._streams

    def __iter__(self) -> Iterator[str]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)


class FoldProgress(NamedTuple):
    """How far a log is folded. cut, before: epoch milliseconds. reached: where a fold that lacked time goes on.

    since: from when on volume was carried that the last fold which is done had not folded, epoch milliseconds; 0 where
    there is none; None where an older version, which carries nothing, wrote this.
    """

    number: int = 0
    cut: int = 0
    before: int = 0
    done: bool = True
    reached: str = ""
    since: int | None = None

    @property
    def start(self) -> int:
        """From when on items may not be in the streams' hours."""
        return self.cut if self.done else self.before


Logged = VolumeSums | Volume
"""What an item of a batch is made of."""


def packed(parts: Iterable[Logged]) -> Iterator[tuple[list[Logged], bytes]]:
    """Pack volumes into as few items as hold them: by epoch hour, name, slot or sample's name, and count, flat."""
    hours: dict[int, list[str | int]] = {}
    inside: list[Logged] = []
    room = MOST_ENTRIES
    for part in _pieces(parts):
        flat, size = _entries(part)
        if inside and size > room:
            yield inside, msgspec.msgpack.encode(hours)
            hours, inside, room = {}, [], MOST_ENTRIES
        hours.setdefault(part.hour, []).extend(flat)
        inside.append(part)
        room -= size
    if inside:
        yield inside, msgspec.msgpack.encode(hours)


def _pieces(parts: Iterable[Logged]) -> Iterator[Logged]:
    for part in parts:
        if isinstance(part, VolumeSums):
            yield from part.pieces(MOST_ENTRIES)
        else:
            yield part


def _entries(part: Logged) -> tuple[list[str | int], int]:
    """What an item says of ``part``, and how many entries long that is, with where a sample of it went."""
    flat: list[str | int] = []
    if isinstance(part, Volume):
        for slot, count in part.sums().items():
            flat += (part.stream[2], slot, count)
    else:
        streams = part.numbered.streams
        for cell, count in part.sums.items():
            flat += (streams[cell // HOUR_SLOTS][2], cell % HOUR_SLOTS, count)
    size = len(flat) // _ENTRY
    for name, sample in _samples(part):
        size += sample_size(sample)
        for attribute, count in sample.items():
            if not attribute.startswith(TAKEN):
                flat += (name, attribute, count)
    return flat, size


def _samples(part: Logged) -> Iterable[tuple[str, Mapping[str, int]]]:
    """Configuration set and sample of each stream that has one."""
    if isinstance(part, Volume):
        return [(part.stream.configuration_set, part.sample)] if part.sample else []
    streams = part.numbered.streams
    return [(streams[number].configuration_set, sample) for number, sample in part.sample.items()]


def packed_taken(parts: Iterable[Logged]) -> bytes:
    """Pack where a sample of volumes went: by epoch day, name, receiving domain and count, flat."""
    days: dict[int, list[str | int]] = {}
    for part in parts:
        for name, sample in _samples(part):
            for attribute, count in sample.items():
                if attribute.startswith(TAKEN):
                    flat = days.setdefault(part.hour // 24, [])
                    flat += (name, attribute[len(TAKEN) :], count)
    return msgspec.msgpack.encode(days)


def decode_taken(body: bytes) -> Iterator[tuple[str, str, int, int]]:
    """Read :func:`packed_taken`: configuration set, receiving domain, epoch day, sampled mails. Raises ValueError."""
    for day, flat in _decode_threes(body).items():
        for name, domain, count in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            yield name, str(domain), day, count


def decode(body: bytes) -> dict[str, Entries]:
    """What an item adds, by configuration set: to minutes, to totals, and to what was sampled. Raises ValueError."""
    found: dict[str, Entries] = {}
    for hour, flat in decode_flat(body).items():
        for name, slot, count in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            entries = found.setdefault(name, [])
            entries += entries_of(hour, slot, count)
    return found


def decode_flat(body: bytes) -> dict[int, list[Any]]:
    """The same as packed: by epoch hour, threes of a name, a slot or attribute, and a count. Raises ValueError."""
    found = _decode_threes(body)
    for flat in found.values():
        if any(isinstance(slot, int) and not 0 <= slot < len(SLOTS) for slot in {*flat[1::3]}):
            raise ValueError("a slot that an hour does not have")
    return found


def entries_of(hour: int, slot: int | str, count: int) -> Entries:
    """What a count adds to an epoch hour: of a slot to its minute and its total, else to that attribute.

    Raises ValueError.
    """
    if isinstance(slot, str):
        return [(hour, slot, count)]
    if not 0 <= slot < len(SLOTS):
        raise ValueError("a slot that an hour does not have")
    return [(hour, SLOTS[slot], count), (hour, LETTERS[slot % COLUMNS], count)]


def _decode_threes(body: bytes) -> dict[int, list[Any]]:
    """Epoch hour or day -> flat, threes of a name, a text or number, and a count. Raises ValueError."""
    found = msgspec.msgpack.decode(body, type=dict[int, list[str | int]])
    for number, flat in found.items():
        kinds_differ = {*map(type, flat[::3])} - {str} or {*map(type, flat[2::3])} - {int}
        if len(flat) % _ENTRY or not 0 <= number < MOST_HOURS or kinds_differ:
            raise ValueError("expected names and counts, by hour or day")
    return found


def new_key(milliseconds: int) -> str:
    """The sort key of an item written at that time."""
    return f"{key_from(milliseconds)}#{secrets.token_hex(4)}"


def key_from(milliseconds: int) -> str:
    """What the keys of all items sort behind that were written at that time or later."""
    return f"{LOGGED}{max(0, milliseconds):0{_MILLISECONDS}}"


def is_logged(key: str) -> bool:
    """Whether a sort key is that of an item of a batch."""
    return key.startswith(LOGGED) and key[len(LOGGED) : len(LOGGED) + _MILLISECONDS].isdecimal()


def written_at(key: str) -> int:
    """When an item was written, epoch milliseconds by its writer's clock."""
    return int(key[len(LOGGED) : len(LOGGED) + _MILLISECONDS])


def log_request(table: str, home: StreamId, key: str, body: bytes, taken: bytes = b"") -> dict[str, Any]:
    """The request that writes an item."""
    expires = written_at(key) // 1_000 + KEPT_SECONDS
    where = {"m": {"B": taken}} if taken else {}
    return {
        "TableName": table,
        "Item": {
            "stream": {"S": str(home)},
            "cohort": {"S": key},
            "v": {"B": body},
            **where,
            "expires": {"N": str(expires)},
        },
    }


def query_log(table: str, home: StreamId, first: str, last: str) -> dict[str, Any]:
    """The query of what lies between two sort keys, without what the key says already."""
    return between(table, home, first, last, consistent=True) | {
        "ProjectionExpression": "cohort, v, #number, cut, #before, done, reached, #since",
        "ExpressionAttributeNames": {name: name[1:] for name in ("#stream", "#number", "#before", "#since")},
    }


def progress_of(items: Sequence[Item]) -> FoldProgress:
    """Read how far the log is folded from the last of what was queried; nothing is, where that is not there."""
    if not items or items[-1]["cohort"]["S"] != PROGRESS:
        return FoldProgress()
    item = items[-1]
    number, cut, before = (int(item[name]["N"]) for name in ("number", "cut", "before"))
    since = int(item["since"]["N"]) if "since" in item else None
    return FoldProgress(number, cut, before, item["done"]["BOOL"], item["reached"]["S"], since)


def progress_item(home: StreamId, progress: FoldProgress) -> Item:
    """How far the log is folded, as it is stored."""
    return {
        "stream": {"S": str(home)},
        "cohort": {"S": PROGRESS},
        **{name: {"N": str(getattr(progress, name))} for name in ("number", "cut", "before")},
        "done": {"BOOL": progress.done},
        "reached": {"S": progress.reached},
        **({"since": {"N": str(progress.since)}} if progress.since is not None else {}),
    }


def pack_keys(keys: Iterable[str]) -> dict[str, bytes]:
    """Sort keys, as an attribute."""
    return {"B": zlib.compress(msgspec.msgpack.encode(list(keys)))}


def unpack_keys(attribute: dict[str, bytes]) -> list[str]:
    """Read :func:`pack_keys`."""
    return msgspec.msgpack.decode(zlib.decompress(attribute["B"]), type=list[str])
