"""What a stack consists of."""

from __future__ import annotations

from typing import Final, NamedTuple

from sesguard.aws.boto_types import CloudFormationClient
from sesguard.aws.clients import calling

ACTIONS: Final = frozenset({"cloudformation:ListStackResources"})
_DELETED: Final = "DELETE_COMPLETE"
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceSummary.html"""


class StackResource(NamedTuple):
    """A resource by its logical name in the template, its type, and what AWS calls it."""

    name: str
    kind: str
    physical: str


def stack_resources(client: CloudFormationClient, stack: str) -> list[StackResource]:
    """List a stack's resources by name, but not those that an update has deleted. Raises AwsError."""
    with calling("ListStackResources"):
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
        return sorted(
            StackResource(each["LogicalResourceId"], each["ResourceType"], each.get("PhysicalResourceId", ""))
            for page in pages
            for each in page.get("StackResourceSummaries", ())
            if each.get("ResourceStatus") != _DELETED
        )
