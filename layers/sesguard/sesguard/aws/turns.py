"""Who waits for SES, in TurnsTable: ``line`` is ``waiting``, and ``place`` sorts as their turns come.

A place holds ``stream``, ``urgency``, ``at`` and ``said`` (JSON: what the message said), and expires by itself. Who
serves is one more item, ``serving``: ``holder``, and ``until`` when it is theirs, in epoch seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import time
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.announcing import iso
from sesguard.aws.clients import aws_error
from sesguard.deciding.decide import Alarm, AlarmValue
from sesguard.ports.switch import Turn
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem", "dynamodb:UpdateItem"})
# Longer than one turn takes, with every call of it tried three times; as long is lost where whoever serves dies.
HELD_SECONDS: Final = 30
_KEPT_SECONDS: Final = 14 * 86_400  # as long as a queue keeps a message
_WAITING: Final = {"S": "waiting"}
_SERVING: Final = {"line": {"S": "serving"}, "place": {"S": "ses"}}
_HIGHEST: Final = 1e6


class DynamoTurns:
    """The port ``Turns`` over DynamoDB. clock: epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._me = str(uuid4())

    def line_up(self, turn: Turn) -> None:
        alarm = turn.alarm
        said = {"value": alarm.value, "measured": alarm.measured, "about": turn.about}
        item = {
            **_place(turn),
            "stream": {"S": str(turn.stream)},
            "urgency": {"N": f"{turn.urgency:.6f}"},
            "at": {"S": iso(alarm.at)},
            "said": {"S": json.dumps(said)},
            "expires": {"N": str(int(self._clock()) + _KEPT_SECONDS)},
        }
        try:
            self._client.put_item(TableName=self._table, Item=item)
        except (ClientError, BotoCoreError) as error:
            raise aws_error("PutItem", error) from None

    def worst(self, most: int) -> Sequence[Turn]:
        try:
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="line = :waiting",
                ExpressionAttributeValues={":waiting": _WAITING},
                ConsistentRead=True,
                Limit=most,
            )
        except (ClientError, BotoCoreError) as error:
            raise aws_error("Query", error) from None
        return [_turn(item) for item in answer["Items"]]

    def served(self, turn: Turn) -> None:
        try:
            self._client.delete_item(TableName=self._table, Key=_place(turn))
        except (ClientError, BotoCoreError) as error:
            raise aws_error("DeleteItem", error) from None

    def take(self) -> bool:
        now = self._clock()
        values = {":me": {"S": self._me}, ":until": {"N": f"{now + HELD_SECONDS:.3f}"}, ":now": {"N": f"{now:.3f}"}}
        free = "attribute_not_exists(holder) OR holder = :me OR #until < :now"
        return self._serving("SET holder = :me, #until = :until", free, values)

    def leave(self) -> None:
        self._serving("REMOVE holder, #until", "holder = :me", {":me": {"S": self._me}})

    def _serving(self, update: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Write who serves if ``condition`` holds; whether it did."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_SERVING,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#until": "until"},
                ExpressionAttributeValues=values,
            )
        except (ClientError, BotoCoreError) as error:
            failed = aws_error("UpdateItem", error)
            if failed.code == "ConditionalCheckFailedException":
                return False
            raise failed from None
        return True


def _place(turn: Turn) -> dict[str, Any]:
    """The higher the urgency, the earlier the key sorts; of equals, whoever came first."""
    rank = _HIGHEST - min(turn.urgency, _HIGHEST)
    return {"line": _WAITING, "place": {"S": f"{rank:014.6f}#{iso(turn.alarm.at)}#{turn.stream}"}}


def _turn(item: Mapping[str, Any]) -> Turn:
    said = json.loads(item["said"]["S"])
    alarm = Alarm(AlarmValue(said["value"]), datetime.fromisoformat(item["at"]["S"]), said["measured"])
    return Turn(StreamId.parse(item["stream"]["S"]), float(item["urgency"]["N"]), alarm, said["about"])
