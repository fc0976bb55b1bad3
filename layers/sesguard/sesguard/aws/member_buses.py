"""Whom the centre tells: the buses of the guards of other accounts and regions, and the operator's topic."""

from __future__ import annotations

import json
from typing import Final

from sesguard.aws.boto_types import EventBridgeClient, SNSClient
from sesguard.aws.clients import Clients, calling
from sesguard.bus.events import CENTRE, Event
from sesguard.errors import AwsError
from sesguard.members.member import Member

ACTIONS: Final = frozenset({"events:PutEvents", "sns:Publish"})
_RETRYABLE: Final = frozenset({"InternalFailure", "ThrottlingException"})
"""https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsResultEntry.html"""


class EventMemberBuses:
    """The port ``MemberBuses`` over EventBridge: a guard's bus is called like its stack. partition: such as aws."""

    def __init__(self, clients: Clients, partition: str) -> None:
        self._clients = clients
        self._partition = partition
        self._by_region: dict[str, EventBridgeClient] = {}

    def put(self, member: Member, event: Event) -> None:
        bus = f"arn:{self._partition}:events:{member.region}:{member.account}:event-bus/{member.stack}"
        # A bus in another account is named by its ARN, to the endpoint of its own region.
        client = self._by_region.get(member.region) or self._client(member.region)
        with calling("PutEvents"):
            answer = client.put_events(
                Entries=[
                    {
                        "EventBusName": bus,
                        "Source": CENTRE,
                        "DetailType": event["type"],
                        "Detail": json.dumps(event["detail"]),
                    }
                ]
            )
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode", "Unknown")
            raise AwsError("PutEvents", code, retryable=code in _RETRYABLE)

    def _client(self, region: str) -> EventBridgeClient:
        client: EventBridgeClient = self._clients.make("events", region)
        self._by_region[region] = client
        return client


class SnsCentralTopic:
    """The port ``CentralTopic``: where the operator of all guards hears of them."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def tell(self, subject: str, text: str) -> None:
        with calling("Publish"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
