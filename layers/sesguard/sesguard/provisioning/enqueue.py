"""Take what the registry says now: write it into the records of streams, and line up what SES has to be made for.

Of an event only the name is taken; what it is about is read again, so events may come twice, late, in any order and at
the same time. Whoever has written looks once more whether it is still what the registry says, and else begins again:
the last to write is always right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from sesguard.errors import ConflictError, RecordError
from sesguard.pausing.saving import until_saved
from sesguard.provisioning.desired import DesiredDomain, entry_of, same_in_ses, written
from sesguard.provisioning.lookup import DesiredTenant, named, read_desired, users
from sesguard.provisioning.ports import ProvisioningTasks, RegistryItems, StreamRegistrations
from sesguard.provisioning.task import DOMAIN, POOL, TENANT, ProvisioningTask, TaskState
from sesguard.stream import StreamId
from sesguard.tenants.items import POLICY, RESERVED, pool_of
from sesguard.tenants.items import POOL as POOL_ITEM
from sesguard.tenants.model import SHARED, StreamEntry
from sesguard.tenants.problems import RegistryError

ATTEMPTS: Final = 5
GRACE: Final = timedelta(minutes=1)
"""Before anything is taken away: a stream that moves to another tenant is gone here before it is there."""
AHEAD: Final = timedelta(days=1)
"""A pool is made before the streams that send through it."""
_MOST_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What registering works with. home: account and region of the guard, as a stream without a set."""

    items: RegistryItems
    rows: ProvisioningTasks
    registered: StreamRegistrations
    home: StreamId


@dataclass(slots=True)
class Enqueued:
    """What came of it. up: whether anything is due now; others: tenants that have to be looked at, too."""

    up: bool = False
    others: set[str] = field(default_factory=set)


def register(deps: Register, name: str, now: datetime) -> Enqueued:
    """Take one item of the registry. Raises AwsError or ConflictError: then it has to come again."""
    enqueued = Enqueued()
    if name.startswith(POLICY):
        enqueued.others |= users(deps.items, lambda item: name.removeprefix(POLICY) in named(item, "policy"))
    elif name.startswith(POOL_ITEM):
        _register_pool(deps, name.removeprefix(POOL_ITEM), now, enqueued)
    elif not name.startswith(RESERVED):
        _register_tenant(deps, name, now, enqueued)
    return enqueued


def _register_tenant(deps: Register, tenant: str, now: datetime, enqueued: Enqueued) -> None:
    desired = read_desired(deps.items, deps.home, tenant)
    for _ in range(ATTEMPTS):
        _apply(deps, tenant, desired, now, enqueued)
        again = read_desired(deps.items, deps.home, tenant)
        if again == desired:
            return
        desired = again
    raise ConflictError(tenant)


def _apply(deps: Register, tenant: str, desired: DesiredTenant, now: datetime, enqueued: Enqueued) -> None:
    problem = desired.problem
    if desired.streams is not None:
        listed = deps.rows.listed(tenant)
        domains = desired.domains(deps.home)
        wanted = {*desired.streams, *domains}
        if new := wanted - listed:
            deps.rows.list_also(tenant, sorted(new))
        found = [_settled(partial(_want_domain, deps, tenant, of, now, enqueued)) for _, of in sorted(domains.items())]
        found += [
            _settled(partial(_want, deps, tenant, of, now, enqueued)) for _, of in sorted(desired.streams.items())
        ]
        problem = "; ".join(conflict for conflict in found if conflict)
        gone = [_settled(partial(_unwant, deps, desired, key, now, enqueued)) for key in listed - wanted]
        if any(gone):
            deps.rows.unlist(tenant, [key for key in gone if key])
    if deps.rows.tenant_problem(tenant, problem, now) and problem:
        deps.rows.failed([f"{TENANT}{tenant}"])


def _settled(write: Callable[[], str]) -> str:
    """Write until no other writer was first. A row that cannot be read stands in its tenant's way."""
    try:
        return until_saved(write)
    except RecordError as error:
        return str(error)


def _want(
    deps: Register, tenant: str, of: tuple[StreamEntry, Mapping[str, Any]], now: datetime, enqueued: Enqueued
) -> str:
    """Line a stream up where SES has to be made so; what stands in the way of that."""
    entry, policy = of
    key = str(entry.stream)
    row = deps.rows.load(key)
    if row is not None and row.tenant != tenant and row.wanted and _wants(deps, row.tenant, key):
        if row.claimed != tenant:
            deps.rows.save(replace(row, claimed=tenant, at=now))
        return f"stream {key} belongs to tenant {row.tenant}: take it away there first"
    fresh = _row(key, tenant, written(entry), now) if row is None else _enqueued_again(row, tenant, entry, now)
    if (entry.account, entry.region) != deps.home[:2]:
        text = f"served by the guard of {entry.account}/{entry.region}"
        fresh = replace(fresh, state=TaskState.LEFT, problem=text)
    else:
        _await_pool(deps, entry.pool, now)
        deps.registered.put(entry, tenant, policy, now)
    if row is None or replace(fresh, at=row.at, since=row.since, due=row.due) != row:
        deps.rows.save(fresh)
        enqueued.up |= fresh.state is TaskState.WAITING
    return ""


def _row(key: str, tenant: str, wanted: str, now: datetime) -> ProvisioningTask:
    return ProvisioningTask(key=key, tenant=tenant, wanted=wanted, state=TaskState.WAITING, since=now, at=now, due=now)


