"""What the use cases need from the world. AWS adapters are in ``sesguard.aws``; tests have twins in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sesguard.counting.history import History
from sesguard.deciding.state import StreamState
from sesguard.policy import Policy
from sesguard.stream import StreamId
from sesguard.weighing.weigh import Verdict


class Counts(Protocol):
    """Reads what ingest has counted."""

    def history(self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy) -> History:
        """The stream's counts of the last month; mail sent before ``since`` does not weigh. Raises AwsError."""
        ...


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A stream as it is on record.

    version: rises by one with every save; a save names the version it read.
    policy: the default with the overrides of this stream laid over it.
    switch_due: the sending state ("on", "off") that was decided and not yet confirmed done; "" where none is due.
    announce: events for the guard's bus that were decided and not yet accepted by it, oldest first.
    known: whether there is an item at all.
    """

    stream: StreamId
    version: int
    state: StreamState
    policy: Policy
    tenant: str = ""
    switch_due: str = ""
    announce: tuple[Mapping[str, Any], ...] = field(default=())
    known: bool = True


class Streams(Protocol):
    """The record of each stream's state, and the journal of its incidents."""

    def load(self, stream: StreamId) -> StreamRecord:
        """Read consistently; an unknown stream comes back healthy, ``known=False``, version 0. Raises AwsError."""
        ...

    def save(self, record: StreamRecord, journal: Iterable[Mapping[str, Any]] = ()) -> StreamRecord:
        """Write ``record`` if its version is still the stored one, and append ``journal`` entries, all or nothing.

        Returns the record with its new version. Raises ConflictError where another writer was first, else AwsError.
        """
        ...

    def not_healthy(self) -> Iterable[StreamId]:
        """Every stream whose status is not healthy, or for which something is still due."""
        ...


class Alarms(Protocol):
    """The alarm of each stream, in CloudWatch."""

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        """Put the metrics Risk, BounceRate and ComplaintRate of each stream. Raises AwsError."""
        ...

    def ensure(self, stream: StreamId) -> None:
        """Make sure that the stream's alarm exists as designed. Raises AwsError."""
        ...

    def trip(self, stream: StreamId, reason: str) -> None:
        """Set the stream's alarm to ALARM at once; its actions run if it was in another state. Raises AwsError."""
        ...


class Sending(StrEnum):
    """What SES says of a configuration set's sending."""

    ON = "on"
    OFF = "off"
    UNKNOWN_SET = "unknown_set"


class Switch(Protocol):
    """Turns a stream's sending on and off."""

    def look(self, stream: StreamId) -> Sending:
        """Read whether the stream may send. Raises AwsError."""
        ...

    def turn(self, stream: StreamId, *, on: bool) -> None:
        """Set whether the stream may send. Setting what is already so is no error. Raises AwsError."""
        ...
