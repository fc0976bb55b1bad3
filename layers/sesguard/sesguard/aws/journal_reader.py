"""Reading the journal in IncidentsTable back, for people: the guard itself never does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query", "dynamodb:Scan"})
# What `journal.put` writes as JSON. Text of people may look like JSON too, so it is not for the reader to guess.
_NESTED: Final = frozenset({"evidence", "events"})
_OWN: Final = frozenset({"expires"})


class DynamoJournalReader:
    """The port ``JournalReader`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, stream: StreamId) -> list[dict[str, Any]]:
        return list(self._pages("query", **self._of(stream)))

    def last(self, stream: StreamId, most: int) -> list[dict[str, Any]]:
        request = {**self._of(stream), "ScanIndexForward": False, "Limit": most}
        try:
            answer = self._client.query(**request)
        except (ClientError, BotoCoreError) as error:
            raise aws_error("Query", error) from None
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
        try:
            for page in self._client.get_paginator(operation).paginate(**request):  # type: ignore[call-overload]  # the stubs know literals only
                yield from (_entry(item) for item in page["Items"])
        except (ClientError, BotoCoreError) as error:
            raise aws_error(operation.capitalize(), error) from None


def _entry(item: Mapping[str, Any]) -> dict[str, Any]:
    texts = ((name, value.get("S", "")) for name, value in sorted(item.items()) if name not in _OWN)
    return {name: json.loads(text) if name in _NESTED else text for name, text in texts}
