"""How many messages lie in dead-letter queues, as SQS says: CloudWatch hears late of a queue without a poller.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from sesguard.aws.boto_types import SQSClient
from sesguard.aws.clients import calling

ACTIONS: Final = frozenset({"sqs:GetQueueAttributes"})


class SqsDeadLetters:
    """The port ``DeadLetters`` over SQS."""

    def __init__(self, client: SQSClient, urls: Collection[str]) -> None:
        self._client = client
        self._urls = urls

    def count(self) -> Mapping[str, int]:
        return {url.rpartition("/")[2]: messages(self._client, url) for url in self._urls}


def messages(client: SQSClient, url: str) -> int:
    """Count the messages of a queue, roughly, those that somebody is looking at included. Raises AwsError."""
    with calling("GetQueueAttributes"):
        found = client.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )["Attributes"]
    return sum(int(number) for number in found.values())
