"""The journal in IncidentsTable: entries are appended, never written again, read for people, and expire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.stream import StreamId

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sesguard.aws.clients import calling
from sesguard.bus.events import iso

KEPT_DAYS: Final = 400


class DynamoJournal:
    """The port ``Journal`` over DynamoDB. kept_days: how long an entry stays."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem"})

    def __init__(self, client: DynamoDBClient, table: str, kept_days: int = KEPT_DAYS) -> None:
        self._client = client
        self._table = table
        self._kept_days = kept_days

    def note(self, stream: StreamId, entry: Mapping[str, Any]) -> None:
        try:
            self._client.put_item(**put(self._table, stream, entry, self._kept_days))
        except (ClientError, BotoCoreError) as error:
            failed = aws_error("PutItem", error)
            if failed.code != "ConditionalCheckFailedException":
                raise failed from None


def put(table: str, stream: StreamId, entry: Mapping[str, Any], kept_days: int) -> dict[str, Any]:
    """The write of one entry, refused where ``at`` is taken. Text stays text; numbers and what is nested are JSON.

    ``expires``, in epoch seconds, is counted from the time in ``at``.
    """
    item: dict[str, Any] = {
        name: {"S": value if isinstance(value, str) else json.dumps(value)} for name, value in entry.items()
    }
    return {
        "TableName": table,
        "Item": item | {"stream": {"S": str(stream)}, "expires": {"N": str(_expiry(entry["at"], kept_days))}},
        "ConditionExpression": "attribute_not_exists(#at)",
        "ExpressionAttributeNames": {"#at": "at"},
    }


def _expiry(name: str, kept_days: int) -> int:
    written = datetime.fromisoformat(name.partition("#")[0])
    return int((written + timedelta(days=kept_days)).timestamp())


class DynamoDecisions:
    """The port ``Decisions`` over DynamoDB: entries of one time are few, and their key begins with it."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def decided(self, stream: StreamId, at: datetime) -> Mapping[str, Any] | None:
        with calling("Query"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#stream = :stream AND begins_with(#at, :at)",
                ExpressionAttributeNames={"#stream": "stream", "#at": "at"},
                ExpressionAttributeValues={":stream": {"S": str(stream)}, ":at": {"S": f"{iso(at)}#"}},
                ConsistentRead=True,
            )
        entries = [item for item in answer["Items"] if item["kind"].get("S") == "decided"]
        if not entries:
            return None
        texts = {name: value.get("S", "") for name, value in entries[-1].items()}
        return {**texts, "evidence": json.loads(texts.get("evidence", "{}"))}


# What `journal.put` writes as JSON. Text of people may look like JSON too, so it is not for the reader to guess.
_NESTED: Final = frozenset({"evidence", "events"})


_OWN: Final = frozenset({"expires"})


class DynamoJournalReader:
    """The port ``JournalReader`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query", "dynamodb:Scan"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, stream: StreamId) -> list[dict[str, Any]]:
        return list(self._pages("query", **self._of(stream)))

    def last(self, stream: StreamId, most: int) -> list[dict[str, Any]]:
        request = {**self._of(stream), "ScanIndexForward": False, "Limit": most}
        with calling("Query"):
            answer = self._client.query(**request)
        return [_entry(item) for item in reversed(answer["Items"])]

    def all(self) -> Iterator[dict[str, Any]]:
        return self._pages("scan", TableName=self._table)

    def _of(self, stream: StreamId) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "KeyConditionExpression": "#stream = :stream",
            "ExpressionAttributeNames": {"#stream": "stream"},
            "ExpressionAttributeValues": {":stream": {"S": str(stream)}},
            "ConsistentRead": True,
        }

    def _pages(self, operation: str, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # as the service's
        with calling(operation.capitalize()):
            for page in self._client.get_paginator(operation).paginate(**request):  # type: ignore[call-overload]  # the stubs know literals only
                yield from (_entry(item) for item in page["Items"])


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    texts = ((name, value.get("S", "")) for name, value in sorted(item.items()) if name not in _OWN)
    return {name: json.loads(text) if name in _NESTED else text for name, text in texts}
