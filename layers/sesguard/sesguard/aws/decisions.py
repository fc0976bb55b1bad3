"""Reading what one decision rested on back from IncidentsTable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.bus.events import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query"})


class DynamoDecisions:
    """The port ``Decisions`` over DynamoDB: entries of one time are few, and their key begins with it."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def decided(self, stream: StreamId, at: datetime) -> Mapping[str, Any] | None:
        try:
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="#stream = :stream AND begins_with(#at, :at)",
                ExpressionAttributeNames={"#stream": "stream", "#at": "at"},
                ExpressionAttributeValues={":stream": {"S": str(stream)}, ":at": {"S": f"{iso(at)}#"}},
                ConsistentRead=True,
            )
        except (ClientError, BotoCoreError) as error:
            raise aws_error("Query", error) from None
        entries = [item for item in answer["Items"] if item["kind"].get("S") == "decided"]
        if not entries:
            return None
        texts = {name: value.get("S", "") for name, value in entries[-1].items()}
        return {**texts, "evidence": json.loads(texts.get("evidence", "{}"))}
