"""Lists who is registered: those that all the filters hold for, or everybody.

--tag KEY or KEY=VALUE, --pool and --policy look at a tenant's streams: one that fits is enough.

--json prints one object: tenants (id, name, streams, pools, policies, tags) and unusable (id, problems), which are
items of the registry that the guard cannot use as they are.

A thousand are shown; --json has all.

--accounts lists those of each guard: a tenant with streams in several places is registered at each of them. With --json
there are then guards (guard, and what one guard's document has) and unread (guard, problem).

Exit code: 0; 4 where a guard of several could not be read; 2 for a command line that cannot be used; 3 where AWS or the
stack cannot be reached.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, NamedTuple

from cyclopts import Parameter

from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.connect import ATTENTION, DONE, answered, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import console, counted, plain, print_json, table
from sesguard.cli.tenants.over_guards import print_guards, read_each, say_unread, show_guard
from sesguard.cli.tenants.plan_view import called
from sesguard.cli.tenants.session import open_session, read_registry
from sesguard.tenants.model import TenantEntry
from sesguard.tenants.snapshot import RegistrySnapshot
from sesguard.wiring.operator import Guard

_MOST_SHOWN: Final = 1_000


class Filters(NamedTuple):
    """What a tenant's streams have to have; None for anything. tag: KEY or KEY=VALUE."""

    tag: str | None = None
    pool: str | None = None
    policy: str | None = None


def run(
    *,
    tag: Annotated[str | None, Parameter(metavar="KEY[=VALUE]", help="with that tag")] = None,
    pool: Annotated[str | None, Parameter(metavar="NAME", help="sending through that pool")] = None,
    policy: Annotated[str | None, Parameter(metavar="NAME", help="under that policy")] = None,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    filters = Filters(tag, pool, policy)
    if across.several:
        return answered(where, lambda: _list_many(find_guards(where, across), filters, json=json))
    return with_guard(where, lambda guard, _: _list(guard, filters, json=json))


def _list(guard: Guard, filters: Filters, *, json: bool) -> int:
    content = _read(guard)
    if json:
        print_json(_document(content, filters))
    else:
        _print(content, filters)
    return DONE


def _list_many(guards: Guards, filters: Filters, *, json: bool) -> int:
    found, unread = read_each(guards, _read)
    if json:
        print_guards({name: _document(content, filters) for name, (_, content) in found.items()}, unread)
        return ATTENTION if unread else DONE
    for name, (_, content) in found.items():
        show_guard(name)
        _print(content, filters)
    return say_unread(unread, DONE)


def _read(guard: Guard) -> RegistrySnapshot:
    return read_registry(open_session(guard)).content


def _chosen(content: RegistrySnapshot, filters: Filters) -> list[TenantEntry]:
    return [entry for entry in content.registry.tenants if fits(entry, filters)]


def _document(content: RegistrySnapshot, filters: Filters) -> dict[str, Any]:
    problems = [] if any(filters) else _unusable(content)
    return {
        "tenants": [_as_dict(entry) for entry in _chosen(content, filters)],
        "unusable": [{"id": item, "problems": [str(each) for each in its]} for item, its in problems],
    }


def _print(content: RegistrySnapshot, filters: Filters) -> None:
    _show(_chosen(content, filters), [] if any(filters) else _unusable(content), len(content.registry.tenants))


def fits(entry: TenantEntry, filters: Filters) -> bool:
    """Whether every filter holds for the tenant."""
    key, given, value = (filters.tag or "").partition("=")
    tags = [entry.tags, *(each.tags for each in entry.streams)]
    tagged = any(key in each and (not given or each[key] == value) for each in tags)
    pooled = any(each.pool == filters.pool for each in entry.streams)
    ruled = any(each.policy == filters.policy for each in entry.streams)
    return (tagged or not filters.tag) and (pooled or not filters.pool) and (ruled or not filters.policy)


def _unusable(content: RegistrySnapshot) -> list[tuple[str, Any]]:
    return sorted(content.unusable.items())


def _show(chosen: list[TenantEntry], unusable: list[tuple[str, Any]], of: int) -> None:
    shown = table("tenant", "name", "streams", "pool", "policy", right=("streams",))
    for entry in chosen[:_MOST_SHOWN]:
        shown.add_row(
            plain(entry.id, 64),
            plain(entry.name, 40),
            f"{len(entry.streams):,}",
            plain(", ".join(_pools(entry)), 40),
            plain(", ".join(_policies(entry)), 40),
        )
    screen = console()
    if chosen:
        screen.print(shown)
    if len(chosen) > _MOST_SHOWN:
        screen.print(f"… and {len(chosen) - _MOST_SHOWN:,} more: filter them, or --json has all.")
    of_all = f" of {of:,}" if len(chosen) < of else ""
    screen.print(f"{counted(len(chosen), 'tenant')}{of_all}, {counted(sum(len(e.streams) for e in chosen), 'stream')}.")
    for item, problems in unusable:
        screen.print(plain(f"{called(item)} is not usable: {problems[0]}", 300))


def _pools(entry: TenantEntry) -> list[str]:
    return sorted({each.pool for each in entry.streams})


def _policies(entry: TenantEntry) -> list[str]:
    return sorted({each.policy for each in entry.streams})


def _as_dict(entry: TenantEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "streams": [str(each.stream) for each in entry.streams],
        "pools": _pools(entry),
        "policies": _policies(entry),
        "tags": entry.tags,
    }
