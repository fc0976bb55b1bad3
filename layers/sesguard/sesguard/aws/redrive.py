"""Dead letters back into their queues, by hand, one by one: why each was set aside is seen before it moves.

Not StartMessageMoveTask: that moves all or nothing, and says nothing of what it moves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sesguard.aws.boto_types import CloudFormationClient, SQSClient
from sesguard.aws.clients import calling
from sesguard.aws.dead_letter_queues import messages
from sesguard.aws.queues import CAUSE
from sesguard.aws.stack_resources import stack_resources
from sesguard.text import one_line

ACTIONS: Final = frozenset(
    {
        "cloudformation:ListStackResources",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
    }
)
LOOK_ACTIONS: Final = ACTIONS - {"sqs:SendMessage", "sqs:DeleteMessage"}
"""Of ``look`` and ``leave``, which move nothing."""
SOURCES: Final[Mapping[str, str]] = {
    "SesEventsDeadLetters": "SesEventsQueue",
    "AlarmDeadLetters": "AlarmQueue",
    "NotifyDeadLetters": "NotifyQueue",
    "DeliveryDeadLetters": "DeliveryQueue",
    "PostureDeadLetters": "PostureQueue",
}
"""Dead-letter queues from which messages can come back, and where to; tests/template holds it to the template."""
STAYING: Final = ("ForwardDeadLetters", "OnboardDeadLetters", "RegisterDeadLetters", "SweepDeadLetters")
"""Those that have no queue to come back to."""
TRIED_OUT: Final = "tried until its queue gave it up"
"""The cause of a message that SQS itself moved: whatever it failed with, a retry may heal it."""
_OF_EVENTBRIDGE: Final = "ERROR_CODE"
"""The attribute in which EventBridge says why it did not deliver: a retry may heal that as well.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""
_SUFFIX: Final = "DeadLetters"  # as template.yaml names them; tests/template holds it to that
_LONGEST_CAUSE: Final = 200
SECONDS_HELD: Final = 300
"""For which a look hides the messages, so that each is seen once."""


class DeadLetter(NamedTuple):
    """A message among the dead letters. sent: epoch seconds. set_aside: by a function, as no retry ever helps.

    cause: why a function set it aside or EventBridge did not deliver it, else ``TRIED_OUT``.
    """

    queue: str
    url: str
    receipt: str
    body: str
    cause: str
    sent: int
    set_aside: bool

    @property
    def movable(self) -> bool:
        """Whether there is a queue that it can go back to."""
        return self.queue in SOURCES

    @property
    def healable(self) -> bool:
        """Whether it may fare better now: no function has said that it never will."""
        return not self.set_aside and self.movable


class SqsRedrive:
    """Sees the dead letters of a stack, and moves those that have where to go. queues: URLs by logical name."""

    def __init__(self, sqs: SQSClient, queues: Mapping[str, str]) -> None:
        self._sqs = sqs
        self._queues = queues

    @classmethod
    def of_stack(cls, cloudformation: CloudFormationClient, sqs: SQSClient, stack: str) -> SqsRedrive:
        """Find the queues of the stack. Raises AwsError."""
        found = stack_resources(cloudformation, stack)
        return cls(sqs, {each.name: each.physical for each in found if each.kind == "AWS::SQS::Queue"})

    def holding(self) -> Sequence[str]:
        """Name the dead-letter queues in which messages lie, as SQS counts them, roughly. Raises AwsError."""
        dead = sorted(name for name in self._queues if name.endswith(_SUFFIX))
        return [name for name in dead if messages(self._sqs, self._queues[name])]

    def look(self, queues: Sequence[str], most: int) -> Iterator[DeadLetter]:
        """Receive what lies in ``queues``, at most ``most`` messages, which stay hidden meanwhile. Raises AwsError."""
        for queue in queues:
            if queue in self._queues:
                yield from self._look(queue, self._queues[queue], most)

    def _look(self, queue: str, url: str, most: int) -> Iterator[DeadLetter]:
        seen: set[str] = set()
        while len(seen) < most:
            with calling("ReceiveMessage"):
                answer: Mapping[str, Any] = self._sqs.receive_message(
                    QueueUrl=url,
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=SECONDS_HELD,
                    WaitTimeSeconds=1,
                    MessageAttributeNames=[CAUSE, _OF_EVENTBRIDGE],
                    MessageSystemAttributeNames=["SentTimestamp"],
                )
            fresh = [each for each in answer.get("Messages", ()) if each["MessageId"] not in seen]
            if not fresh:
                return
            for each in fresh:
                seen.add(each["MessageId"])
                attributes = each.get("MessageAttributes", {})
                said = (attributes.get(name, {}).get("StringValue") for name in (CAUSE, _OF_EVENTBRIDGE))
                cause = one_line(next(filter(None, said), TRIED_OUT), _LONGEST_CAUSE)
                sent = int(each.get("Attributes", {}).get("SentTimestamp", "0")) // 1000
                yield DeadLetter(queue, url, each["ReceiptHandle"], each["Body"], cause, sent, CAUSE in attributes)

    def move(self, letter: DeadLetter) -> None:
        """Send it to where it came from, then take it away: a crash between leaves it twice, never not at all."""
        with calling("SendMessage"):
            self._sqs.send_message(QueueUrl=self._queues[SOURCES[letter.queue]], MessageBody=letter.body)
        with calling("DeleteMessage"):
            self._sqs.delete_message(QueueUrl=letter.url, ReceiptHandle=letter.receipt)

    def leave(self, letter: DeadLetter) -> None:
        """Let it be seen again at once."""
        with calling("ChangeMessageVisibility"):
            self._sqs.change_message_visibility(QueueUrl=letter.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def by_cause(letters: Sequence[DeadLetter]) -> Mapping[tuple[str, str], int]:
    """Count dead letters by queue and cause, the most frequent first."""
    return dict(Counter((letter.queue, letter.cause) for letter in letters).most_common())
