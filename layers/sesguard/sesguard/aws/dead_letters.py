"""How many messages lie in the stack's dead-letter queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sesguard.aws.boto_types import CloudFormationClient, SQSClient
from sesguard.aws.dead_letter_queues import messages
from sesguard.aws.stack_resources import stack_resources

ACTIONS: Final = frozenset({"cloudformation:ListStackResources", "sqs:GetQueueAttributes"})
_SUFFIX: Final = "DeadLetters"  # as template.yaml names them; tests/template holds it to that


def dead_letters(cloudformation: CloudFormationClient, sqs: SQSClient, stack: str) -> Mapping[str, int]:
    """Messages by the queue's logical name, roughly, as SQS counts them. Raises AwsError."""
    return {
        each.name: messages(sqs, each.physical)
        for each in stack_resources(cloudformation, stack)
        if each.kind == "AWS::SQS::Queue" and each.name.endswith(_SUFFIX)
    }
