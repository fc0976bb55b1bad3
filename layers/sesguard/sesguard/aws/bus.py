"""The guard's events go to a bus of its own, where anything else may follow them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sesguard.aws.clients import calling
from sesguard.bus.events import SOURCE
from sesguard.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ACTIONS: Final = frozenset({"events:PutEvents"})
MOST_EVENTS: Final = 10  # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
MOST_BYTES: Final = 240_000
"""Of one call, with room for what EventBridge counts beside: 256 KB, and 1 MB where it has been raised.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
"""


class EventBus:
    """The port ``Bus`` over EventBridge."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        for entries in _batches([(event["type"], json.dumps(event["detail"])) for event in events]):
            self._put(entries)

    def _put(self, entries: Sequence[tuple[str, str]]) -> None:
        with calling("PutEvents"):
            answer = self._client.put_events(
                Entries=[
                    {"EventBusName": self._name, "Source": SOURCE, "DetailType": kind, "Detail": detail}
                    for kind, detail in entries
                ]
            )
        if answer["FailedEntryCount"]:  # some were accepted; all come again, and readers know them by their id
            code = next(entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry)
            raise AwsError("PutEvents", code, retryable=True)


def _batches(entries: Sequence[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    """Types and details, as many as one call takes."""
    batch: list[tuple[str, str]] = []
    size = 0
    for kind, detail in entries:
        length = len(SOURCE) + len(kind) + len(detail.encode())
        if batch and (len(batch) == MOST_EVENTS or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((kind, detail))
        size += length
    if batch:
        yield batch
