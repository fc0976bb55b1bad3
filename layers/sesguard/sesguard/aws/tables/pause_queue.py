"""Who waits for SES, in TurnsTable: ``line`` is ``waiting``, and ``place`` sorts as their turns come.

A place holds ``stream``, ``urgency``, ``at`` and ``said`` (JSON: what the message said), and expires by itself. Who
serves is one more item, ``serving`` (:mod:`sesguard.aws.tables.lease`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from time import time
from typing import Any, ClassVar, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.tables.lease import Lease
from sesguard.aws.tables.table import TableAdapter
from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import iso
from sesguard.pausing.decision import Alarm, PauseElsewhere
from sesguard.pausing.record import QueuedAlarm
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

_KEPT_SECONDS: Final = 14 * 86_400  # as long as a queue keeps a message
_WAITING: Final = {"S": "waiting"}
_HIGHEST: Final = 1e6
_LOOKED_AT: Final = 10  # of the first, to know whether anybody waits

_log = logging.getLogger(__name__)


class DynamoPausesWaiting(TableAdapter):
    """Whether anybody waits for a pause, for those who give way to them."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def any(self) -> bool:
        """Look. What this version cannot read waits for nothing that it could wait for. Raises AwsError."""
        with calling("Query"):
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="line = :waiting",
                ExpressionAttributeValues={":waiting": _WAITING},
                ConsistentRead=True,
                Limit=_LOOKED_AT,
            )
        return any(_read(item) is not None for item in answer["Items"])


class DynamoPauseQueue(TableAdapter):
    """The port ``PauseQueue`` over DynamoDB. clock: epoch seconds."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem", "dynamodb:Query", "dynamodb:DeleteItem"})

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time) -> None:
        super().__init__(client, table)
        self._clock = clock
        self._lease = Lease(client, table, "ses", clock)

    def enqueue(self, queued: QueuedAlarm) -> None:
        alarm = queued.alarm
        said: dict[str, Any] = {"about": queued.about}
        if isinstance(alarm, PauseElsewhere):
            said["elsewhere"] = msgspec.to_builtins(alarm.pause)
        else:
            said |= {"value": alarm.value, "measured": alarm.own}
        item = {
            **_key(queued),
            "stream": {"S": str(queued.stream)},
            "urgency": {"N": f"{queued.urgency:.6f}"},
            "at": {"S": iso(alarm.at)},
            "said": {"S": json.dumps(said)},
            "expires": {"N": str(int(self._clock()) + _KEPT_SECONDS)},
        }
        self._put(item)

    def worst(self, most: int) -> Sequence[QueuedAlarm]:
        found: list[QueuedAlarm] = []
        start: dict[str, Any] = {}
        while True:
            with calling("Query"):
                answer = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="line = :waiting",
                    ExpressionAttributeValues={":waiting": _WAITING},
                    ConsistentRead=True,
                    Limit=most - len(found),
                    **start,
                )
            found += [queued for item in answer["Items"] if (queued := _read(item)) is not None]
            if len(found) >= most or "LastEvaluatedKey" not in answer:
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def served(self, queued: QueuedAlarm) -> None:
        self._delete(_key(queued))

    def take(self) -> bool:
        return self._lease.take()

    def leave(self) -> None:
        self._lease.leave()


def _key(queued: QueuedAlarm) -> dict[str, Any]:
    """The higher the urgency, the earlier the key sorts; of equals, whoever came first."""
    rank = _HIGHEST - min(queued.urgency, _HIGHEST)
    of = "#elsewhere" if isinstance(queued.alarm, PauseElsewhere) else ""  # takes no alarm's place
    return {"line": _WAITING, "place": {"S": f"{rank:014.6f}#{iso(queued.alarm.at)}#{queued.stream}{of}"}}


def _read(item: Mapping[str, Any]) -> QueuedAlarm | None:
    """An alarm that waits; None, and a line in the log, for what this version cannot read: it lets the others pass."""
    try:
        said = json.loads(item["said"]["S"])
        stream, urgency = StreamId.parse(item["stream"]["S"]), float(item["urgency"]["N"])
        if "elsewhere" in said:
            there = msgspec.convert(said["elsewhere"], PausedElsewhere)
            return QueuedAlarm(stream, urgency, PauseElsewhere(there), said["about"])
        name = said["about"].get("alarm", {})
        own = bool(said["measured"] or name.get("own"))  # versions before said measured of some of the guard's own
        at = datetime.fromisoformat(item["at"]["S"])
        alarm = Alarm(AlarmValue(said["value"]), at, name.get("name", ""), own=own)
        return QueuedAlarm(stream, urgency, alarm, said["about"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        _log.error("queued alarm %s: %s", item.get("place"), error)
        return None
