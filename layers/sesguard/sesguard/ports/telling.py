"""The bus, and whom the guard tells what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from sesguard.stream import StreamId


class Bus(Protocol):
    """The guard's event bus."""

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Publish events as :mod:`sesguard.announcing` makes them. Raises AwsError unless every one was accepted."""
        ...


class Tenant(msgspec.Struct, frozen=True):
    """A tenant as the registry has it. ``contacts`` are the addresses of its owner."""

    id: str
    name: str = ""
    contacts: tuple[str, ...] = ()


class Tenants(Protocol):
    """The registry of tenants."""

    def find(self, tenant: str) -> Tenant | None:
        """Read one tenant by its id. Raises AwsError."""
        ...

    def tenant_of(self, stream: StreamId) -> str:
        """Read whose the stream is: a tenant's id, "" where nobody has registered it. Raises AwsError."""
        ...


class Mail(Protocol):
    """Mail from the guard to an owner."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Send plain text to one address. Raises AwsError."""
        ...


class OperatorLine(Protocol):
    """The operator's topic."""

    def tell(self, subject: str, text: str) -> None:
        """Publish a message; ``subject`` is one line of printable ASCII, at most 100. Raises AwsError."""
        ...


class Once(Protocol):
    """Remembers what was done, so that it is done once however often it is asked for."""

    def do(self, key: str, action: Callable[[], None]) -> None:
        """Run ``action`` unless it has run to its end under ``key``. Raises what it raises, and then it has not run."""
        ...
