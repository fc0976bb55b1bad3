"""The journal in IncidentsTable: entries are appended, never written again, read for people, and expire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.tables.table import TableAdapter
from sesguard.bus.events import iso
from sesguard.pausing.journal import DecisionEntry, JournalEntry, read_entry, write_entry
from sesguard.stream import StreamId

KEPT_DAYS: Final = 400
_EXPIRES: Final = "expires"
"""The table's own attribute beside an entry's: when it expires, in epoch seconds."""


class DynamoJournal(TableAdapter):
    """The port ``Journal`` over DynamoDB. kept_days: how long an entry stays."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem"})

    def __init__(self, client: DynamoDBClient, table: str, kept_days: int = KEPT_DAYS) -> None:
        super().__init__(client, table)
        self._kept_days = kept_days

    def note(self, entry: JournalEntry) -> None:
        write_if("PutItem", self._client.put_item, **put(self._table, entry, self._kept_days))


def put(table: str, entry: JournalEntry, kept_days: int) -> dict[str, Any]:
    """Make the write of one entry, refused where ``at`` is taken; ``kept_days`` count from the time in it."""
    expires = int((entry.time + timedelta(days=kept_days)).timestamp())
    item: dict[str, Any] = {name: {"S": text} for name, text in write_entry(entry).items()}
    return {
        "TableName": table,
        "Item": item | {_EXPIRES: {"N": str(expires)}},
        "ConditionExpression": "attribute_not_exists(#at)",
        "ExpressionAttributeNames": {"#at": "at"},
    }


class DynamoDecisions(TableAdapter):
    """The port ``Decisions`` over DynamoDB: entries of one time are few, and their key begins with it."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def decided(self, stream: StreamId, at: datetime) -> DecisionEntry | None:
        with calling("Query"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#stream = :stream AND begins_with(#at, :at)",
                ExpressionAttributeNames={"#stream": "stream", "#at": "at"},
                ExpressionAttributeValues={":stream": {"S": str(stream)}, ":at": {"S": f"{iso(at)}#"}},
                ConsistentRead=True,
            )
        entries = [entry for entry in map(_entry, answer["Items"]) if isinstance(entry, DecisionEntry)]
        return entries[-1] if entries else None


class DynamoJournalReader(TableAdapter):
    """The port ``JournalReader`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query", "dynamodb:Scan"})

    def of(self, stream: StreamId) -> list[JournalEntry]:
        return list(self._pages("query", **self._of(stream)))

    def last(self, stream: StreamId, most: int) -> list[JournalEntry]:
        request = {**self._of(stream), "ScanIndexForward": False, "Limit": most}
        with calling("Query"):
            answer = self._client.query(**request)
        return [_entry(item) for item in reversed(answer["Items"])]

    def all(self) -> Iterator[JournalEntry]:
        return self._pages("scan", TableName=self._table)

    def _of(self, stream: StreamId) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "#stream = :stream",
            "ExpressionAttributeNames": {"#stream": "stream"},
            "ExpressionAttributeValues": {":stream": {"S": str(stream)}},
            "ConsistentRead": True,
        }

    def _pages(self, operation: str, **request: Any) -> Iterator[JournalEntry]:  # noqa: ANN401  # as the service's
        with calling(operation.capitalize()):
            for page in self._client.get_paginator(operation).paginate(**request):  # type: ignore[call-overload]  # the stubs know literals only
                yield from (_entry(item) for item in page["Items"])


def _entry(item: Mapping[str, Any]) -> JournalEntry:
    return read_entry({name: value.get("S", "") for name, value in sorted(item.items()) if name != _EXPIRES})
