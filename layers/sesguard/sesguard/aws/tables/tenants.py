"""The registry as telling people reads it: TenantsTable for tenants, StreamsTable for whose a stream is.

An item that is not quite right is read as far as it goes: register says what is wrong with it, and meanwhile its owner
has to be told all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.dynamodb import plain_item
from sesguard.aws.tables.table import TableAdapter
from sesguard.notify.channel import Channel, TenantContacts, channel_of
from sesguard.stream import StreamId
from sesguard.tenants.channels import not_own

ACTIONS: Final = frozenset({"dynamodb:GetItem"})
OPERATOR: Final = "@operator"
_RESERVED: Final = "@"


class DynamoTenants:
    """The port ``Tenants`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, tenants_table: str, streams_table: str = "") -> None:
        self._client = client
        self._tenants = tenants_table
        self._streams = streams_table

    def find(self, tenant: str) -> TenantContacts | None:
        if not tenant or tenant.startswith(_RESERVED):
            return None
        item = self._item(self._tenants, {"id": {"S": tenant}})
        if item is None:
            return None
        name = item.get("name")
        channels, unreadable = _channels(item, tenant)
        return TenantContacts(
            tenant, name if isinstance(name, str) else "", tuple(_contacts(item)), channels, unreadable
        )

    def tenant_of(self, stream: StreamId) -> str:
        tenant = (self._item(self._streams, {"stream": {"S": str(stream)}}) or {}).get("tenant")
        return tenant if isinstance(tenant, str) else ""

    def operators(self) -> Sequence[Channel]:
        return _channels(self._item(self._tenants, {"id": {"S": OPERATOR}}) or {})[0]

    def _item(self, table: str, key: dict[str, Any]) -> Mapping[str, Any] | None:
        with calling("GetItem"):
            item = self._client.get_item(TableName=table, Key=key).get("Item")
        return plain_item(item) if item is not None else None


class DynamoRegisteredStreams(TableAdapter):
    """The port ``RegisteredStreams`` over TenantsTable. home: the account and region of streams that name none."""

    ACTIONS: ClassVar = frozenset({"dynamodb:GetItem"})

    def __init__(self, client: DynamoDBClient, tenants_table: str, home: StreamId) -> None:
        super().__init__(client, tenants_table)
        self._home = home

    def streams_of(self, tenant: str) -> Sequence[StreamId]:
        if tenant.startswith(_RESERVED):
            return ()
        item = self._get({"id": {"S": tenant}}, consistent=False)
        return tuple(sorted(set(streams_in(plain_item(item), self._home))))


def streams_in(item: Mapping[str, Any], home: StreamId) -> Iterator[StreamId]:
    """The streams of a tenant's item, as far as it can be read."""
    listed = item.get("streams")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict):
            said = {"account": home.account, "region": home.region, **item, **entry}
            name = said.get("configuration_set")
            if isinstance(name, str) and name:
                yield StreamId(str(said["account"]), str(said["region"]), name)


def _contacts(item: Mapping[str, Any]) -> list[str]:
    listed = item.get("contacts")
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _channels(item: Mapping[str, Any], tenant: str = "") -> tuple[tuple[Channel, ...], int]:
    """The channels beside mail, and how many entries are none; those of a ``tenant`` name nothing but its own."""
    listed = item.get("channels")
    read = [_channel(one, tenant) for one in listed] if isinstance(listed, list) else []
    channels = tuple(channel for channel in read if channel is not None)
    return channels, len(read) - len(channels)


def _channel(entry: object, tenant: str) -> Channel | None:
    if not isinstance(entry, Mapping):
        return None
    channel = channel_of(entry)
    return None if channel is None or (tenant and not_own(tenant, entry)) else channel
