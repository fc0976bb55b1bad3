"""Dedicated addresses: which pool each is in, how far its warm-up is, and which streams send from the pool.

list shows every pool of SES with its addresses; assign puts an address of the account into a standard pool, and refuses
to take the last one from a pool that streams send from. SES takes one call a second, so a list takes two a pool.

--json prints one object: pools (name, scaling, streams, addresses (ip, warm_up, percent)); of assign: ip, pool, before.

Exit code: 0; 4 where streams send from a pool without addresses; 1 where an address cannot be moved; 2 for a command
line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from sesguard.cli.connect import ATTENTION, DONE, REFUSED, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import console, counted, plain, print_json, table
from sesguard.cli.tenants.session import open_session, read_registry
from sesguard.provisioning.pool_addresses import PoolError, PoolNow, assign
from sesguard.text import one_line
from sesguard.wiring.operator import Guard
from sesguard.wiring.registry import pool_addresses


def show(*, json: Json = False, where: Where = HERE) -> int:
    return with_guard(where, lambda guard, _: _list(guard, json=json))


def put(
    pool: Annotated[str, Parameter(name="POOL", help="a standard pool")],
    address: Annotated[str, Parameter(name="ADDRESS", help="a dedicated address of the account")],
    /,
    *,
    json: Json = False,
    where: Where = HERE,
) -> int:
    return with_guard(where, lambda guard, _: _assign(guard, pool, address, json=json))


def _list(guard: Guard, *, json: bool) -> int:
    pools, used = pool_addresses(guard).pools(), _used(guard)
    if json:
        print_json({"pools": [_as_dict(each, used) for each in pools]})
    else:
        _show(console(), pools, used)
    return ATTENTION if any(_dry(each, used) for each in pools) else DONE


def _assign(guard: Guard, pool: str, ip: str, *, json: bool) -> int:
    try:
        before = assign(pool_addresses(guard), ip, pool, _used(guard).keys())
    except PoolError as error:
        print(f"sesguard: {one_line(str(error), 300)}", file=sys.stderr)
        return REFUSED
    if json:
        print_json({"ip": ip, "pool": pool, "before": before.pool})
    else:
        was = f", before in {before.pool}" if before.pool != pool else " already"
        warm = f"; warm-up {before.percent} %" if before.warm_up != "done" else ""
        console().print(plain(f"{ip} is in {pool}{was}{warm}"))
    return DONE


def _used(guard: Guard) -> Counter[str]:
    """How many registered streams of the guard's account and region send from each pool."""
    session = open_session(guard)
    registry = read_registry(session).content.registry
    return Counter(
        entry.pool for tenant in registry.tenants for entry in tenant.streams if entry.stream[:2] == session.home[:2]
    )


def _dry(pool: PoolNow, used: Mapping[str, int]) -> bool:
    return pool.scaling == "standard" and not pool.addresses and bool(used.get(pool.name))


def _show(screen: Console, pools: Sequence[PoolNow], used: Mapping[str, int]) -> None:
    if not pools:
        screen.print("SES has no pools of dedicated addresses here.")
        return
    rows = table("pool", "scaling", "streams", "address", "warm-up", right=("streams", "warm-up"))
    for pool in pools:
        streams = str(used.get(pool.name, 0))
        first = (plain(pool.name, 64), plain(pool.scaling, 10), streams)
        for number, each in enumerate(pool.addresses):
            shown = first if number == 0 else ("", "", "")
            rows.add_row(*shown, plain(each.ip, 20), "done" if each.warm_up == "done" else f"{each.percent} %")
        if not pool.addresses:
            rows.add_row(*first, "SES's own" if pool.scaling == "managed" else "none", "")
    screen.print(rows)
    for pool in pools:
        if _dry(pool, used):
            many = counted(used[pool.name], "stream")
            screen.print(plain(f"{pool.name} has no address, and {many} cannot send"), style="red")


def _as_dict(pool: PoolNow, used: Mapping[str, int]) -> dict[str, object]:
    addresses = [{"ip": each.ip, "warm_up": each.warm_up, "percent": each.percent} for each in pool.addresses]
    return {
        "name": pool.name,
        "scaling": pool.scaling,
        "streams": used.get(pool.name, 0),
        "addresses": addresses,
    }
