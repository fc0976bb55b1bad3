"""Who sends from an account's identities: items of the cohorts table, beside the account's unattributed mail.

``d#senders`` holds ``verified``: the domains that are, as the sweep asks SES. What register knows of the registry is in
``d#senders#identities`` (``by_identity``: the default set of each) and ``d#senders#sets`` (``tenants``: of each set).
Each is JSON compressed with zlib; of 10,000 identities and sets, SES's quota of a region, an item is some 150 KB of the
400 KB that one may have. A process reads them at most every ten minutes, and only when a batch brings an outcome.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
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
        request = between(self._table, home, KEY, SETS_KEY, consistent=True)
        found = {item["cohort"]["S"]: item for item in query_all(self._client, request)}
        if not found:
            return NOBODY_KNOWN
        verified = _unpacked(found, KEY, "verified", frozenset[str]) or frozenset()
        sets: dict[str, str] = _unpacked(found, SETS_KEY, "tenants", dict[str, str]) or {}
        defaults: dict[str, str] = _unpacked(found, IDENTITIES_KEY, "by_identity", dict[str, str]) or {}
        # The two are written one after the other: an identity whose set is not there yet is not known yet.
        identities = {name: RegisteredSender(sets[its], its) for name, its in defaults.items() if its in sets}
        return Senders(verified, identities, sets)

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

    def _note(self, home: StreamId, key: str, name: str, value: object) -> None:
        with calling("UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key={"stream": {"S": str(home)}, "cohort": {"S": key}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": {"B": zlib.compress(msgspec.json.encode(value))}},
            )


def _unpacked(found: Mapping[str, Any], key: str, name: str, kind: type[Any]) -> Any:  # noqa: ANN401  # of ``kind``
    """What an item holds; None where it is not there, or not as this version can read it.

    Both are written anew within the hour. Until then it is as if nothing were known of it: outcomes must not wait.
    """
    attribute = found.get(key, {}).get(name)
    if not attribute:
        return None
    return read_or(None, f"{name} of {key}", lambda: msgspec.json.decode(zlib.decompress(attribute["B"]), type=kind))
