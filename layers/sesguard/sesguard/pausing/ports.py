"""What pausing needs of the world: records, the journal, alarms, the switch in SES, the bus."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sesguard.detection.outage import ProviderRecord, SetAside
from sesguard.detection.weigh import Verdict
from sesguard.pausing.audit_cursor import Cursor
from sesguard.pausing.budget import Grant, Lane
from sesguard.pausing.journal import DecisionEntry, JournalEntry
from sesguard.pausing.record import (
    BY_CONFIGURATION_SET,
    PLAIN,
    AlarmNow,
    DesiredAlarm,
    Loaded,
    PauseTarget,
    QueuedAlarm,
    Sending,
    StreamRecord,
)
from sesguard.pausing.refused import Refused
from sesguard.pausing.tenant_standing import TenantDue, TenantStanding
from sesguard.stream import StreamId

T = TypeVar("T")


class Parallel(Protocol):
    """Does work that waits, several pieces at once."""

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None: ...


class PauseRequests(Protocol):
    """Tells enforce of a stream at risk where its alarm does not."""

    def send(self, stream: StreamId, risk: float, at: datetime) -> None:
        """Put it onto AlarmQueue. Raises AwsError."""


class Streams(Protocol):
    """The record of each stream's state, and the journal of its incidents."""

    def load(self, stream: StreamId) -> StreamRecord:
        """Read consistently; an unknown stream comes back healthy, ``known=False``, version 0.

        Raises AwsError, or RecordError for a record that this version cannot read.
        """

    def load_many(self, streams: Iterable[StreamId]) -> Loaded:
        """Read many as ``load`` does, in any order. Raises nothing: what fails for a stream is said of that stream."""

    def save(self, record: StreamRecord, journal: Iterable[JournalEntry] = ()) -> StreamRecord:
        """Write ``record`` if its version is still the stored one, and append ``journal`` entries, all or nothing.

        Returns the record with its new version. Raises ConflictError where another writer was first, else AwsError.
        """

    def not_healthy(self) -> Iterable[StreamId]:
        """Every stream whose status is not healthy, or for which something is still due; no accounts."""

    def without_volume(self) -> Iterable[StreamId]:
        """Every other stream of which people were told that no volume of its mail is published."""


class PauseBudget(Protocol):
    """Room for automatic pauses: so many an hour."""

    def claim(self, pause: str, now: datetime, lane: Lane = Lane.USUAL) -> Grant:
        """Claim room for ``pause``, a name of at most 64 characters; again and again for the same one is one claim.

        Each lane has room of its own.
        Raises AwsError, or ConflictError where others kept claiming.
        """


class Journal(Protocol):
    """The journal of incidents, for those that write nothing else."""

    def note(self, entry: JournalEntry) -> None:
        """Append one entry, named by its ``at``; one that is there already stays as it is. Raises AwsError."""


class JournalReader(Protocol):
    """The journal of incidents, read back for people."""

    def of(self, stream: StreamId) -> Sequence[JournalEntry]:
        """Read all entries of a stream, oldest first. Raises AwsError."""

    def last(self, stream: StreamId, most: int) -> Sequence[JournalEntry]:
        """Read the newest entries of a stream, at most ``most``, oldest first. Raises AwsError."""

    def all(self) -> Iterable[JournalEntry]:
        """Read the whole journal, in no certain order. Raises AwsError."""


class Decisions(Protocol):
    """The journal of incidents, for what one decision rested on."""

    def decided(self, stream: StreamId, at: datetime) -> DecisionEntry | None:
        """Read the entry of what was decided on ``stream`` at ``at``; None where there is none. Raises AwsError."""


class AuditCursor(Protocol):
    """An audit of all streams that are on record, healthy ones included, which takes many sweeps."""

    def load(self) -> Cursor:
        """Read how far the audit has come. Raises AwsError."""

    def following(self, after: str, most: int) -> Sequence[str | None]:
        """Read the keys of at most ``most`` records after that one, and None at the end of all. Raises AwsError."""

    def save(self, cursor: Cursor) -> None:
        """Keep how far the audit has come. Raises AwsError."""


class SweepCursor(Protocol):
    """How far the last sweep of the unhealthy streams has come."""

    def load(self) -> str:
        """Read the key of the stream that it reached, "" for none. Raises AwsError."""

    def save(self, key: str) -> None:
        """Keep the key of the stream that was reached. Raises AwsError."""


