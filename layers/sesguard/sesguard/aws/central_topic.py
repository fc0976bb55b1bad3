"""The topic on which the operator of all guards hears of them."""

from __future__ import annotations

from typing import Final

from sesguard.aws.boto_types import SNSClient
from sesguard.aws.clients import calling

ACTIONS: Final = frozenset({"sns:Publish"})


class SnsCentralTopic:
    """The port ``CentralTopic``."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def tell(self, subject: str, text: str) -> None:
        with calling("Publish"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
