"""What a stack consists of."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sesguard.aws.clients import Clients, calling
from sesguard.aws.doctor.memory import Memory

ACTIONS: Final = frozenset({"cloudformation:ListStackResources"})


class StackResource(NamedTuple):
    """A resource by its logical name in the template, its type, and what AWS calls it."""

    name: str
    kind: str
    physical: str


class StackResources:
    """The resources of one stack."""

    def __init__(self, clients: Clients, stack: str) -> None:
        self._clients = clients
        self._stack = stack
        self._memory = Memory()

    def of(self, kind: str) -> list[StackResource]:
        """Those of one type, such as AWS::SQS::Queue, by name. Raises AwsError."""
        return [each for each in self._memory.ask(self._read) if each.kind == kind]

    def _read(self) -> list[StackResource]:
        client: Any = self._clients.make("cloudformation")
        with calling("ListStackResources"):
            pages = client.get_paginator("list_stack_resources").paginate(StackName=self._stack)
            return sorted(
                StackResource(each["LogicalResourceId"], each["ResourceType"], each.get("PhysicalResourceId", ""))
                for page in pages
                for each in page["StackResourceSummaries"]
            )
