"""One table of DynamoDB, as its adapters call it. What fails raises AwsError."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if


class TableAdapter:
    """Base of what reads and writes ``table``."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def _get(self, key: Mapping[str, Any], *, consistent: bool = True, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # as the service's
        """Read an item; {} where there is none."""
        with calling("GetItem"):
            answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=consistent, **more)
        return answer.get("Item", {})

    def _put(self, item: Mapping[str, Any]) -> None:
        with calling("PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def _delete(self, key: Mapping[str, Any]) -> None:
        with calling("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=key)

    def _put_if(self, **request: Any) -> bool:  # noqa: ANN401  # as the service's
        """Put an item; whether the condition in ``request`` held."""
        return write_if("PutItem", self._client.put_item, TableName=self._table, **request)

    def _update_if(self, **request: Any) -> bool:  # noqa: ANN401  # as the service's
        """Update an item; whether the condition in ``request`` held."""
        return write_if("UpdateItem", self._client.update_item, TableName=self._table, **request)

    def _scan(self, **more: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401  # as the service's
        """Read every item, page by page."""
        with calling("Scan"):
            for page in self._client.get_paginator("scan").paginate(TableName=self._table, **more):
                yield from page["Items"]
