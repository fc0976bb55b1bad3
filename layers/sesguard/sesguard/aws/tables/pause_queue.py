"""Who waits for SES, in TurnsTable: ``line`` is ``waiting``, and ``place`` sorts as their turns come.

A place holds ``stream``, ``urgency``, ``at`` and ``said`` (JSON: what the message said), and expires by itself. Who
serves is one more item, ``serving`` (:mod:`sesguard.aws.tables.lease`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sesguard.aws.clients import calling
from sesguard.aws.tables.lease import Lease
from sesguard.bus.events import iso
from sesguard.pausing.decide import Alarm
from sesguard.pausing.record import QueuedAlarm
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEPT_SECONDS: Final = 14 * 86_400  # as long as a queue keeps a message
_WAITING: Final = {"S": "waiting"}
_HIGHEST: Final = 1e6


class DynamoPausesWaiting:
    """Whether anybody waits for a pause, for those who give way to them."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def any(self) -> bool:
        """Look. Raises AwsError."""
        with calling("Query"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="line = :waiting",
                ExpressionAttributeValues={":waiting": _WAITING},
                ConsistentRead=True,
                Limit=1,
            )
        return bool(answer["Items"])


class DynamoPauseQueue:
    """The port ``Turns`` over DynamoDB. clock: epoch seconds."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem"})

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._lease = Lease(client, table, "ses", clock)

    def enqueue(self, turn: QueuedAlarm) -> None:
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
        with calling("PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def worst(self, most: int) -> Sequence[QueuedAlarm]:
        with calling("Query"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="line = :waiting",
                ExpressionAttributeValues={":waiting": _WAITING},
                ConsistentRead=True,
                Limit=most,
            )
        return [_turn(item) for item in answer["Items"]]

    def served(self, turn: QueuedAlarm) -> None:
        with calling("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=_place(turn))

    def take(self) -> bool:
        return self._lease.take()

    def leave(self) -> None:
        self._lease.leave()


def _place(turn: QueuedAlarm) -> dict[str, Any]:
    """The higher the urgency, the earlier the key sorts; of equals, whoever came first."""
    rank = _HIGHEST - min(turn.urgency, _HIGHEST)
    return {"line": _WAITING, "place": {"S": f"{rank:014.6f}#{iso(turn.alarm.at)}#{turn.stream}"}}


def _turn(item: Mapping[str, Any]) -> QueuedAlarm:
    said = json.loads(item["said"]["S"])
    alarm = Alarm(AlarmValue(said["value"]), datetime.fromisoformat(item["at"]["S"]), said["measured"])
    return QueuedAlarm(StreamId.parse(item["stream"]["S"]), float(item["urgency"]["N"]), alarm, said["about"])
