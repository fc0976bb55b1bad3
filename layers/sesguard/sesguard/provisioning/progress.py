"""How far the guard has come in making SES what the registry says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sesguard.provisioning.desired import IDENTITY, SES_TENANT, entry_of, expected_calls, same_in_ses
from sesguard.provisioning.rate_limit import APART
from sesguard.provisioning.task import DOMAIN, POOL, TENANT, ProvisioningTask, TaskState, TenantProblem
from sesguard.tenants.model import StreamEntry

WINDOW: Final = timedelta(minutes=10)
"""What was done within it says how fast it goes."""


class Failure(NamedTuple):
    """What somebody has to mend: a stream, a pool or a whole tenant (the key says which), and what to do."""

    key: str
    tenant: str
    problem: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Streams and pools by what became of them. removing: of those that wait, what is to go away.

    domains: identities that are made and wait for their DNS records, which is nobody's work but their owners'.
    calls: to SES so far, for all that is on record. a_second: how fast they went lately, None where none did.
    calls_left: about.
    """

    waiting: int
    removing: int
    done: int
    left: int
    failures: tuple[Failure, ...]
    calls: int
    a_second: float | None
    calls_left: int
    domains: int = 0

    @property
    def failed(self) -> int:
        return len(self.failures)

    @property
    def total(self) -> int:
        """Whatever is to be made so."""
        return self.waiting + self.done + self.failed

    @property
    def time_left(self) -> timedelta:
        """At the one call a second that SES takes."""
        return timedelta(seconds=round(self.calls_left * APART))


def progress(
    rows: Sequence[ProvisioningTask],
    problems: Sequence[TenantProblem],
    registered: Mapping[str, StreamEntry],
    now: datetime,
) -> Progress:
    """Sum up. registered: by key, the streams of the guard's own account and region that the registry has by now."""
    wrong = {it.tenant for it in problems}
    behind = [
        row for row in rows if row.state is TaskState.DONE and row.tenant not in wrong and _behind(row, registered)
    ]
    known = {row.key for row in rows}
    new = [entry for key, entry in registered.items() if key not in known] if not wrong else []
    waiting = [row for row in rows if row.state is TaskState.WAITING and not row.waits_for_dns]
    failed = [Failure(row.key, row.tenant, row.problem, row.since) for row in rows if row.state is TaskState.FAILED]
    told = [Failure(f"{TENANT}{it.tenant}", it.tenant, it.problem, it.since) for it in problems]
    return Progress(
        waiting=len(waiting) + len(behind) + len(new),
        removing=sum(not row.wanted for row in waiting),
        done=sum(row.state is TaskState.DONE for row in rows) - len(behind),
        left=sum(row.state is TaskState.LEFT for row in rows),
        failures=tuple(sorted([*failed, *told])),
        calls=sum(row.calls for row in rows),
        a_second=_pace(rows, now),
        calls_left=sum(map(_calls_left, waiting)) + sum(map(expected_calls, new)),
        domains=sum(row.waits_for_dns for row in rows),
    )


def _behind(row: ProvisioningTask, registered: Mapping[str, StreamEntry]) -> bool:
    """Whether the registry says something else by now, which is lined up in a moment."""
    if row.key.startswith((POOL, DOMAIN)):
        return False
    entry = registered.get(row.key)
    return entry is None or not same_in_ses(entry_of(row.wanted), entry)


def _pace(rows: Iterable[ProvisioningTask], now: datetime) -> float | None:
    """Calls a second of what was done lately."""
    lately = [row for row in rows if row.state is TaskState.DONE and row.calls and now - row.at < WINDOW]
    if not lately:
        return None
    calls = sum(row.calls for row in lately)
    first = min(row.at - timedelta(seconds=row.calls) for row in lately)
    last = max(row.at for row in lately)
    return calls / max((last - first).total_seconds(), 1.0)


def _calls_left(row: ProvisioningTask) -> int:
    """About: a removal reads what it takes away."""
    if row.key.startswith((POOL, DOMAIN)):
        return 1 if row.wanted else 3
    if row.wanted:
        return expected_calls(entry_of(row.wanted))
    identities = sum(thing.startswith(IDENTITY) for thing in row.made)
    tenants = sum(thing.startswith(SES_TENANT) for thing in row.made)
    return 2 + 2 * identities + 3 * tenants
