"""How many messages lie in the stack's dead-letter queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sesguard.aws.clients import calling
from sesguard.aws.dead_letter_queues import messages

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_sqs import SQSClient

ACTIONS: Final = frozenset({"cloudformation:ListStackResources", "sqs:GetQueueAttributes"})
_SUFFIX: Final = "DeadLetters"  # as template.yaml names them; tests/template holds it to that


def dead_letters(cloudformation: CloudFormationClient, sqs: SQSClient, stack: str) -> Mapping[str, int]:
    """Messages by the queue's logical name, roughly, as SQS counts them. Raises AwsError."""
    with calling("ListStackResources"):
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        queues = {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for page in pages
            for each in page["StackResourceSummaries"]
            if each["ResourceType"] == "AWS::SQS::Queue" and each["LogicalResourceId"].endswith(_SUFFIX)
        }
    return {name: messages(sqs, url) for name, url in sorted(queues.items())}
