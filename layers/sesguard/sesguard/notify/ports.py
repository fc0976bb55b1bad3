"""What telling people needs of the world."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from sesguard.notify.channel import Channel, TenantContacts
from sesguard.notify.digest_policy import DigestState
from sesguard.notify.notification import Notification
from sesguard.stream import StreamId


class Tenants(Protocol):
    """The registry of tenants."""

    def find(self, tenant: str) -> TenantContacts | None:
        """Read one tenant by its id. Raises AwsError."""

    def tenant_of(self, stream: StreamId) -> str:
        """Read whose the stream is: a tenant's id, "" where nobody has registered it. Raises AwsError."""

    def operators(self) -> Sequence[Channel]:
        """Read the operator's channels beside the topic. Raises AwsError."""


class Once(Protocol):
    """Remembers what was done, so that it is done once however often it is asked for."""

    def do(self, key: str, action: Callable[[], None]) -> None:
        """Run ``action`` unless it has run to its end under ``key``. Raises what it raises, and then it has not run."""


class NotificationQueue(Protocol):
    """The queue of what is to be delivered."""

    def send(self, notifications: Sequence[Notification]) -> None:
        """Put them there. Raises AwsError unless every one was accepted; then all may be sent again."""


class BadContacts(Protocol):
    """Contacts that must not be written to, by the fingerprints of their addresses."""

    def among(self, contacts: Collection[str], now: datetime) -> Collection[str]:
        """Read which of them are bad now. Raises AwsError."""

    def mark(self, contact: str, what: str, until: datetime) -> None:
        """Put one on record; what lasts longer is not shortened. Raises AwsError."""


class Digests(Protocol):
    """What keeps a flood from the operator: one record of it, and the transitions that are held back."""

    def decided(self, event: str) -> str | None:
        """Read what became of an event: its digest, "" if it is told at once, None for a new one. Raises AwsError."""

    def load(self) -> tuple[DigestState, int]:
        """Read the record and its version. Raises AwsError."""

    def decide(self, before: int, after: DigestState, event: str, digest: str, body: str) -> None:
        """Write the record over version ``before``, and with it what becomes of a new ``event``: all or nothing.

        Raises ConflictError where the version or the event is known by now, or AwsError.
        """

    def save(self, before: int, after: DigestState) -> None:
        """Write the record alone. Raises ConflictError or AwsError."""

    def held(self, digest: str) -> Sequence[str]:
        """Read the bodies of the events in a digest. Raises AwsError."""


class Waker(Protocol):
    """Wakes whoever sends a digest."""

    def wake(self, digest: str, after: timedelta) -> None:
        """Have ``digest`` sent after a while. Raises AwsError."""
