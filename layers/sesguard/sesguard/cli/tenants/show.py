"""Shows everything about one tenant: what is registered, how far each stream has come in SES, how each one stands.

--json prints one object: tenant (as it is registered), streams (stream; wanted: all keys with what is in force;
onboarding: status, problem, since, calls, or null; state: status, since, or null for one that the guard has not seen;
domains: of its identities, as posture last saw them: domain, effect, findings, looked_at; identities: those that the
guard makes: name, status, verified, problem, records (name, type, value), the DNS records to publish).

--accounts shows it as each guard has it where it is registered; of its streams each guard knows its own. With --json
there are then guards (guard, and what one guard's document has) and unread (guard, problem).

Exit code: 0; 4 where a guard of several could not be read; 1 where there is no such tenant, or it is not usable as it
is registered; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter
from rich.console import Console

from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.connect import ATTENTION, DONE, REFUSED, UnknownTenantError, answered, now, with_guard
from sesguard.cli.domain_line import as_dict as domain_as_dict
from sesguard.cli.domain_line import domain_line
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import age, console, facts, iso, name, plain, print_json, status
from sesguard.cli.tenants.over_guards import print_guards, read_each, say_unread, show_guard
from sesguard.cli.tenants.session import near, open_session
from sesguard.pausing.record import StreamRecord
from sesguard.posture.changes import PostureRecord
from sesguard.posture.identity import SesIdentity
from sesguard.posture.publish import PublishRecord
from sesguard.provisioning.domains import records_of
from sesguard.provisioning.ports import ProvisioningTasks
from sesguard.provisioning.task import DOMAIN, ProvisioningTask
from sesguard.tenants.diff import of_stream, of_tenant
from sesguard.tenants.model import StreamEntry, TenantEntry
from sesguard.tenants.snapshot import registered
from sesguard.tenants.stored import Stored
from sesguard.wiring.operator import Guard
from sesguard.wiring.posture_records import posture_records
from sesguard.wiring.registry import provisioning_tasks


@dataclass(frozen=True, slots=True)
class _Stands:
    """One stream: what is wanted, how far that has come, and how the guard has it."""

    entry: StreamEntry
    row: ProvisioningTask | None
    record: StreamRecord | None
    domains: Sequence[PostureRecord]
    identities: Sequence[_Made]


@dataclass(frozen=True, slots=True)
class _Made:
    """An identity that the guard makes. row: None where it is not lined up yet."""

    name: str
    mail_from: str
    row: ProvisioningTask | None

    @property
    def said(self) -> SesIdentity | None:
        """What SES said of it last."""
        return msgspec.json.decode(self.row.seen, type=SesIdentity) if self.row is not None and self.row.seen else None

    @property
    def records(self) -> list[PublishRecord]:
        return records_of(self.said, self.mail_from) if self.said is not None else []


def run(
    tenant: Annotated[str, Parameter(name="ID", help="a tenant's id")],
    /,
    *,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    if across.several:
        return answered(where, lambda: _read_many(find_guards(where, across), now(), tenant, json=json))
    return with_guard(where, lambda guard, now: _read(guard, now, tenant, json=json))


@dataclass(frozen=True, slots=True)
class _Tenant:
    """A tenant as one guard has it. entry: None where it is not usable as it is registered."""

    stored: Stored
    entry: TenantEntry | None
    streams: Sequence[_Stands]

    def document(self) -> dict[str, Any]:
        return {"tenant": dict(self.stored.document), "streams": [_as_dict(each) for each in self.streams]}


def _read(guard: Guard, at: datetime, tenant: str, *, json: bool) -> int:
    found = _find(guard, tenant)
    if found is None:
        raise UnknownTenantError(tenant)
    if found.entry is None:
        return REFUSED
    if json:
        print_json(found.document())
    else:
        _show(console(), found.entry, found.streams, guard, at)
    return DONE


def _read_many(guards: Guards, at: datetime, tenant: str, *, json: bool) -> int:
    found, unread = read_each(guards, lambda guard: _find(guard, tenant))
    known = {name: (guard, its) for name, (guard, its) in found.items() if its is not None}
    if not known and not unread:
        raise UnknownTenantError(tenant)
    code = REFUSED if any(its.entry is None for _, its in known.values()) else DONE
    if json:
        print_guards({name: its.document() for name, (_, its) in known.items()}, unread)
        return ATTENTION if unread else code
    for name_, (guard, its) in known.items():
        show_guard(name_)
        if its.entry is not None:
            _show(console(), its.entry, its.streams, guard, at)
    return say_unread(unread, code)


def _find(guard: Guard, tenant: str) -> _Tenant | None:
    """Read a tenant, and how its streams at this guard stand; None where it is not registered. Raises AwsError."""
    session = open_session(guard)
    stored = session.store.find(tenant)
    if stored is None or tenant.startswith("@"):
        return None
    entry = _entry(tenant, stored, guard)
    rows = provisioning_tasks(guard)
    listed = entry.streams if entry is not None else ()
    return _Tenant(
        stored, entry, [_stands(tenant, each, guard, rows, here=near(session, each.stream)) for each in listed]
    )


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


def _stands(tenant: str, entry: StreamEntry, guard: Guard, rows: ProvisioningTasks, *, here: bool) -> _Stands:
    record = guard.deps.streams.load(entry.stream) if here else None
    known = record if record is not None and record.known else None
    domains = posture_records(guard, tenant, entry.stream) if here else ()
    made = [
        _Made(name, mail_from, rows.load(f"{DOMAIN}{name}") if here else None)
        for name, mail_from in sorted(entry.created.items())
    ]
    return _Stands(entry, rows.load(str(entry.stream)), known, domains, made)


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
        "domains": [domain_as_dict(each) for each in stands.domains],
        "identities": [_made(each) for each in stands.identities],
    }


def _made(made: _Made) -> dict[str, Any]:
    row, said = made.row, made.said
    return {
        "name": made.name,
        "status": row.state.value if row else None,
        "verified": said.verified if said else False,
        "problem": (row.problem or None) if row else None,
        "records": [{"name": each.name, "type": each.kind, "value": each.value} for each in made.records],
    }


def _show(screen: Console, entry: TenantEntry, streams: Sequence[_Stands], guard: Guard, now: datetime) -> None:
    screen.print(plain(entry.id, 64).append(f"  {plain(entry.name, 200).plain}", "dim"))
    screen.print(facts(*((each.key, each.new) for each in of_tenant(None, entry) if each.key != "name")))
    for stands in streams:
        screen.print()
        screen.print(name(stands.entry.stream, guard.stack))
        said = [(each.key, plain(each.new)) for each in of_stream(None, stands.entry)]
        domains = [("domain", domain_line(each)) for each in stands.domains]
        made = [("identity", _identity(each, now)) for each in stands.identities]
        of_guard = ("guard", _guard(stands.record, now))
        screen.print(facts(("in SES", _onboarding(stands.row, now)), of_guard, *said, *made, *domains))
        for each in stands.identities:
            if each.said is None or not each.said.verified:
                for record in each.records:
                    screen.print(plain(record.bind(), 900), soft_wrap=True)  # a line to paste


def _identity(made: _Made, now: datetime) -> str:
    if made.row is None or made.said is None:
        return f"{made.name}: not made yet"
    if not made.said.verified:
        return f"{made.name}: waits for its DNS records, looked at {age(made.row.at, now)} ago"
    return f"{made.name}: verified{f', {made.row.problem}' if made.row.problem else ''}"


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
