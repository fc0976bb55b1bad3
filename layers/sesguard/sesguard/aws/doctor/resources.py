"""What a stack consists of, read once."""

from __future__ import annotations

from sesguard.aws.clients import Clients
from sesguard.aws.doctor.memory import Memory
from sesguard.aws.stack_resources import StackResource, stack_resources


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
        return stack_resources(self._clients.make("cloudformation"), self._stack)
