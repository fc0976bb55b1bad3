"""Who works alone: an item of TurnsTable in line ``serving``, with ``holder``, and ``until`` when it is theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import time
from typing import Any, Final
from uuid import uuid4

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.tables.table import TableAdapter

ACTIONS: Final = frozenset({"dynamodb:UpdateItem"})
# Longer than one turn takes, with every call of it tried three times; as long is lost where whoever holds it dies.
HELD_SECONDS: Final = 30


class Lease(TableAdapter):
    """One worker's hold of ``place``. clock: epoch seconds."""

    def __init__(self, client: DynamoDBClient, table: str, place: str, clock: Callable[[], float] = time) -> None:
        super().__init__(client, table)
        self._key = {"line": {"S": "serving"}, "place": {"S": place}}
        self._clock = clock
        self._me = str(uuid4())

    def take(self) -> bool:
        """Hold it, or hold it for another while; False where another one does. Raises AwsError."""
        now = self._clock()
        values = {":me": {"S": self._me}, ":until": {"N": f"{now + HELD_SECONDS:.3f}"}, ":now": {"N": f"{now:.3f}"}}
        free = "attribute_not_exists(holder) OR holder = :me OR #until < :now"
        return self._write("SET holder = :me, #until = :until", free, values)

    def leave(self) -> None:
        """Let somebody else hold it. Raises AwsError."""
        self._write("REMOVE holder, #until", "holder = :me", {":me": {"S": self._me}})

    def _write(self, update: str, condition: str, values: Mapping[str, Any]) -> bool:
        """Write who holds it if ``condition`` holds; whether it did."""
        return self._update_if(
            Key=self._key,
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues=values,
        )
