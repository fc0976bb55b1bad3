"""The registry of tenants: TenantsTable for their owners, StreamsTable for which stream is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.ports.telling import Tenant
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:GetItem"})


class DynamoTenants:
    """The port ``Tenants`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, tenants_table: str, streams_table: str) -> None:
        self._client = client
        self._tenants = tenants_table
        self._streams = streams_table

    def find(self, tenant: str) -> Tenant | None:
        item = self._item(self._tenants, {"id": {"S": tenant}})
        if item is None:
            return None
        contacts = item.get("contacts", {})
        listed = contacts.get("SS") or [one.get("S", "") for one in contacts.get("L", ())]
        return Tenant(tenant, item.get("name", {}).get("S", ""), tuple(listed))

    def tenant_of(self, stream: StreamId) -> str:
        item = self._item(self._streams, {"stream": {"S": str(stream)}}) or {}
        tenant: str = item.get("tenant", {}).get("S", "")
        return tenant

    def _item(self, table: str, key: dict[str, Any]) -> Mapping[str, Any] | None:
        try:
            return self._client.get_item(TableName=table, Key=key).get("Item")
        except (ClientError, BotoCoreError) as error:
            raise aws_error("GetItem", error) from None
