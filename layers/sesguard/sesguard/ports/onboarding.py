"""What is lined up to be made true in SES, and what became of it: one row for each stream and each pool."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from sesguard.registry.tenant import StreamEntry
from sesguard.stream import StreamId

POOL: Final = "@pool/"
TENANT: Final = "@tenant/"


class State(StrEnum):
    """WAITING has something due; LEFT is another guard's, of another account or region."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A stream or a pool on its way.

    key: the stream's text form, or ``@pool/NAME``. wanted: JSON of its StreamEntry or Pool; "" where it is to go.
    was: what SES held when it was last known, as ``sesguard.onboarding.wish`` writes it; "" where that is not known.
    made: what the guard changed in SES that carries no tag of the guard's, noted before it was changed.
    problem: what stands in the way, in words. calls: to SES, since the row was made. tries: in a row that failed.
    claimed: another tenant that wants the stream, too. since: when it was lined up last; due: when to look at it.
    """

    key: str
    tenant: str
    wanted: str
    state: State
    since: datetime
    at: datetime
    due: datetime
    was: str = ""
    made: frozenset[str] = frozenset()
    problem: str = ""
    calls: int = 0
    tries: int = 0
    claimed: str = ""
    version: int = 0


class TenantProblem(NamedTuple):
    """What is wrong with a tenant as a whole, since when."""

    tenant: str
    problem: str
    since: datetime


class Untold(NamedTuple):
    """What failed since the operator was told last: how much, some of its keys; when that was, and how often."""

    many: int = 0
    keys: tuple[str, ...] = ()
    told_at: datetime | None = None
    told: int = 0


class Onboarding(Protocol):
    """The rows. Each method raises AwsError."""

    def load(self, key: str) -> Row | None:
        """Read a row consistently."""
        ...

    def save(self, row: Row) -> Row:
        """Write it if its version is still the stored one (0: if there is none). Raises ConflictError too."""
        ...

    def remove(self, row: Row) -> None:
        """Delete it if its version is still the stored one. Raises ConflictError too."""
        ...

    def due(self, now: datetime, most: int) -> Sequence[str]:
        """The keys of rows that were due a moment ago, the earliest first; what was just written may be missing."""
        ...

    def listed(self, tenant: str) -> frozenset[str]:
        """The keys of all rows that may be the tenant's, read consistently."""
        ...

    def list_also(self, tenant: str, keys: Collection[str]) -> None:
        """Remember that these rows may be the tenant's; comes before they are written."""
        ...

    def unlist(self, tenant: str, keys: Collection[str]) -> None:
        """Forget that."""
        ...

    def tenant_problem(self, tenant: str, problem: str, now: datetime) -> bool:
        """Note what is wrong with a whole tenant, "" for nothing any more; whether that is news."""
        ...

    def problem_of(self, tenant: str) -> str:
        """Read what is wrong with a whole tenant, "" for nothing."""
        ...

    def failed(self, keys: Sequence[str]) -> None:
        """Count what the operator has to be told of."""
        ...

    def untold(self) -> Untold:
        """Read what the operator has not been told yet."""
        ...

    def told(self, of: Untold, now: datetime) -> None:
        """Take off what was told of."""
        ...


class OnboardingRows(Protocol):
    """All of it, for people."""

    def everything(self) -> tuple[Sequence[Row], Sequence[TenantProblem]]:
        """Read all rows, and what is wrong with tenants, in no certain order. Raises AwsError."""
        ...


class Registered(Protocol):
    """What the registry says of a stream, kept in the stream's own record. Each method raises AwsError."""

    def put(self, entry: StreamEntry, tenant: str, policy: Mapping[str, Any], now: datetime) -> None:
        """Write whose it is, its policy, the alarm that is wished for and the tags."""
        ...

    def switch(self, stream: StreamId, kind: str, tenant_arn: str) -> bool:
        """Write what turns the stream, its set where there is no ``tenant_arn``.

        False where it is turned off just now: it has to come back by what turned it off.
        """
        ...

    def remove(self, stream: StreamId, since: datetime) -> None:
        """Take all of that away, but for whose it was, and mark that it has left; not what was put after ``since``."""
        ...


class RegistryItems(Protocol):
    """TenantsTable, read consistently: items with plain values. Each method raises AwsError."""

    def item(self, name: str) -> Mapping[str, Any] | None: ...

    def items(self) -> Iterable[Mapping[str, Any]]: ...


class Wake(Protocol):
    """Wakes whoever makes SES so."""

    def send(self) -> None:
        """Raises AwsError; the next minute wakes it all the same."""
        ...
