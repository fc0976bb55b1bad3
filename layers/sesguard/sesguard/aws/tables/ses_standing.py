"""The standing of the account with SES, and what of it is known: an item of TurnsTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sesguard.aws.clients import Clients, calling

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

ACTIONS: Final = frozenset({"ses:GetAccount", "dynamodb:GetItem", "dynamodb:PutItem"})
_KEY: Final[dict[str, AttributeValueTypeDef]] = {"line": {"S": "account"}, "place": {"S": "enforcement"}}


class SesStanding:
    """The port ``Enforcement`` over SES and DynamoDB."""

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients = clients
        self._table = table

    def status(self) -> str:
        with calling("GetAccount"):
            return self._clients.sesv2.get_account().get("EnforcementStatus", "")

    def known(self) -> str:
        with calling("GetItem"):
            item = self._clients.dynamodb.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True).get("Item")
        return item["status"]["S"] if item else ""

    def note(self, status: str) -> None:
        with calling("PutItem"):
            self._clients.dynamodb.put_item(TableName=self._table, Item={**_KEY, "status": {"S": status}})
