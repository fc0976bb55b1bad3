"""A message to enforce from itself: somebody still waits for SES, and its time is up."""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import Clients, aws_error

ACTIONS: Final = frozenset({"sqs:SendMessage"})
GO_ON: Final = '{"sesguard":"go on"}'


class SelfMessage:
    """Puts a message onto AlarmQueue. Its client is made when first used, which is seldom."""

    def __init__(self, clients: Clients, queue_url: str) -> None:
        self._clients = clients
        self._queue_url = queue_url
        self._client: Any = None

    def send(self) -> None:
        """Send it. Raises AwsError; the sweep goes on where it is lost."""
        self._client = self._client or self._clients.make("sqs")
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=GO_ON)
        except (ClientError, BotoCoreError) as error:
            raise aws_error("SendMessage", error) from None
