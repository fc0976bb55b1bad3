"""The standing of the account with SES, and what of it is known: an item of TurnsTable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import Clients, aws_error

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
        try:
            return self._clients.sesv2.get_account().get("EnforcementStatus", "")
        except (ClientError, BotoCoreError) as error:
            raise aws_error("GetAccount", error) from None

    def known(self) -> str:
        try:
            item = self._clients.dynamodb.get_item(TableName=self._table, Key=_KEY, ConsistentRead=True).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise aws_error("GetItem", error) from None
        return item["status"]["S"] if item else ""

    def note(self, status: str) -> None:
        try:
            self._clients.dynamodb.put_item(TableName=self._table, Item={**_KEY, "status": {"S": status}})
        except (ClientError, BotoCoreError) as error:
            raise aws_error("PutItem", error) from None
