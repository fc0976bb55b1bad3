"""What an operator's views read: the deployed guard, with the operator's own credentials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sesguard.costs.day_counts import DaysRead
from sesguard.fleet.fleet import GuardPlace, ReadCost
from sesguard.fleet.hours import HourCounts
from sesguard.notices.wording import Wording
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import JournalReader, Parallel
from sesguard.pausing.record import AlarmNow, QueuedAlarm
from sesguard.pausing.tenant_standing import TenantStanding
from sesguard.policy import Policy
from sesguard.posture.changes import PostureRecord
from sesguard.stream import StreamId


class StreamAlarms(Protocol):
    """The alarm of each stream, read."""

    def name(self, stream: StreamId) -> str: ...

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        """Read the alarms of many streams; one that has no alarm is left out. Raises AwsError."""


class TenantsReader(Protocol):
    """Who is registered."""

    def find(self, tenant: str) -> TenantContacts | None:
        """Read a tenant; None where there is none of that id. Raises AwsError."""


class StreamSource(Protocol):
    """What is on record of streams. ``deps`` are only read with."""

    @property
    def place(self) -> GuardPlace: ...

    @property
    def deps(self) -> PausingDeps: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def journal(self) -> JournalReader: ...

    @property
    def alarms(self) -> StreamAlarms: ...

    @property
    def tenants(self) -> TenantsReader: ...

    def domains(self, tenant: str, stream: StreamId) -> Sequence[PostureRecord]:
        """Read what posture knows of the identities of a tenant's stream. Raises AwsError."""

    def together(self, tenant: str) -> TenantStanding | None:
        """Read how a tenant's streams stood when they were weighed together last; None for never. Raises AwsError."""

    def days(self, streams: Iterable[StreamId], days: range, now: datetime) -> DaysRead:
        """Read what each of ``streams`` sent on epoch ``days``, however long ago. Raises AwsError."""

    def wording(self) -> Wording:
        """Read how the platform writes its notices now. Raises AwsError."""

    def policies(self) -> Mapping[str, Policy]:
        """Read the registry's named policies, laid over the stack's; those that break a rule are left out.

        Raises AwsError.
        """


class FleetSource(StreamSource, Protocol):
    """What is on record of all streams together."""

    @property
    def parallel(self) -> Parallel: ...

    def queued_alarms(self) -> Sequence[QueuedAlarm]:
        """Read which pauses and resumes wait for SES, the first first. Raises AwsError."""

    def configuration_sets(self) -> Sequence[str]:
        """Ask SES what it has in the guard's account and region. Raises AwsError."""

    def dead_letters(self) -> Mapping[str, int]:
        """Count the messages in each dead-letter queue. Raises AwsError."""

    def without_default_set(self) -> Sequence[str]:
        """Read which identities lack a default configuration set: domains, of addresses theirs. Raises AwsError."""

    def on_record(self) -> Mapping[StreamId, str]:
        """Read every stream that is on record, and whose it is, "" for nobody's. Raises AwsError."""

    def snapshot(self) -> Mapping[StreamId, HourCounts]:
        """Read what the sweep has counted within the last hour. Raises AwsError."""

    def count(self, streams: Iterable[StreamId], now: datetime) -> Mapping[StreamId, HourCounts]:
        """Count what each of ``streams`` sent within a day. Raises AwsError."""

    def reading(self) -> ReadCost:
        """Say what has been read so far."""


class SnapshotStore(Protocol):
    """Where the parts of the fleet's snapshot are kept."""

    def write(self, part: int, packed: bytes, now: datetime) -> None:
        """Put a part in the place of the one before. Raises AwsError."""


class DailyHistoryStore(Protocol):
    """Where it is kept what streams sent by the day."""

    def keep(self, stream: StreamId, now: datetime) -> int:
        """Put the days that are over on record, as far as they are not there as they are now.

        Returns how many. Raises AwsError.
        """
