"""Who sends from an account's identities: items of the cohorts table, beside the account's unattributed mail.

``d#senders`` holds ``verified``: the domains that are, as the sweep asks SES. What register knows of the registry is in
``d#senders#identities`` (``by_identity``: the default set of each) and ``d#senders#sets`` (``tenants``: of each set).
Each is JSON compressed with zlib. Of 10,000 sets whose names are random it is more than the 400 KB that an item may
have: then ``parts`` says of how many items it is the first, the others being ``d#senders#sets#01`` and so on; a name
says itself in which it is. Older versions read the first. A process reads all at most every ten minutes, and only when
a batch brings an outcome.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.query import between, query_all
from sesguard.aws.readable import read_or
from sesguard.ingest.senders import NOBODY_KNOWN, Senders
from sesguard.stream import StreamId
from sesguard.tenants.sender import RegisteredSender

ACTIONS: Final = frozenset({"dynamodb:Query"})
KEY: Final = "d#senders"
IDENTITIES_KEY: Final = "d#senders#identities"
SETS_KEY: Final = "d#senders#sets"
EVERY: Final = timedelta(minutes=10)
PART_BYTES: Final = 250_000
"""Of one item, about: a part is as large as the share of names that fall to it."""
_TRIES: Final = 3
_LAST: Final = "~"  # sorts after all of these keys

Items = Mapping[str, Any]
"""By sort key."""


class DynamoSenders:
    """The port ``SendersStore`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._known: dict[StreamId, tuple[datetime, Senders]] = {}

    def load(self, home: StreamId, now: datetime) -> Senders:
        """What is known of an account and region, as a stream without a configuration set. Raises AwsError."""
        known = self._known.get(home)
        if known is None or now - known[0] >= EVERY:
            known = self._known[home] = now, self._read(home)
        return known[1]

    def _read(self, home: StreamId) -> Senders:
        found = self._items(home)
        if not found:
            return NOBODY_KNOWN
        verified = frozenset(_unpacked(found, KEY, "verified", list[str]))
        sets = dict(_unpacked(found, SETS_KEY, "tenants", dict[str, str]))
        defaults = dict(_unpacked(found, IDENTITIES_KEY, "by_identity", dict[str, str]))
        # The two are written one after the other: an identity whose set is not there yet is not known yet.
        identities = {name: RegisteredSender(sets[its], its) for name, its in defaults.items() if its in sets}
        return Senders(verified, identities, sets)

    def _items(self, home: StreamId) -> Items:
        """All of them; read again where somebody is just writing into more or fewer parts."""
        request = between(self._table, home, KEY, KEY + _LAST, consistent=True)
        found: Items = {}
        for _ in range(_TRIES):
            found = {item["cohort"]["S"]: item for item in query_all(self._client, request)}
            if all(_is_whole(found, key) for key in (KEY, IDENTITIES_KEY, SETS_KEY)):
                break
        return found

    def note_verified(self, home: StreamId, domains: Collection[str]) -> None:
        """Put on record which domains are verified. Raises AwsError."""
        self._note(home, KEY, "verified", sorted(domains))

    def note_registry(
        self, home: StreamId, identities: Mapping[str, RegisteredSender], sets: Mapping[str, str]
    ) -> None:
        """Put on record what the registry says. Raises AwsError."""
        self._note(home, SETS_KEY, "tenants", dict(sets))
        defaults = {name: sender.configuration_set for name, sender in identities.items()}
        self._note(home, IDENTITIES_KEY, "by_identity", defaults)

    def _note(self, home: StreamId, key: str, name: str, value: list[str] | dict[str, str]) -> None:
        """Write all parts, the first last: it says how many there are."""
        packed = _packed(value)
        parts = -(-len(packed) // PART_BYTES)
        bodies = [packed] if parts == 1 else [_packed(part) for part in _divided(value, parts)]
        for number, body in reversed([*enumerate(bodies)]):
            self._put(home, _place(key, number), name, body, parts)

    def _put(self, home: StreamId, key: str, name: str, body: bytes, parts: int) -> None:
        with calling("UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key={"stream": {"S": str(home)}, "cohort": {"S": key}},
                UpdateExpression="SET #name = :value, #parts = :parts",
                ExpressionAttributeNames={"#name": name, "#parts": "parts"},
                ExpressionAttributeValues={":value": {"B": body}, ":parts": {"N": str(parts)}},
            )


def _packed(value: object) -> bytes:
    return zlib.compress(msgspec.json.encode(value))


def _divided(value: list[str] | dict[str, str], parts: int) -> list[list[str]] | list[dict[str, str]]:
    """What is in each part: a name stays where it is while their number does."""

    def part_of(name: str) -> int:
        return zlib.crc32(name.encode()) % parts

    if isinstance(value, dict):
        maps: list[dict[str, str]] = [{} for _ in range(parts)]
        for name, its in value.items():
            maps[part_of(name)][name] = its
        return maps
    lists: list[list[str]] = [[] for _ in range(parts)]
    for name in value:
        lists[part_of(name)].append(name)
    return lists


def _place(key: str, number: int) -> str:
    """The sort key of a part."""
    return f"{key}#{number:02}" if number else key


def _parts(found: Items, key: str) -> list[Any]:
    """The items that make up one record, the first first; without those that are not there."""
    count = _count(found.get(key, {}))
    return [found[place] for number in range(count) if (place := _place(key, number)) in found]


def _is_whole(found: Items, key: str) -> bool:
    """Whether every part is there, and of the same writing as the first as far as their number tells."""
    parts = _parts(found, key)
    return not parts or all(_count(item) == len(parts) for item in parts)


def _count(item: Any) -> int:  # noqa: ANN401  # an item
    """Of how many parts an item is one; older versions write one and do not say so."""
    return read_or(1, "parts of senders", lambda: int(item["parts"]["N"])) if "parts" in item else 1


def _unpacked(found: Items, key: str, name: str, kind: type[Any]) -> Iterator[Any]:
    """What a record lists, or its pairs; without the parts that are not there or not as this version can read them.

    All is written anew within the hour. Until then it is as if nothing were known of it: outcomes must not wait.
    """
    for item in _parts(found, key):
        part = read_or(None, f"{name} of {key}", partial(_part, item, name, kind))
        if part:
            yield from part.items() if isinstance(part, dict) else part


def _part(item: Any, name: str, kind: type[Any]) -> Any:  # noqa: ANN401  # of ``kind``
    return msgspec.json.decode(zlib.decompress(item[name]["B"]), type=kind)
