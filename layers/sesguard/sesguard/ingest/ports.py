"""What ingest needs of the world."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sesguard.ingest.senders import Senders
from sesguard.ingest.tally import Part, Unwritten
from sesguard.stream import StreamId


class CountsWriter(Protocol):
    """Writes what ingest counts."""

    def add(self, parts: Sequence[Part], now: datetime, left: Callable[[], bool]) -> list[Unwritten]:
        """Write the sums of a batch; return what could not be written. ``left``: is there time for another call."""
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
