"""When messages that a function reports as failed come back.

Lambda leaves them as hidden as they are, and so for minutes, because a queue hides a message for six times its
function's timeout: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, Final

from sesguard.aws.boto_types import ChangeMessageVisibilityBatchRequestEntryTypeDef, SQSClient
from sesguard.aws.clients import Clients, calling
from sesguard.errors import SesguardError

_log = logging.getLogger(__name__)

SOON_SECONDS: Final = (5, 10, 20, 40, 80)
"""After a message's first failure, its second, and so on; then the queue's own time is left to it.

Throttling and lost connections are over by then; what lasts longer is an outage, which must not use up what a message
may be tried (maxReceiveCount) within minutes.
"""
_SPREAD: Final = 0.5
"""How much longer at most, so that functions that failed together come back apart."""
# Of one call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibilityBatch.html
_MOST: Final = 10
_TO_ANSWER_SECONDS: Final = 5.0
"""Of the function's time, below which the rest of a batch is left to the queue's own time."""


class MessageVisibility:
    """For how long a queue hides what was received from it. Its client is made when first used.

    queue_url: gives the queue's, when first needed. chance: gives 0 to 1.
    """

    ACTIONS: ClassVar = frozenset({"sqs:ChangeMessageVisibility"})

    def __init__(
        self,
        queue_url: Callable[[], str],
        clients: Clients | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._queue_url = queue_url
        self._clients = clients
        self._chance = chance

    @cached_property
    def _client(self) -> SQSClient:
        client: SQSClient = (self._clients or Clients()).make("sqs")
        return client

    def hide(self, receipt: str, after: timedelta) -> None:
        """Let the message of ``receipt`` come back after so long. Raises AwsError: then at the queue's own time."""
        with calling("ChangeMessageVisibility"):
            self._client.change_message_visibility(
                QueueUrl=self._queue_url(), ReceiptHandle=receipt, VisibilityTimeout=int(after.total_seconds())
            )

    def soon(self, records: Sequence[Mapping[str, Any]], left: Callable[[], float]) -> None:
        """Let failed ``records`` of a batch come back within seconds, those of one number of tries together.

        left: gives the seconds until the function is stopped. Raises nothing: what cannot be hidden anew comes back
        when the queue's own time is over.
        """
        longer = 1 + _SPREAD * self._chance()
        waiting: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {"Id": str(number), "ReceiptHandle": record["receiptHandle"], "VisibilityTimeout": int(seconds * longer)}
            for number, record in enumerate(records)
            if (seconds := _wait_seconds(int(record["attributes"]["ApproximateReceiveCount"])))
        ]
        try:
            for first in range(0, len(waiting), _MOST):
                if left() < _TO_ANSWER_SECONDS:
                    break
                with calling("ChangeMessageVisibility"):
                    self._client.change_message_visibility_batch(
                        QueueUrl=self._queue_url(), Entries=waiting[first : first + _MOST]
                    )
        except SesguardError as error:
            _log.warning("failed messages come back at their queue's own time: %s", error)


def _wait_seconds(receives: int) -> int:
    """0: as long as the queue says."""
    return SOON_SECONDS[receives - 1] if 1 <= receives <= len(SOON_SECONDS) else 0
