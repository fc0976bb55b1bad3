"""Contacts that bounced or complained, in IdempotencyTable: ``contact/FINGERPRINT``, ``what``, and until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sesguard.aws.tables.table import TableAdapter

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})


class DynamoBadContacts(TableAdapter):
    """The port ``BadContacts`` over DynamoDB."""

    def among(self, contacts: Collection[str], now: datetime) -> Collection[str]:
        return {contact for contact in contacts if self._until(contact) > now.timestamp()}

    def mark(self, contact: str, what: str, until: datetime) -> None:
        expiration = {"N": str(int(until.timestamp()))}
        self._put_if(
            Item={**_key(contact), "what": {"S": what}, "expiration": expiration},
            ConditionExpression="attribute_not_exists(id) OR expiration < :until",
            ExpressionAttributeValues={":until": expiration},
        )

    def _until(self, contact: str) -> int:
        """Seconds since 1970; DynamoDB removes what is over within a few days only."""
        return int(self._get(_key(contact), consistent=False).get("expiration", {}).get("N", "0"))


def _key(contact: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": f"contact/{contact}"}}
