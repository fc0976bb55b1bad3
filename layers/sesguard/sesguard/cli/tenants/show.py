"""Shows everything about one tenant: what is registered, how far each stream has come in SES, how each one stands.

--json prints one object: tenant (as it is registered), streams (stream; wanted: all keys with what is in force;
onboarding: status, problem, since, calls, or null; state: status, since, or null for one that the guard has not seen).

Exit code: 0; 1 where there is no such tenant, or it is not usable as it is registered; 2 for a command line that cannot
be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import Parameter

from sesguard.cli.connect import DONE, REFUSED, UnknownTenantError, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import age, console, facts, iso, name, plain, print_json, status
from sesguard.cli.tenants.session import near, open_session
from sesguard.tenants.diff import of_stream, of_tenant
from sesguard.tenants.model import StreamEntry, TenantEntry
from sesguard.tenants.snapshot import registered
from sesguard.tenants.stored import Stored
from sesguard.wiring.registry import provisioning_tasks

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from sesguard.pausing.record import StreamRecord
    from sesguard.provisioning.ports import ProvisioningTasks
    from sesguard.provisioning.task import ProvisioningTask
    from sesguard.wiring.operator import Guard


@dataclass(frozen=True, slots=True)
class _Stands:
    """One stream: what is wanted, how far that has come, and how the guard has it."""

    entry: StreamEntry
    row: ProvisioningTask | None
    record: StreamRecord | None


def run(
    tenant: Annotated[str, Parameter(name="ID", help="a tenant's id")], /, *, json: Json = False, where: Where = HERE
) -> int:
    """Show it, and give the exit code."""
    return with_guard(where, lambda guard, now: _read(guard, now, tenant, json=json))


def _read(guard: Guard, now: datetime, tenant: str, *, json: bool) -> int:
    session = open_session(guard)
    stored = session.store.find(tenant)
    if stored is None or tenant.startswith("@"):
        raise UnknownTenantError(tenant)
    entry = _entry(tenant, stored, guard)
    if entry is None:
        return REFUSED
    rows = provisioning_tasks(guard)
    streams = [_stands(each, guard, rows, here=near(session, each.stream)) for each in entry.streams]
    if json:
        print_json({"tenant": dict(stored.document), "streams": [_as_dict(each) for each in streams]})
    else:
        _show(console(), entry, streams, guard, now)
    return DONE


def _entry(tenant: str, stored: Stored, guard: Guard) -> TenantEntry | None:
    """The tenant; None where it is not usable, which is said."""
    session = open_session(guard)
    policies = [f"@policy/{each}" for each in _policies(stored.document)]
    items = {item: found for item in policies if (found := session.store.find(item)) is not None}
    documents = {item: found.document for item, found in {**items, tenant: stored}.items()}
    content = registered(documents, session.home)
    for problem in content.unusable.get(tenant, ()):
        console().print(plain(str(problem), 300))
    return content.registry.tenants[0] if content.registry.tenants else None


def _policies(document: Any) -> set[str]:  # noqa: ANN401  # whatever somebody put
    streams = document.get("streams")
    places = [document, *(streams if isinstance(streams, list) else [])]
    names = (place.get("policy") for place in places if isinstance(place, dict))
    return {each for each in names if isinstance(each, str)}


def _stands(entry: StreamEntry, guard: Guard, rows: ProvisioningTasks, *, here: bool) -> _Stands:
    record = guard.deps.streams.load(entry.stream) if here else None
    return _Stands(entry, rows.load(str(entry.stream)), record if record is not None and record.known else None)


def _as_dict(stands: _Stands) -> dict[str, Any]:
    row, record = stands.row, stands.record
    return {
        "stream": str(stands.entry.stream),
        "wanted": msgspec.to_builtins(stands.entry),
        "onboarding": {
            "status": row.state.value,
            "problem": row.problem or None,
            "since": iso(row.since),
            "calls": row.calls,
        }
        if row
        else None,
        "state": {"status": record.state.status.value, "since": iso(record.state.since)} if record else None,
    }


def _show(screen: Console, entry: TenantEntry, streams: list[_Stands], guard: Guard, now: datetime) -> None:
    screen.print(plain(entry.id, 64).append(f"  {plain(entry.name, 200).plain}", "dim"))
    screen.print(facts(*((each.key, each.new) for each in of_tenant(None, entry) if each.key != "name")))
    for stands in streams:
        screen.print()
        screen.print(name(stands.entry.stream, guard.stack))
        said = [(each.key, plain(each.new)) for each in of_stream(None, stands.entry)]
        screen.print(facts(("in SES", _onboarding(stands.row, now)), ("guard", _guard(stands.record, now)), *said))


def _onboarding(row: ProvisioningTask | None, now: datetime) -> str:
    if row is None:
        return "not lined up yet"
    problem = f": {row.problem}" if row.problem else ""
    return f"{row.state.value}, {age(row.at, now)} ago{problem}"


def _guard(record: StreamRecord | None, now: datetime) -> Any:  # noqa: ANN401  # text of either kind
    if record is None:
        return "not seen yet"
    since = f" for {age(record.state.since, now)}" if record.state.since else ""
    return status(record.state.status).append(since)
