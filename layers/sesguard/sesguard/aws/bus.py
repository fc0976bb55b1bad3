"""The guard's events go to a bus of its own, where anything else may follow them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sesguard.aws.boto_types import EventBridgeClient
from sesguard.aws.clients import calling
from sesguard.bus.events import SOURCE
from sesguard.errors import AwsError

ACTIONS: Final = frozenset({"events:PutEvents"})
MOST_EVENTS: Final = 10  # https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html


class EventBus:
    """The port ``Bus`` over EventBridge."""

    def __init__(self, client: EventBridgeClient, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(events), MOST_EVENTS):
            self._put(events[start : start + MOST_EVENTS])

    def _put(self, events: Sequence[Mapping[str, Any]]) -> None:
        with calling("PutEvents"):
            answer = self._client.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": SOURCE,
                        "DetailType": event["type"],
                        "Detail": json.dumps(event["detail"]),
                    }
                    for event in events
                ]
            )
        if answer["FailedEntryCount"]:  # some were accepted; all come again, and readers know them by their id
            code = next(entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry)
            raise AwsError("PutEvents", code, retryable=True)
