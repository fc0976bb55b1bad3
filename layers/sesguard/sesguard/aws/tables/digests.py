"""What keeps a flood from the operator, in DigestsTable.

``flood``/``record``: the record (JSON) and its version. ``event/ID``/``decided``: the digest that an event is kept for,
"" where it is told at once. DIGEST/EVENT: the event, as it came. The last two expire.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec

from sesguard.aws.clients import calling
from sesguard.aws.conditional import lost, write_still
from sesguard.aws.query import query_all
from sesguard.aws.readable import read_or
from sesguard.aws.tables.table import TableAdapter
from sesguard.errors import AwsError, ConflictError
from sesguard.notify.digest_policy import DigestState
from sesguard.notify.notification import REMEMBERED

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})
_RECORD: Final = {"digest": {"S": "flood"}, "event": {"S": "record"}}


class DynamoDigests(TableAdapter):
    """The port ``Digests`` over DynamoDB."""

    def decided(self, event: str) -> str | None:
        item = self._get({"digest": {"S": f"event/{event}"}, "event": {"S": "decided"}})
        return item["held"]["S"] if item else None

    def load(self) -> tuple[DigestState, int]:
        item = self._get(_RECORD)
        if not item:
            return DigestState(), 0
        version = int(item.get("version", {}).get("N", "0"))
        # Else nobody would be told of anything any more. Begun anew, what is kept for a digest stays, and whoever was
        # asked to wake it does.
        read = partial(_state, item)
        return read_or(DigestState(), "the record of the flood", read), version

    def decide(self, before: int, after: DigestState, event: str, digest: str, body: str) -> None:
        expires = {"expires": {"N": str(int(time.time() + REMEMBERED.total_seconds()))}}
        decided = {"digest": {"S": f"event/{event}"}, "event": {"S": "decided"}, "held": {"S": digest}, **expires}
        new = {"ConditionExpression": "attribute_not_exists(digest)"}
        puts: list[dict[str, Any]] = [self._record(before, after), {"Item": decided, **new}]
        if digest:
            puts.append({"Item": {"digest": {"S": digest}, "event": {"S": event}, "body": {"S": body}, **expires}})
        items: list[Any] = [{"Put": {"TableName": self._table, **put}} for put in puts]
        try:
            with calling("TransactWriteItems"):
                self._client.transact_write_items(TransactItems=items)
        except AwsError as error:
            raise (ConflictError("the record of the flood") if lost(error) else error) from None

    def save(self, before: int, after: DigestState) -> None:
        request = {"TableName": self._table, **self._record(before, after)}
        write_still("the record of the flood", "PutItem", self._client.put_item, **request)

    def held(self, digest: str) -> Sequence[str]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "digest = :digest",
            "ExpressionAttributeValues": {":digest": {"S": digest}},
            "ConsistentRead": True,
        }
        return [item["body"]["S"] for item in query_all(self._client, request)]

    @staticmethod
    def _record(before: int, after: DigestState) -> dict[str, Any]:
        item = {
            **_RECORD,
            "flood": {"S": msgspec.json.encode(after).decode()},
            "version": {"N": str(before + 1)},
        }
        if not before:
            return {"Item": item, "ConditionExpression": "attribute_not_exists(version)"}
        values = {":before": {"N": str(before)}}
        return {"Item": item, "ConditionExpression": "version = :before", "ExpressionAttributeValues": values}


def _state(item: dict[str, Any]) -> DigestState:
    return msgspec.json.decode(item["flood"]["S"], type=DigestState)
