"""What has been sent is remembered in IdempotencyTable, laid out as Powertools' idempotency does.

Earlier versions left it to Powertools, which drags boto3 in. What they wrote is read here, and the other way round.
https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling, calling_unless
from sesguard.errors import AwsError
from sesguard.notify.notification import REMEMBERED

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"})
_FREE: Final = (
    "attribute_not_exists(#id) OR #expires < :now"
    " OR (#status = :running AND attribute_exists(#until) AND #until < :now_ms)"
)
_NAMES: Final = {"#id": "id", "#expires": "expiration", "#status": "status", "#until": "in_progress_expiration"}
_RUNNING: Final = {"S": "INPROGRESS"}
_DONE: Final = {"S": "COMPLETED"}
_TAKEN: Final = "ConditionalCheckFailedException"


class Invocation(Protocol):
    """What is asked of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """How long the invocation may still take."""


class DynamoOnce:
    """The port ``Once``. After a crash in the middle of an action, it is run again once its time is over."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._left_ms = 0

    def register(self, context: Invocation) -> None:
        """Tell how much time this invocation has left: an action that is cut off may run again after that."""
        self._left_ms = context.get_remaining_time_in_millis()

    def do(self, key: str, action: Callable[[], None]) -> None:
        item_key = {"id": {"S": item_id(key)}}
        if not self._claim(item_key):
            return
        try:
            action()
        except Exception:
            self._call("DeleteItem", "delete_item", Key=item_key)
            raise
        self._call(
            "UpdateItem",
            "update_item",
            Key=item_key,
            UpdateExpression="SET #status = :done, #expires = :expires, #data = :data",
            ExpressionAttributeNames={"#status": "status", "#expires": "expiration", "#data": "data"},
            ExpressionAttributeValues={":done": _DONE, ":expires": self._expires(), ":data": {"S": "null"}},
        )

    def _claim(self, item_key: dict[str, Any]) -> bool:
        """Whether the action is to be run now. False where it was; raises AwsError where another one runs it."""
        now = time.time()
        item = {
            **item_key,
            "expiration": self._expires(),
            "status": _RUNNING,
            "in_progress_expiration": {"N": str(int(now * 1_000) + self._left_ms)},
        }
        values = {":now": {"N": str(int(now))}, ":now_ms": {"N": str(int(now * 1_000))}, ":running": _RUNNING}
        with calling_unless("PutItem", _TAKEN):
            self._call(
                "PutItem",
                "put_item",
                Item=item,
                ConditionExpression=_FREE,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues=values,
            )
            return True
        found = self._call("GetItem", "get_item", Key=item_key, ConsistentRead=True).get("Item", {})
        if found.get("status") == _DONE:
            return False
        raise AwsError("Idempotency", "AlreadyInProgress", retryable=True)

    def _expires(self) -> dict[str, str]:
        return {"N": str(int(time.time() + REMEMBERED.total_seconds()))}

    def _call(self, operation: str, method: str, **request: Any) -> Any:  # noqa: ANN401  # as the service's
        """Raises AwsError, always of what passes: no channel is given up because of the guard's own trouble."""
        try:
            with calling(operation):
                return getattr(self._client, method)(TableName=self._table, **request)
        except AwsError as error:
            raise AwsError(error.operation, error.code, retryable=True) from None


def item_id(key: str) -> str:
    """Name the item as Powertools does."""
    return f"notice#{hashlib.md5(json.dumps(key).encode(), usedforsecurity=False).hexdigest()}"
