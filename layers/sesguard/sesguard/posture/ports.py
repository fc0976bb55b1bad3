"""What a look at domains needs of the world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sesguard.bus.events import Event
from sesguard.posture.changes import PostureRecord
from sesguard.posture.identity import SesIdentity
from sesguard.posture.messages import LookRequest
from sesguard.posture.owner import IdentityOwner
from sesguard.posture.senders import SenderDomain
from sesguard.stream import StreamId


class IdentityReader(Protocol):
    """Identities of SES, read at its one control call a second, giving way to pauses. Methods raise AwsError."""

    def begin(self, patience_seconds: float = 0.0) -> bool:
        """Be the one who reads; False where another one still calls SES after ``patience_seconds``."""

    def end(self) -> None:
        """Let somebody else call SES."""

    def names(self) -> Sequence[str]:
        """List all identities of the account and region."""

    def read(self, name: str) -> SesIdentity | None:
        """Read one; None where SES has none of that name."""


class PostureStore(Protocol):
    """What is kept of identities. Methods raise AwsError."""

    def load(self, names: Sequence[str]) -> Mapping[str, PostureRecord]:
        """Read those that are there, by their names."""

    def save(self, record: PostureRecord) -> None:
        """Write one."""

    def note_without_default_set(self, name: str, *, lacks: bool) -> None:
        """Put a name on the list of identities without a default configuration set, or take it off."""

    def without_default_set(self) -> frozenset[str]:
        """Read that list."""


class IdentityOwners(Protocol):
    """Whose identities are, by the registry."""

    def all(self) -> Mapping[str, IdentityOwner]:
        """Read all, by the identity's name. Raises AwsError."""

    def tenants(self) -> Mapping[str, str]:
        """Read the tenant of each configuration set. Raises AwsError."""


class LookQueue(Protocol):
    """PostureQueue."""

    def send(self, request: LookRequest) -> None:
        """Put a request on it, to come after its delay. Raises AwsError."""


class SendersSeen(Protocol):
    """The domains that streams were seen to send from."""

    def read(self, now: datetime) -> Sequence[SenderDomain]:
        """Read those of this week and the last. Raises AwsError."""


class RefusalReports(Protocol):
    """Tells who decides on streams of domains whose mail is going to be refused."""

    def send(self, stream: StreamId, domain: str, *, refused: bool, at: datetime) -> None:
        """Raises AwsError."""


class PostureBus(Protocol):
    """The guard's own bus."""

    def publish(self, events: Sequence[Event]) -> None:
        """Put events on it. Raises AwsError."""