def _enqueued_again(row: ProvisioningTask, tenant: str, entry: StreamEntry, now: datetime) -> ProvisioningTask:
    """The row as it should be: due where SES has to change, or where the last try failed."""
    as_it_is = row.state in {TaskState.DONE, TaskState.WAITING} and row.tenant == tenant and row.wanted
    if as_it_is and same_in_ses(entry_of(row.wanted), entry):
        return replace(row, wanted=written(entry))
    fresh = _row(row.key, tenant, written(entry), now)
    return replace(fresh, was=row.was, made=row.made, calls=row.calls, version=row.version)


def _want_domain(deps: Register, tenant: str, desired: DesiredDomain, now: datetime, enqueued: Enqueued) -> str:
    """Line an identity up to be made, before the streams that send with it; what stands in the way of that."""
    key, wanted = f"{DOMAIN}{desired.name}", written(desired)
    row = deps.rows.load(key)
    if row is not None and row.tenant != tenant and row.wanted and _wants(deps, row.tenant, key):
        if row.claimed != tenant:
            deps.rows.save(replace(row, claimed=tenant, at=now))
        return f"identity {desired.name} is made for tenant {row.tenant}: take it away there first"
    same = row is not None and (row.tenant, row.wanted) == (tenant, wanted)
    if row is not None and same and row.state in {TaskState.DONE, TaskState.WAITING}:
        return ""
    fresh = replace(_row(key, tenant, wanted, now), due=now - AHEAD)
    if row is not None:
        made = row.made if row.tenant == tenant else frozenset[str]()
        fresh = replace(fresh, made=made, calls=row.calls, seen=row.seen, version=row.version)
    deps.rows.save(fresh)
    enqueued.up = True
    return ""


def _unwant(deps: Register, desired: DesiredTenant, key: str, now: datetime, enqueued: Enqueued) -> str:
    """Line a stream or an identity up to be taken away; the key where there is nothing of the tenant's any more."""
    tenant = desired.tenant
    row = deps.rows.load(key)
    if row is None:
        return key
    if row.tenant != tenant:
        if row.claimed == tenant:
            deps.rows.save(replace(row, claimed="", at=now))
        return key
    if row.claimed:
        enqueued.others.add(row.claimed)
    of_domain = key.startswith(DOMAIN)
    stays = of_domain and desired.names(key.removeprefix(DOMAIN))  # it is used, and not the guard's to make any more
    if row.state is TaskState.LEFT or stays:
        deps.rows.remove(row)
        return key
    if row.wanted or row.state is TaskState.FAILED:
        due = now + GRACE * (2 if of_domain else 1)  # what sends with it goes first
        gone = replace(
            row, wanted="", state=TaskState.WAITING, problem="", tries=0, claimed="", since=now, at=now, due=due
        )
        deps.rows.save(gone)
    return ""


def _register_pool(deps: Register, name: str, now: datetime, enqueued: Enqueued) -> None:
    item = deps.items.item(f"{POOL_ITEM}{name}")
    using = users(deps.items, lambda each: name in named(each, "pool"))
    try:
        pool = pool_of(item) if item is not None else None
    except RegistryError as error:
        if deps.rows.tenant_problem(f"{POOL_ITEM}{name}", str(error), now):
            deps.rows.failed([f"{TENANT}{POOL_ITEM}{name}"])
        return
    deps.rows.tenant_problem(f"{POOL_ITEM}{name}", "", now)
    if until_saved(partial(_line_pool, deps, name, "" if pool is None else written(pool), using, now)):
        enqueued.up = True
        enqueued.others |= using


def _await_pool(deps: Register, name: str, now: datetime) -> None:
    """Line a stream's pool up before the stream: its item was written first, and its event may come later."""
    if name == SHARED or deps.rows.load(f"{POOL}{name}") is not None:
        return
    item = deps.items.item(f"{POOL_ITEM}{name}")
    if item is not None:
        with suppress(RegistryError):  # told when the pool's own event comes
            until_saved(partial(_line_pool, deps, name, written(pool_of(item)), set(), now))


def _line_pool(deps: Register, name: str, wanted: str, using: set[str], now: datetime) -> str:
    """Line a pool up; its name where that is news."""
    row = deps.rows.load(f"{POOL}{name}")
    if row is None and not wanted:
        return ""
    if row is not None and row.wanted == wanted and row.state is not TaskState.FAILED:
        return ""
    fresh = _row(f"{POOL}{name}", "", wanted, now)
    if row is not None:
        fresh = replace(fresh, calls=row.calls, version=row.version)
    if wanted:
        fresh = replace(fresh, due=now - AHEAD)
    elif using:
        some = ", ".join(sorted(using)[:_MOST_NAMED]) + (", …" if len(using) > _MOST_NAMED else "")
        what = f"pool {name} is not in the registry any more, and tenants still use it: {some}"
        fresh = replace(fresh, state=TaskState.FAILED, problem=f"{what}; declare it again, or move them")
        deps.rows.failed([fresh.key])
    else:
        fresh = replace(fresh, due=now + GRACE)
    deps.rows.save(fresh)
    return name


def _wants(deps: Register, tenant: str, key: str) -> bool:
    """Whether the tenant wants the stream; one whose item cannot be used keeps what it has."""
    desired = read_desired(deps.items, deps.home, tenant)
    return desired.streams is None or key in desired.streams or key in desired.domains(deps.home)
