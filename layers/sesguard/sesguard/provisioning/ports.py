"""What is lined up to be made true in SES, and what became of it: one row for each stream and each pool."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sesguard.provisioning.task import ProvisioningTask, TenantProblem, Untold
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry
from sesguard.tenants.sender import RegisteredSender


class ProvisioningTasks(Protocol):
    """The rows. Each method raises AwsError."""

    def load(self, key: str) -> ProvisioningTask | None:
        """Read a row consistently."""

    def save(self, row: ProvisioningTask) -> ProvisioningTask:
        """Write it if its version is still the stored one (0: if there is none). Raises ConflictError too."""

    def remove(self, row: ProvisioningTask) -> None:
        """Delete it if its version is still the stored one. Raises ConflictError too."""

    def due(self, now: datetime, most: int) -> Sequence[str]:
        """The keys of rows that were due a moment ago, the earliest first; what was just written may be missing."""

    def listed(self, tenant: str) -> frozenset[str]:
        """The keys of all rows that may be the tenant's, read consistently."""

    def list_also(self, tenant: str, keys: Collection[str]) -> None:
        """Remember that these rows may be the tenant's; comes before they are written."""

    def unlist(self, tenant: str, keys: Collection[str]) -> None:
        """Forget that."""

    def tenant_problem(self, tenant: str, problem: str, now: datetime) -> bool:
        """Note what is wrong with a whole tenant, "" for nothing any more; whether that is news."""

    def problem_of(self, tenant: str) -> str:
        """Read what is wrong with a whole tenant, "" for nothing."""

    def failed(self, keys: Sequence[str]) -> None:
        """Count what the operator has to be told of."""

    def untold(self) -> Untold:
        """Read what the operator has not been told yet."""

    def told(self, of: Untold, now: datetime) -> None:
        """Take off what was told of. Raises ConflictError where something was told since it was read."""


class OnboardingRows(Protocol):
    """All of it, for people."""

    def everything(self) -> tuple[Sequence[ProvisioningTask], Sequence[TenantProblem]]:
        """Read all rows, and what is wrong with tenants, in no certain order. Raises AwsError."""


class SendersRecord(Protocol):
    """Where ingest finds who sends from which identity."""

    def note_registry(
        self, home: StreamId, identities: Mapping[str, RegisteredSender], sets: Mapping[str, str]
    ) -> None:
        """Put it on record for the account and region ``home``. Raises AwsError."""


class StreamRegistrations(Protocol):
    """What the registry says of a stream, kept in the stream's own record. Each method raises AwsError."""

    def put(self, entry: StreamEntry, tenant: str, policy: Mapping[str, Any], now: datetime) -> None:
        """Write whose it is, its policy, the alarm that is wished for and the tags."""

    def switch(self, stream: StreamId, kind: str, tenant_arn: str) -> bool:
        """Write what turns the stream, its set where there is no ``tenant_arn``.

        False where it is turned off just now: it has to come back by what turned it off.
        """

    def remove(self, stream: StreamId, since: datetime) -> None:
        """Take all of that away, but for whose it was, and mark that it has left; not what was put after ``since``."""


class RegistryItems(Protocol):
    """TenantsTable, read consistently: items with plain values. Each method raises AwsError."""

    def item(self, name: str) -> Mapping[str, Any] | None: ...

    def items(self) -> Iterable[Mapping[str, Any]]: ...


class Wake(Protocol):
    """Wakes whoever makes SES so."""

    def send(self) -> None:
        """Raises AwsError; the next minute wakes it all the same."""
