"""The audit of all streams: they are in StreamsTable, and how far it has come is an item of TurnsTable."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.tables.table import TableAdapter
from sesguard.bus.events import iso
from sesguard.pausing.audit_cursor import Cursor

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Scan"})
_SWEEP: Final = {"line": {"S": "round"}, "place": {"S": "unhealthy"}}
_PLACE: Final = {"line": {"S": "round"}, "place": {"S": "streams"}}


class DynamoAuditCursor(TableAdapter):
    """The port ``AuditCursor`` over DynamoDB. Streams come in the table's own order, which stays as it is."""

    def __init__(self, client: DynamoDBClient, streams_table: str, turns_table: str) -> None:
        super().__init__(client, turns_table)
        self._streams = streams_table

    def load(self) -> Cursor:
        item = self._get(_PLACE)
        begun = item.get("begun", {}).get("S")
        return Cursor(item.get("after", {}).get("S", ""), datetime.fromisoformat(begun) if begun else None)

    def following(self, after: str, most: int) -> Sequence[str | None]:
        start: dict[str, Any] = {"ExclusiveStartKey": {"stream": {"S": after}}} if after else {}
        with calling("Scan"):
            # Eventually consistent, at half the price: each stream is read again before anything is done.
            page = self._client.scan(
                TableName=self._streams,
                ProjectionExpression="#stream",
                ExpressionAttributeNames={"#stream": "stream"},
                Limit=most,
                **start,
            )
        keys: list[str | None] = [item["stream"]["S"] for item in page["Items"]]
        return keys if "LastEvaluatedKey" in page else [*keys, None]

    def save(self, cursor: Cursor) -> None:
        begun = {"begun": {"S": iso(cursor.begun)}} if cursor.begun else {}
        self._put({**_PLACE, "after": {"S": cursor.after}, **begun})


class DynamoSweepCursor(TableAdapter):
    """The port ``SweepCursor`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})

    def load(self) -> str:
        after: str = self._get(_SWEEP).get("after", {}).get("S", "")
        return after

    def save(self, key: str) -> None:
        self._put({**_SWEEP, "after": {"S": key}})
