"""TenantsTable, to look at only: whoever makes SES so writes nothing into the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.aws.dynamodb import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:GetItem", "dynamodb:Scan"})


class DynamoRegistryItems:
    """The port ``RegistryItems`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def item(self, name: str) -> Mapping[str, Any] | None:
        try:
            answer = self._client.get_item(TableName=self._table, Key={"id": {"S": name}}, ConsistentRead=True)
        except (ClientError, BotoCoreError) as error:
            raise aws_error("GetItem", error) from None
        return plain_item(answer["Item"]) if "Item" in answer else None

    def items(self) -> Iterator[Mapping[str, Any]]:
        try:
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                yield from (plain_item(item) for item in page["Items"])
        except (ClientError, BotoCoreError) as error:
            raise aws_error("Scan", error) from None
