"""What a stack consists of, read once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from sesguard.aws.clients import Clients
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


T = TypeVar("T")


class Memory:
    """Answers by what was asked. What raised is asked again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Any] = {}

    def ask(self, read: Callable[[], T], *key: str) -> T:
        """Give what is known under ``key``, or ``read`` it."""
        if key not in self._known:
            self._known[key] = read()
        answer: T = self._known[key]
        return answer
