"""What is to be made so in SES, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

POOL: Final = "@pool/"
TENANT: Final = "@tenant/"
DOMAIN: Final = "@domain/"

IDENTITY_LIST: Final = "@identity/"
"""With an identity's name: the list of streams whose set it had as its default."""


class TaskState(StrEnum):
    """WAITING has something due; LEFT is another guard's, of another account or region."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisioningTask:
    """A stream, a pool or an identity on its way.

    key: the stream's text form, ``@pool/NAME``, or ``@domain/NAME`` of an identity that the guard makes. wanted: JSON
    of its StreamEntry, Pool or DesiredDomain; "" where it is to go.
    was: what SES held when it was last known, as ``provisioning.desired`` writes it; "" where that is not known.
    made: what the guard changed in SES that carries no tag of the guard's, noted before it was changed.
    problem: what stands in the way, in words. calls: to SES, since the row was made. tries: in a row that failed.
    seen: of an identity, what SES said of it last, as JSON of a SesIdentity; "" before it was read.
    claimed: another tenant that wants the stream, too. since: when it was lined up last; due: when to look at it.
    """

    key: str
    tenant: str
    wanted: str
    state: TaskState
    since: datetime
    at: datetime
    due: datetime
    was: str = ""
    made: frozenset[str] = frozenset()
    problem: str = ""
    calls: int = 0
    tries: int = 0
    claimed: str = ""
    seen: str = ""
    version: int = 0

    @property
    def waits_for_dns(self) -> bool:
        """Whether it is an identity that is made, and whose records are not published yet."""
        return self.key.startswith(DOMAIN) and bool(self.wanted and self.seen) and self.state is TaskState.WAITING


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
