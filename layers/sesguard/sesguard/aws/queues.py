"""The queues of the guard: notifications to deliver, digests to wake, and a function's message to itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Final

from sesguard.aws.boto_types import SQSClient
from sesguard.aws.clients import Clients, calling
from sesguard.errors import AwsError
from sesguard.notify.channel import fingerprint
from sesguard.notify.notification import Notification, written
from sesguard.posture.messages import LookRequest, written_request
from sesguard.signals.guard_message import DomainRefusal, PauseRequest, write_domain_refusal, write_pause_request
from sesguard.stream import StreamId
from sesguard.text import one_line

# Of one call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
_MOST, _MOST_BYTES = 10, 1_000_000


class QueueAdapter:
    """Base of what puts messages onto one queue."""

    ACTIONS: ClassVar = frozenset({"sqs:SendMessage"})

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def _put(self, body: str, **more: Any) -> None:  # noqa: ANN401  # as the service's
        with calling("SendMessage"):
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=body, **more)


class SeldomQueue(QueueAdapter):
    """The same, of what is sent seldom: the client is made when first used."""

    def __init__(self, clients: Clients, queue_url: str) -> None:
        self._clients = clients
        self._queue_url = queue_url

    @cached_property
    def _client(self) -> SQSClient:  # type: ignore[override]  # an attribute of the base
        client: SQSClient = self._clients.make("sqs")
        return client


class SqsNotificationQueue(QueueAdapter):
    """The port ``NotificationQueue`` over SQS."""

    def send(self, notifications: Sequence[Notification]) -> None:
        failed = [code for messages in _batches(notifications) for code in self._send(messages)]
        if failed:
            raise AwsError("SendMessageBatch", failed[0], retryable=True)

    def _send(self, messages: Sequence[tuple[str, str]]) -> list[str]:
        """The codes of what was not accepted."""
        with calling("SendMessageBatch"):
            answer = self._client.send_message_batch(
                QueueUrl=self._queue_url,
                Entries=[
                    {"Id": str(number), "MessageBody": body, "MessageGroupId": group}
                    for number, (group, body) in enumerate(messages)
                ],
            )
        return [entry["Code"] for entry in answer.get("Failed", ())]


class SqsWaker(QueueAdapter):
    """The port ``Waker``: a message to notify from itself, which SQS keeps for a while."""

    def wake(self, digest: str, after: timedelta) -> None:
        self._put(json.dumps({"digest": digest}), DelaySeconds=int(after.total_seconds()))


def _batches(notifications: Sequence[Notification]) -> Iterator[list[tuple[str, str]]]:
    """Message groups and bodies, as many as one call takes.

    The group makes a standard queue fair: where one tenant's notices pile up, those of others, and the operator's, go
    before. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
    """
    batch: list[tuple[str, str]] = []
    size = 0
    for group, body in ((_group_of(each), written(each)) for each in notifications):
        length = len(body.encode())
        if batch and (len(batch) == _MOST or size + length > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append((group, body))
        size += length
    if batch:
        yield batch


LONGEST_DELAY_SECONDS: Final = 900
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html"""


class SqsLookQueue(QueueAdapter):
    """The port ``LookQueue``: PostureQueue."""

    def send(self, request: LookRequest) -> None:
        self._put(written_request(request), DelaySeconds=min(request.after_seconds, LONGEST_DELAY_SECONDS))


GO_ON: Final = '{"sesguard":"go on"}'


class SelfMessage(SeldomQueue):
    """Puts a message onto AlarmQueue."""

    def send(self) -> None:
        """Send it. Raises AwsError; the sweep goes on where it is lost."""
        self._put(GO_ON)


CAUSE: Final = "cause"
"""The attribute of a dead letter that says why a function has set it aside."""
_LONGEST_CAUSE: Final = 200


class SqsSetAside(SeldomQueue):
    """Puts messages that no retry heals among the dead letters at once."""

    def put(self, body: str, cause: str) -> None:
        """Send ``body`` there with its ``cause``, which quotes nothing of it. Raises AwsError: it has to come again."""
        said = {"DataType": "String", "StringValue": one_line(cause, _LONGEST_CAUSE) or "unknown"}
        self._put(body, MessageAttributes={CAUSE: said})


class SqsPauseRequests(SeldomQueue):
    """The port ``PauseRequests``: puts a stream onto AlarmQueue."""

    def send(self, stream: StreamId, risk: float, at: datetime) -> None:
        self._put(write_pause_request(PauseRequest(stream, risk, at)))


class SqsDomainLooks(SeldomQueue):
    """The port ``DomainLooks``: PostureQueue."""

    def ask(self, stream: StreamId, tenant: str, now: datetime) -> None:
        incident = f"deferred/{stream}/{now:%Y-%m-%d}"  # told once a day, unless the answer is another one
        self._put(written_request(LookRequest(refused=str(stream), tenant=tenant, incident=incident)))


class SqsRefusalReports(QueueAdapter):
    """The port ``RefusalReports``: puts posture's word on a domain onto AlarmQueue, which enforce takes."""

    def send(self, stream: StreamId, domain: str, *, refused: bool, at: datetime) -> None:
        self._put(write_domain_refusal(DomainRefusal(stream, domain, refused, at)))


def _group_of(notification: Notification) -> str:
    return f"{notification.to}-{fingerprint(notification.tenant)}" if notification.to == "owner" else "operator"
