"""The record of each stream, the journal of its incidents, and who keeps count of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from sesguard.deciding.blast_radius import Room
from sesguard.deciding.state import StreamState
from sesguard.policy import Limits, Policy
from sesguard.ports.alarms import PLAIN, AlarmWish
from sesguard.stream import StreamId


class Waiting(msgspec.Struct, frozen=True):
    """A pause that was decided and found no room under the cap on automatic pauses: it waits for an operator.

    reason: why it was decided. risk: of the evidence then. alarm: the name of the alarm that asked for it, "" for none.
    """

    since: datetime
    reason: str
    risk: float = 0.0
    alarm: str = ""


class Means(NamedTuple):
    """What turns a stream's sending on and off: its configuration set, an SES tenant (its ARN), or both."""

    configuration_set: bool = True
    tenant_arn: str = ""


BY_SET: Final = Means()


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A stream as it is on record.

    version: rises by one with every save; a save names the version it read.
    policy: the default with the overrides of this stream laid over it.
    switch_due: the sending state ("on", "off") that was decided and not yet confirmed done; "" where none is due.
    turned_off: whether the guard has turned sending off (or is about to) and not on again. Only then may it turn on.
    trouble: what the last try of the switch failed with for good, told to the operator already; "" where none.
    announce: events for the guard's bus that were decided and not yet accepted by it, oldest first.
    known: whether there is an item at all.
    waiting: the pause that waits for an operator, as there was no room for it; None where there is none.
    means: what turns the stream on and off, as the registry says.
    alarm: what the registry wishes of its alarm.
    offboarded: whether it has left the registry; nobody compares it with SES any more.
    """

    stream: StreamId
    version: int
    state: StreamState
    policy: Policy
    tenant: str = ""
    switch_due: str = ""
    turned_off: bool = False
    trouble: str = ""
    announce: tuple[Mapping[str, Any], ...] = field(default=())
    known: bool = True
    waiting: Waiting | None = None
    means: Means = BY_SET
    alarm: AlarmWish = PLAIN
    offboarded: bool = False

    @property
    def limits(self) -> Limits:
        """What the stream is weighed by as it stands."""
        return self.policy.limits(probation=self.state.on_probation)


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
        """Every stream whose status is not healthy, or for which something is still due; no accounts."""
        ...


class Slots(Protocol):
    """Room for automatic pauses: so many an hour."""

    def claim(self, pause: str, now: datetime) -> Room:
        """Claim room for ``pause``, a name of at most 64 characters; again and again for the same one is one claim.

        Raises AwsError, or ConflictError where others kept claiming.
        """
        ...


class Journal(Protocol):
    """The journal of incidents, for those that write nothing else."""

    def note(self, stream: StreamId, entry: Mapping[str, Any]) -> None:
        """Append one entry, named by its ``at``; one that is there already stays as it is. Raises AwsError."""
        ...


class JournalReader(Protocol):
    """The journal of incidents, read back for people."""

    def of(self, stream: StreamId) -> Sequence[Mapping[str, Any]]:
        """Read all entries of a stream, oldest first. Raises AwsError."""
        ...

    def last(self, stream: StreamId, most: int) -> Sequence[Mapping[str, Any]]:
        """Read the newest entries of a stream, at most ``most``, oldest first. Raises AwsError."""
        ...

    def all(self) -> Iterable[Mapping[str, Any]]:
        """Read the whole journal, in no certain order; each entry names its ``stream``. Raises AwsError."""
        ...


class Decisions(Protocol):
    """The journal of incidents, for what one decision rested on."""

    def decided(self, stream: StreamId, at: datetime) -> Mapping[str, Any] | None:
        """Read the entry of what was decided on ``stream`` at ``at``; None where there is none. Raises AwsError."""
        ...


class Place(NamedTuple):
    """How far a round of all streams has come: after which stream's key ("" at its start), and when it begun."""

    after: str = ""
    begun: datetime | None = None


class Rounds(Protocol):
    """A round of all streams that are on record, healthy ones included, which takes many sweeps."""

    def place(self) -> Place:
        """Read how far the round has come. Raises AwsError."""
        ...

    def following(self, after: str, most: int) -> Sequence[StreamId | None]:
        """Read at most ``most`` streams after that one, and None at the end of all. Raises AwsError."""
        ...

    def reached(self, place: Place) -> None:
        """Keep how far the round has come. Raises AwsError."""
        ...
