"""PostureTable: what is kept of each identity between looks, as one JSON text.

The item ``@without_default_set`` has the names of those that lack a default configuration set, at most MOST_LISTED.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import time
from typing import Any, ClassVar, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.query import MOST_KEYS, get_batch
from sesguard.aws.readable import read_or
from sesguard.aws.tables.table import TableAdapter
from sesguard.posture.changes import PostureRecord

KEPT_SECONDS: Final = 60 * 86_400
"""After the last look: an identity that is gone for two months is forgotten."""
_WITHOUT_DEFAULT_SET: Final[Any] = {"identity": {"S": "@without_default_set"}}
MOST_LISTED: Final = 1_000
"""Names: a hundred bytes each, of the 400 KB that an item may have."""


class DynamoPostureStore(TableAdapter):
    """The port ``PostureStore`` over DynamoDB. clock: epoch seconds."""

    ACTIONS: ClassVar = frozenset(
        {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem"}
    )

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time) -> None:
        super().__init__(client, table)
        self._clock = clock

    def load(self, names: Sequence[str]) -> Mapping[str, PostureRecord]:
        found: dict[str, PostureRecord] = {}
        wanted = list(dict.fromkeys(names))
        for start in range(0, len(wanted), MOST_KEYS):
            keys = [{"identity": {"S": name}} for name in wanted[start : start + MOST_KEYS]]
            for item in get_batch(self._client, self._table, keys):
                record = read_or(None, f"posture of {item['identity']['S']}", partial(_record, item))
                if record is not None:  # else it is looked at anew, and written so
                    found[record.name] = record
        return found

    def save(self, record: PostureRecord) -> None:
        item = {
            "identity": {"S": record.name},
            "document": {"S": msgspec.json.encode(record).decode()},
            "effect": {"S": record.effect or "unknown"},
            "expires": {"N": str(int(self._clock()) + KEPT_SECONDS)},
        }
        self._put(item)

    def note_without_default_set(self, name: str, *, lacks: bool) -> None:
        values: dict[str, Any] = {":name": {"SS": [name]}}
        more: dict[str, Any] = {}
        if lacks:
            values[":most"] = {"N": str(MOST_LISTED)}
            more = {"ConditionExpression": "attribute_not_exists(#names) OR size(#names) < :most"}
        self._update_if(
            Key=_WITHOUT_DEFAULT_SET,
            UpdateExpression=f"{'ADD' if lacks else 'DELETE'} #names :name",
            ExpressionAttributeNames={"#names": "names"},
            ExpressionAttributeValues=values,
            **more,
        )

    def without_default_set(self) -> frozenset[str]:
        return frozenset(self._get(_WITHOUT_DEFAULT_SET, consistent=False).get("names", {}).get("SS", ()))


def _record(item: Mapping[str, Any]) -> PostureRecord:
    return msgspec.json.decode(item["document"]["S"], type=PostureRecord)
