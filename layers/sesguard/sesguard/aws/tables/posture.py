"""PostureTable: what is kept of each identity between looks, as one JSON text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from sesguard.aws.clients import calling
from sesguard.posture.changes import PostureRecord

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS: Final = 60 * 86_400
"""After the last look: an identity that is gone for two months is forgotten."""
_A_BATCH: Final = 100  # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_TRIES: Final = 5


class DynamoPostureStore:
    """The port ``PostureStore`` over DynamoDB. clock: epoch seconds."""

    ACTIONS: ClassVar = frozenset({"dynamodb:BatchGetItem", "dynamodb:PutItem"})

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def load(self, names: Sequence[str]) -> Mapping[str, PostureRecord]:
        found: dict[str, PostureRecord] = {}
        wanted = list(dict.fromkeys(names))
        for start in range(0, len(wanted), _A_BATCH):
            found |= self._batch(wanted[start : start + _A_BATCH])
        return found

    def save(self, record: PostureRecord) -> None:
        item = {
            "identity": {"S": record.name},
            "document": {"S": msgspec.json.encode(record).decode()},
            "effect": {"S": record.effect or "unknown"},
            "expires": {"N": str(int(self._clock()) + KEPT_SECONDS)},
        }
        with calling("PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def _batch(self, names: Sequence[str]) -> dict[str, PostureRecord]:
        """Read up to a hundred; what DynamoDB leaves over is asked for again."""
        left: list[Any] = [{"identity": {"S": name}} for name in names]
        found: dict[str, PostureRecord] = {}
        for _ in range(_TRIES):
            if not left:
                return found
            with calling("BatchGetItem"):
                answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": left, "ConsistentRead": True}})
            for item in answer["Responses"].get(self._table, ()):
                record = msgspec.json.decode(item["document"]["S"], type=PostureRecord)
                found[record.name] = record
            unprocessed: Mapping[str, Any] = answer.get("UnprocessedKeys") or {}
            left = list(unprocessed[self._table]["Keys"]) if self._table in unprocessed else []
        return found
