"""The topic on which the operator of all guards hears of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sesguard.aws.clients import calling

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

ACTIONS: Final = frozenset({"sns:Publish"})


class SnsCentralTopic:
    """The port ``CentralTopic``."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def tell(self, subject: str, text: str) -> None:
        with calling("Publish"):
            self._client.publish(TopicArn=self._arn, Subject=subject, Message=text)
