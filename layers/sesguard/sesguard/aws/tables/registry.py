"""TenantsTable: the tenants, and the reserved items of policies, pools and the operator's channels.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.conditional import write_still
from sesguard.aws.dynamodb import attributes, plain_item
from sesguard.aws.tables.table import TableAdapter
from sesguard.aws.tables.tenants import streams_in
from sesguard.posture.owner import IdentityOwner, owners_of, tenants_of
from sesguard.stream import StreamId
from sesguard.tenants.items import KEYS, RESERVED
from sesguard.tenants.model import TenantEntry
from sesguard.tenants.snapshot import registered
from sesguard.tenants.stored import Stored


class DynamoRegistry(TableAdapter):
    """The port ``RegistryStore`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"})

    def all(self) -> Mapping[str, Stored]:
        return {item["id"]["S"]: Stored(plain_item(item), item) for item in self._scan(ConsistentRead=True)}

    def find(self, item: str) -> Stored | None:
        raw = self._get({"id": {"S": item}})
        return Stored(plain_item(raw), raw) if raw else None

    def put(self, document: Mapping[str, Any], was: Stored | None) -> None:
        request = {"TableName": self._table, "Item": attributes(document), **_still(was)}
        write_still(document["id"], "PutItem", self._client.put_item, **request)

    def remove(self, was: Stored) -> None:
        item = was.raw["id"]
        request = {"TableName": self._table, "Key": {"id": item}, **_still(was)}
        write_still(item["S"], "DeleteItem", self._client.delete_item, **request)


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


class DynamoRegistryItems(TableAdapter):
    """The port ``RegistryItems`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:GetItem", "dynamodb:Scan"})

    def item(self, name: str) -> Mapping[str, Any] | None:
        item = self._get({"id": {"S": name}})
        return plain_item(item) if item else None

    def items(self) -> Iterator[Mapping[str, Any]]:
        return map(plain_item, self._scan(ConsistentRead=True))


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
        """The tenants that have streams here: of a registry for many accounts no more is held."""
        home = StreamId(self._account, self._region, "")
        documents = {str(item["id"]): item for item in self._items.items() if _concerns(item, home)}
        return registered(documents, home).registry.tenants


def _concerns(item: Mapping[str, Any], home: StreamId) -> bool:
    """Whether an item is a tenant's with a stream in ``home``, or what all may use."""
    return str(item["id"]).startswith(RESERVED) or any(it[:2] == home[:2] for it in streams_in(item, home))
