"""The journal in IncidentsTable: entries are appended and never written again, and expire after some days."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:PutItem"})
KEPT_DAYS: Final = 400


class DynamoJournal:
    """The port ``Journal`` over DynamoDB. kept_days: how long an entry stays."""

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
