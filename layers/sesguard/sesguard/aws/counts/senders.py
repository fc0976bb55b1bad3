"""Who sends from an account's identities: one item of the cohorts table, beside the account's unattributed mail.

Sort key ``d#senders``; ``verified`` and ``registry``, each JSON compressed with zlib, written by whoever knows it: the
sweep asks SES, the registry its tenants. A process reads it at most every ten minutes, and only when a batch brings an
outcome.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sesguard.aws.clients import calling
from sesguard.ingest.senders import NOBODY_KNOWN, RegisteredSender, Senders
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:Query"})
NOTING_ACTIONS: Final = frozenset({"dynamodb:UpdateItem"})
KEY: Final = "d#senders"
EVERY: Final = timedelta(minutes=10)


class _Registry(msgspec.Struct):
    identities: dict[str, RegisteredSender]
    sets: dict[str, str]


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
        with calling("Query"):
            items = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#stream = :stream AND cohort BETWEEN :first AND :last",
                ExpressionAttributeNames={"#stream": "stream"},
                ExpressionAttributeValues={
                    ":stream": {"S": str(home)},
                    ":first": {"S": KEY},
                    ":last": {"S": KEY},
                },
                ConsistentRead=True,
            )["Items"]
        if not items:
            return NOBODY_KNOWN
        verified = _unpacked(items[0].get("verified"), frozenset[str]) or frozenset()
        registry = _unpacked(items[0].get("registry"), _Registry) or _Registry({}, {})
        return Senders(verified, registry.identities, registry.sets)

    def note_verified(self, home: StreamId, domains: Collection[str]) -> None:
        """Put on record which domains are verified. Raises AwsError."""
        self._note(home, "verified", sorted(domains))

    def note_registry(
        self, home: StreamId, identities: Mapping[str, RegisteredSender], sets: Mapping[str, str]
    ) -> None:
        """Put on record what the registry says. Raises AwsError."""
        self._note(home, "registry", _Registry(dict(identities), dict(sets)))

    def _note(self, home: StreamId, name: str, value: object) -> None:
        with calling("UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key={"stream": {"S": str(home)}, "cohort": {"S": KEY}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": {"B": zlib.compress(msgspec.json.encode(value))}},
            )


def _unpacked(attribute: Any, kind: type[Any]) -> Any:  # noqa: ANN401  # of ``kind``
    return msgspec.json.decode(zlib.decompress(attribute["B"]), type=kind) if attribute else None
