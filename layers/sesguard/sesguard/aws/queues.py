"""DeliveryQueue, which notifications go through, and NotifyQueue, which wakes digests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.errors import AwsError
from sesguard.notify.notification import Notification, written

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACTIONS: Final = frozenset({"sqs:SendMessage"})
# Of one call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
_MOST, _MOST_BYTES = 10, 1_000_000


class SqsNotificationQueue:
    """The port ``Parcels`` over SQS."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, notifications: Sequence[Notification]) -> None:
        failed = [code for bodies in _batches(notifications) for code in self._send(bodies)]
        if failed:
            raise AwsError("SendMessageBatch", failed[0], retryable=True)

    def _send(self, bodies: Sequence[str]) -> list[str]:
        """The codes of what was not accepted."""
        try:
            answer = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[{"Id": str(number), "MessageBody": body} for number, body in enumerate(bodies)],
            )
        except (ClientError, BotoCoreError) as error:
            raise aws_error("SendMessageBatch", error) from None
        return [entry["Code"] for entry in answer.get("Failed", ())]


class SqsWaker:
    """The port ``Waker``: a message to notify from itself, which SQS keeps for a while."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def wake(self, digest: str, after: timedelta) -> None:
        body = json.dumps({"digest": digest})
        try:
            self._client.send_message(
                QueueUrl=self._queue_url, MessageBody=body, DelaySeconds=int(after.total_seconds())
            )
        except (ClientError, BotoCoreError) as error:
            raise aws_error("SendMessage", error) from None


def _batches(notifications: Sequence[Notification]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for body in map(written, notifications):
        length = len(body.encode())
        if batch and (len(batch) == _MOST or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += length
    if batch:
        yield batch
