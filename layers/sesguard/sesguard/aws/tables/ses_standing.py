"""The standing of the account with SES, and what of it is known: items of TurnsTable."""

from __future__ import annotations

from typing import Any, Final

from sesguard.account.quota import AccountNow
from sesguard.aws.clients import Clients, calling
from sesguard.aws.tables.table import TableAdapter

ACTIONS: Final = frozenset({"ses:GetAccount", "dynamodb:GetItem", "dynamodb:PutItem"})
_KEY: Final[Any] = {"line": {"S": "account"}, "place": {"S": "enforcement"}}
_QUOTA: Final[Any] = {"line": {"S": "account"}, "place": {"S": "quota"}}


class SesStanding(TableAdapter):
    """The port ``Enforcement`` over SES and DynamoDB."""

    def __init__(self, clients: Clients, table: str) -> None:
        super().__init__(clients.dynamodb, table)
        self._clients = clients

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
        status: str = self._get(_KEY).get("status", {}).get("S", "")
        return status

    def note(self, status: str) -> None:
        self._put({**_KEY, "status": {"S": status}})

    def quota_told(self) -> float:
        return float(self._get(_QUOTA).get("told", {}).get("N", "0"))

    def note_quota(self, level: float) -> None:
        self._put({**_QUOTA, "told": {"N": str(level)}})
