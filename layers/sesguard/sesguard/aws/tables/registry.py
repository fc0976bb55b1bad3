"""TenantsTable: the tenants, and the reserved items of policies, pools and the operator's channels.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error, calling
from sesguard.aws.dynamodb import attributes, plain_item
from sesguard.errors import AwsError, ConflictError
from sesguard.posture.owner import IdentityOwner, owners_of, tenants_of
from sesguard.stream import StreamId
from sesguard.tenants.items import KEYS
from sesguard.tenants.model import TenantEntry
from sesguard.tenants.snapshot import registered
from sesguard.tenants.stored import Stored

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
from collections.abc import Iterator
from typing import TYPE_CHECKING


class DynamoRegistry:
    """The port ``RegistryStore`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> Mapping[str, Stored]:
        found = {}
        request: dict[str, Any] = {"TableName": self._table, "ConsistentRead": True}
        with calling("Scan"):
            while True:
                page = self._client.scan(**request)
                found.update({item["id"]["S"]: Stored(plain_item(item), item) for item in page["Items"]})
                if "LastEvaluatedKey" not in page:
                    return found
                request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def find(self, item: str) -> Stored | None:
        with calling("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key={"id": {"S": item}}, ConsistentRead=True)
        raw = answer.get("Item")
        return Stored(plain_item(raw), raw) if raw else None

    def put(self, document: Mapping[str, Any], was: Stored | None) -> None:
        try:
            self._client.put_item(TableName=self._table, Item=attributes(document), **_still(was))
        except (ClientError, BotoCoreError) as error:
            raise _lost(document["id"], "PutItem", error) from None

    def remove(self, was: Stored) -> None:
        key = {"id": was.raw["id"]}
        try:
            self._client.delete_item(TableName=self._table, Key=key, **_still(was))
        except (ClientError, BotoCoreError) as error:
            raise _lost(was.raw["id"]["S"], "DeleteItem", error) from None


def _still(was: Stored | None) -> dict[str, Any]:
    """The condition that the item is as it was read: each attribute the same, and none added that means anything."""
    if was is None:
        return {"ConditionExpression": "attribute_not_exists(id)"}
    same, added = sorted(was.raw), sorted(KEYS - was.raw.keys())
    names = {f"#{place}": name for place, name in enumerate([*same, *added])}
    terms = [f"#{place} = :{place}" for place in range(len(same))]
    terms += [f"attribute_not_exists(#{place})" for place in range(len(same), len(names))]
    return {
        "ConditionExpression": " AND ".join(terms),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {f":{place}": was.raw[name] for place, name in enumerate(same)},
    }


def _lost(item: str, operation: str, error: ClientError | BotoCoreError) -> AwsError | ConflictError:
    failed = aws_error(operation, error)
    return ConflictError(item) if failed.code == "ConditionalCheckFailedException" else failed


class DynamoRegistryItems:
    """The port ``RegistryItems`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:GetItem", "dynamodb:Scan"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def item(self, name: str) -> Mapping[str, Any] | None:
        with calling("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key={"id": {"S": name}}, ConsistentRead=True)
        return plain_item(answer["Item"]) if "Item" in answer else None

    def items(self) -> Iterator[Mapping[str, Any]]:
        with calling("Scan"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True):
                yield from (plain_item(item) for item in page["Items"])


class DynamoIdentityOwners:
    """The port ``IdentityOwners`` over TenantsTable: an item that is not usable holds up no other."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Scan"})

    def __init__(self, client: DynamoDBClient, table: str, account: str, region: str) -> None:
        self._items = DynamoRegistryItems(client, table)
        self._account = account
        self._region = region

    def all(self) -> Mapping[str, IdentityOwner]:
        return owners_of(self._registered(), self._account, self._region)

    def tenants(self) -> Mapping[str, str]:
        return tenants_of(self._registered(), self._account, self._region)

    def _registered(self) -> Sequence[TenantEntry]:
        documents = {str(item["id"]): item for item in self._items.items()}
        home = StreamId(self._account, self._region, "")
        return registered(documents, home).registry.tenants
