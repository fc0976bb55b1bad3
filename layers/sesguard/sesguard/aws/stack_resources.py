"""How many of each kind of resource a stack has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sesguard.aws.clients import calling

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

ACTIONS: Final = frozenset({"cloudformation:ListStackResources"})


def stack_resources(client: CloudFormationClient, stack: str) -> Counter[str]:
    """Resources by type, such as AWS::CloudWatch::Alarm. Raises AwsError."""
    with calling("ListStackResources"):
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
        return Counter(each["ResourceType"] for page in pages for each in page["StackResourceSummaries"])
