"""Every stream that is on record, and whose it is: StreamsTable, scanned in segments at once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.workers import Workers
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Scan"})
_SEGMENTS: Final = 4
_NAMES: Final = {"#stream": "stream", "#tenant": "tenant", "#gone": "offboarded"}

_log = logging.getLogger(__name__)


def streams_on_record(client: DynamoDBClient, table: str, workers: Workers) -> Mapping[StreamId, str]:
    """Read the tenant of each stream, "" for nobody's; those that have left the registry are left out.

    Eventually consistent, at half the price. Raises AwsError.
    """
    found: dict[StreamId, str] = {}

    def scan(segment: int) -> None:
        pages = client.get_paginator("scan").paginate(
            TableName=table,
            ProjectionExpression=", ".join(_NAMES),
            ExpressionAttributeNames=_NAMES,
            Segment=segment,
            TotalSegments=_SEGMENTS,
        )
        with calling("Scan"):
            for page in pages:
                found.update(entry for item in page["Items"] if (entry := _entry(item)) is not None)

    workers.each(scan, range(_SEGMENTS))
    return found


def _entry(item: Mapping[str, Any]) -> tuple[StreamId, str] | None:
    try:
        stream = StreamId.parse(item["stream"]["S"])
    except ValueError as error:
        _log.warning("StreamsTable: %s", error)
        return None
    return (stream, item.get("tenant", {}).get("S", "")) if stream.attributed and "offboarded" not in item else None
