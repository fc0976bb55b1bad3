"""What ingest needs of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sesguard.ingest.senders import Senders
from sesguard.ingest.tally import Part, Unwritten
from sesguard.posture.senders import SenderCounts
from sesguard.stream import StreamId


class CountsWriter(Protocol):
    """Writes what ingest counts."""

    def add(self, parts: Sequence[Part], now: datetime, left: Callable[[], bool]) -> list[Unwritten]:
        """Write the sums of a batch; return what could not be written. ``left``: is there time for another call."""
        ...


class DeferralCounter(Protocol):
    """Counts recipients whose mail was deferred as not authenticated."""

    def add(self, stream: StreamId, count: int, now: datetime) -> int:
        """Add ``count``, and give how many there are in this hour. Raises AwsError."""
        ...


class DomainLooks(Protocol):
    """Has posture look at domains."""

    def ask(self, stream: StreamId, tenant: str, now: datetime) -> None:
        """Have the domains of a stream looked at whose mail is refused as not authenticated. Raises AwsError."""
        ...


class SenderDomains(Protocol):
    """Keeps from which domains streams were seen to send."""

    def add(self, stream: StreamId, domain: str, seen: SenderCounts) -> None:
        """Add what a sample says of a stream's mail from ``domain``; of too many domains the rest is left out.

        Raises AwsError.
        """
        ...


class TenantNotes(Protocol):
    """Notes what came in of tenants' streams, which are weighed together once that is enough."""

    def note(self, home: StreamId, tenant: str, bounces: int, complaints: int, now: datetime) -> None:
        """Note it of a tenant's streams of the account and region ``home``; again counts again. Raises AwsError."""
        ...


class SendersStore(Protocol):
    """Knows who sends from which identity."""

    def load(self, home: StreamId, now: datetime) -> Senders:
        """What is known of an account and region, as a stream without a configuration set. Raises AwsError."""
        ...
