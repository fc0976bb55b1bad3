"""Whose every stream is, as both tables of the registry say, read as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.dynamodb import plain_item
from sesguard.costs.bill import BilledStream
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Scan"})
_RESERVED: Final = "@"
_ALWAYS: Final = "always"
_NAMES: Final = {"#stream": "stream", "#tenant": "tenant", "#alarm": "alarm"}


class Owners(NamedTuple):
    """names: of tenants by their ids, where they have one."""

    streams: dict[StreamId, BilledStream]
    names: dict[str, str]


def owners(client: DynamoDBClient, streams_table: str, tenants_table: str, home: StreamId) -> Owners:
    """Every stream that is on record. home: the account and region of those that name none. Raises AwsError."""
    tenants = [item for item in _scan(client, tenants_table) if not str(item["id"]).startswith(_RESERVED)]
    registered = {stream: known for item in tenants for stream, known in _registered(item, home)}
    streams: dict[StreamId, BilledStream] = {}
    for item in _scan(client, streams_table, ProjectionExpression=", ".join(_NAMES), ExpressionAttributeNames=_NAMES):
        stream = StreamId.parse(item["stream"])
        if stream.attributed:
            streams[stream] = registered.get(stream, BilledStream())._replace(
                tenant=str(item.get("tenant", "")), alarm_always=item.get("alarm") == _ALWAYS
            )
    return Owners(streams, {str(item["id"]): str(item.get("name", "")) for item in tenants})


def _registered(item: Mapping[str, Any], home: StreamId) -> Iterator[tuple[StreamId, BilledStream]]:
    """What a tenant's item says of its streams, as far as it can be read."""
    listed = item.get("streams")
    for stream in listed if isinstance(listed, list) else ():
        if isinstance(stream, dict):
            said = {**item, **stream}
            account, region = str(said.get("account", home.account)), str(said.get("region", home.region))
            events = said.get("events")
            deliveries = isinstance(events, list) and "delivery" in events
            known = BilledStream(ses_tenant=str(said.get("ses_tenant", "")), deliveries=deliveries)
            yield StreamId(account, region, str(said.get("configuration_set", ""))), known


def _scan(client: DynamoDBClient, table: str, **more: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  # as the service's
    with calling("Scan"):
        for page in client.get_paginator("scan").paginate(TableName=table, **more):
            yield from (plain_item(item) for item in page["Items"])
