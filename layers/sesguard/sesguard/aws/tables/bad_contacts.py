"""Contacts that bounced or complained, in IdempotencyTable: ``contact/FINGERPRINT``, ``what``, and until when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:PutItem"})


class DynamoBadContacts:
    """The port ``BadContacts`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def among(self, contacts: Collection[str], now: datetime) -> Collection[str]:
        return {contact for contact in contacts if self._until(contact) > now.timestamp()}

    def mark(self, contact: str, what: str, until: datetime) -> None:
        expiration = {"N": str(int(until.timestamp()))}
        write_if(
            "PutItem",
            self._client.put_item,
            TableName=self._table,
            Item={**_key(contact), "what": {"S": what}, "expiration": expiration},
            ConditionExpression="attribute_not_exists(id) OR expiration < :until",
            ExpressionAttributeValues={":until": expiration},
        )

    def _until(self, contact: str) -> int:
        """Seconds since 1970; DynamoDB removes what is over within a few days only."""
        with calling("GetItem"):
            item = self._client.get_item(TableName=self._table, Key=_key(contact)).get("Item", {})
        return int(item.get("expiration", {}).get("N", "0"))


def _key(contact: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": f"contact/{contact}"}}
