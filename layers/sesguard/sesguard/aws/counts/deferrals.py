"""Recipients whose mail was deferred as not authenticated: ``deferred#HOUR`` of the cohorts table, by now's hour."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.counts.cohorts import hour_text
from sesguard.stream import StreamId

DEFERRED: Final = "deferred#"
_KEPT_SECONDS: Final = 2 * 86_400


class DynamoDeferrals:
    """The port ``DeferralCounter`` over DynamoDB. One UpdateItem for a stream of a batch that has any."""

    ACTIONS: ClassVar = frozenset({"dynamodb:UpdateItem"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, stream: StreamId, count: int, now: datetime) -> int:
        seconds = int(now.timestamp())
        with calling("UpdateItem"):
            answer = self._client.update_item(
                TableName=self._table,
                Key={"stream": {"S": str(stream)}, "cohort": {"S": f"{DEFERRED}{hour_text(seconds // 3_600)}"}},
                UpdateExpression="ADD deferred :count SET expires = :expires",
                ExpressionAttributeValues={
                    ":count": {"N": str(count)},
                    ":expires": {"N": str(seconds + _KEPT_SECONDS)},
                },
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"]["deferred"]["N"])