class Alarms(Protocol):
    """The alarm of each stream, in CloudWatch."""

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        """Read the alarms of many streams; one that has no alarm is left out. Raises AwsError."""

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        """Put the metrics Risk, BounceRate and ComplaintRate of each stream, the rates where there is one.

        What says nothing new about its minute may be left out. Raises AwsError.
        """

    def ensure(self, stream: StreamId, desired: DesiredAlarm = PLAIN) -> None:
        """Make sure that the stream's alarm exists as designed; it gets its tags when it is made. Raises AwsError."""

    def trip(self, stream: StreamId, reason: str, data: Mapping[str, Any] | None = None) -> bool:
        """Set the stream's alarm to ALARM at once. Returns whether it reports that: one that was up reports nothing.

        ``reason`` is a sentence for people, ``data`` the same for programs, JSON-ready. Raises AwsError.
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html
        """


class AlarmStates(Protocol):
    """The states of anybody's alarms in the guard's own account and region."""

    def up(self, names: Collection[str]) -> frozenset[str]:
        """Ask which of the alarms ``names`` are in ALARM now; one that there is not is not. Raises AwsError."""


class IdleAlarms(Protocol):
    """The alarms of streams that need none any more."""

    def remove(self, keep: Collection[StreamId], before: datetime) -> int:
        """Delete each stream's alarm that is OK and untouched since ``before``, but for ``keep`` and those wished kept.

        Raises AwsError.
        """


class Switch(Protocol):
    """Turns a stream's sending on and off, by the means that are on record for it."""

    def look(self, stream: StreamId, target: PauseTarget = BY_CONFIGURATION_SET) -> Sending:
        """Read whether the stream may send. Raises AwsError."""

    def turn(self, stream: StreamId, *, on: bool, target: PauseTarget = BY_CONFIGURATION_SET) -> Sending:
        """Set whether the stream may send; what is already so is no error. Returns what was set. Raises AwsError."""


class PauseQueue(Protocol):
    """Who waits for SES, and who serves them: one worker at a time, so that the worst is first among all."""

    def enqueue(self, queued: QueuedAlarm) -> None:
        """Let it wait; what waits already waits once. Raises AwsError."""

    def worst(self, most: int) -> Sequence[QueuedAlarm]:
        """Read consistently at most ``most`` that wait, the worst first. Raises AwsError."""

    def served(self, queued: QueuedAlarm) -> None:
        """Take it out. Raises AwsError."""

    def take(self) -> bool:
        """Become the one who serves, or stay so for another while; False where another one is. Raises AwsError."""

    def leave(self) -> None:
        """Let somebody else serve. Raises AwsError."""


class TenantStreams(Protocol):
    """Which streams send for an SES tenant."""

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        """Read the configuration sets of the tenant of that name, of the account and region ``home``, sorted.

        None for a tenant that is gone. Raises AwsError.
        """


class RegisteredStreams(Protocol):
    """Which streams the registry says that a tenant has."""

    def streams_of(self, tenant: str) -> Sequence[StreamId]:
        """Read them, of all accounts and regions; none for a tenant that is not registered. Raises AwsError."""


class TenantMarks(Protocol):
    """Which tenants had so many bounces or complaints that their streams have to be weighed together again."""

    def due(self) -> Iterable[TenantDue]:
        """Read those of the guard's own account and region, the longest due first.

        One after another as they are asked for: where thousands are due there is no time for all. Raises AwsError.
        """

    def standing(self, tenant: str) -> TenantStanding | None:
        """Read how a tenant stood when it was weighed last; None where it never was. Raises AwsError."""

    def keep(self, due: TenantDue, standing: TenantStanding, *, again: bool) -> None:
        """Keep how a tenant stands, now that it was weighed. Raises AwsError.

        It is due no more unless more came in meanwhile. again: it stays due in any case.
        """


class Refusals(Protocol):
    """Notes which streams at risk are refused at which mailbox provider."""

    def note(self, refused: Refused, now: datetime) -> bool:
        """Note it; whether the provider is declared failing, or refuses several tenants just now. Raises AwsError."""


class Outages(Protocol):
    """What is known of mailbox providers that refuse mail, in the guard's own account and region."""

    def refused(self, now: datetime) -> Sequence[Refused]:
        """Read who was refused within the last half hour. Raises AwsError."""

    def records(self) -> Mapping[str, ProviderRecord]:
        """Read what is known of each provider. Raises AwsError."""

    def keep(self, provider: str, record: ProviderRecord, now: datetime) -> None:
        """Keep what is known of a provider. Raises AwsError."""

    def set_aside(self, stream: StreamId, found: Iterable[SetAside]) -> None:
        """Keep what does not weigh of a stream; of a slot the last word holds. Raises AwsError."""


class Bus(Protocol):
    """The guard's event bus."""

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Publish events as :mod:`sesguard.bus.events` makes them. Raises AwsError unless every one was accepted."""


class DeadLetters(Protocol):
    """What was given up, in the dead-letter queues of the guard."""

    def count(self) -> Mapping[str, int]:
        """Count the messages of each queue, by its name. Raises AwsError."""
