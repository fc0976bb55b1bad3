"""A notification that waits for its next try stays in its queue, hidden."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACTIONS: Final = frozenset({"sqs:ChangeMessageVisibility"})


class DelayedNotifications:
    """Hides messages of DeliveryQueue.

    Lambda leaves a message that is reported as failed as hidden as it is:
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def hide(self, receipt: str, after: timedelta) -> None:
        """Raises AwsError; it then comes back when the queue's own time is over."""
        try:
            self._client.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=receipt, VisibilityTimeout=int(after.total_seconds())
            )
        except (ClientError, BotoCoreError) as error:
            raise aws_error("ChangeMessageVisibility", error) from None
