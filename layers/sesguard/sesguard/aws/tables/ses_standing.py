"""The standing of the account with SES, and what of it is known: items of TurnsTable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from sesguard.account.quota import AccountNow
from sesguard.aws.boto_types import AttributeValueTypeDef
from sesguard.aws.clients import Clients, calling

ACTIONS: Final = frozenset({"ses:GetAccount", "dynamodb:GetItem", "dynamodb:PutItem"})
Key: TypeAlias = "dict[str, AttributeValueTypeDef]"
_KEY: Final[Key] = {"line": {"S": "account"}, "place": {"S": "enforcement"}}
_QUOTA: Final[Key] = {"line": {"S": "account"}, "place": {"S": "quota"}}


class SesStanding:
    """The port ``Enforcement`` over SES and DynamoDB."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients = clients
        self._table = table

    def ask(self) -> AccountNow:
        with calling("GetAccount"):
            answer = self._clients.sesv2.get_account()
        quota = answer.get("SendQuota") or {}
        return AccountNow(
            answer.get("EnforcementStatus", ""),
            float(quota.get("SentLast24Hours", 0.0)),
            float(quota.get("Max24HourSend", -1.0)),
        )

    def known(self) -> str:
        item = self._item(_KEY)
        return item["status"]["S"] if item else ""

    def note(self, status: str) -> None:
        self._put({**_KEY, "status": {"S": status}})

    def quota_told(self) -> float:
        item = self._item(_QUOTA)
        return float(item["told"]["N"]) if item else 0.0

    def note_quota(self, level: float) -> None:
        self._put({**_QUOTA, "told": {"N": str(level)}})

    def _item(self, key: Key) -> Mapping[str, Any] | None:
        with calling("GetItem"):
            return self._clients.dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")

    def _put(self, item: Key) -> None:
        with calling("PutItem"):
            self._clients.dynamodb.put_item(TableName=self._table, Item=item)
