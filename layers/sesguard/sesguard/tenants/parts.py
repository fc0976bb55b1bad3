"""One file of tenants for many guards: which part of it each guard takes, and what none of them serves. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from sesguard.stream import StreamId
from sesguard.tenants.document import Wanted
from sesguard.tenants.model import Registry
from sesguard.tenants.problems import MISSING
from sesguard.tenants.quotas import Home

UNPLACED: Final = Home("000000000000", "none-0")
"""Where streams are that name neither account nor region, and that nothing else places: nobody's."""
_MOST_NAMED: Final = 5


def usual_home(homes: Iterable[Home]) -> StreamId:
    """Give where a stream is that does not say it: what all guards have in common, else what UNPLACED has."""
    accounts, regions = ({*values} for values in zip(*homes, strict=True))
    account = accounts.pop() if len(accounts) == 1 else UNPLACED.account
    region = regions.pop() if len(regions) == 1 else UNPLACED.region
    return StreamId(account, region, "")


def check_places(wanted: Wanted, homes: Collection[Home]) -> None:
    """Add to the file's problems each stream that no guard of ``homes`` serves."""
    for tenant in wanted.registry.tenants:
        for entry in tenant.streams:
            home = Home(entry.account, entry.region)
            path = wanted.places.get(entry.stream)
            if home in homes or path is None:
                continue
            lacking = [key for key in ("account", "region") if getattr(home, key) == getattr(UNPLACED, key)]
            for key in lacking:
                remedy = (
                    f"is missing, and the guards are in several: say in which {key} the stream is, or let "
                    "sesguard tenants place propose one"
                )
                wanted.found.add((*path, key), MISSING, remedy)
            if not lacking:
                remedy = f"no guard stands there: deploy one there, or say where one is: {_named(homes)}"
                wanted.found.add((*path, "configuration_set"), str(entry.stream), remedy)


def _named(homes: Collection[Home]) -> str:
    names = [f"{home.account}/{home.region}" for home in sorted(homes)]
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return f"{', '.join(names[:_MOST_NAMED])}{more}"


def part_of(whole: Registry, home: Home, registered: Registry) -> Registry:
    """Take the part of the guard at ``home``: the tenants with a stream there, whole, so that it knows all of theirs.

    Policies and the operator's channels are everybody's. A pool is taken where a stream names it, or where it is
    ``registered`` already: SES counts and bills pools by account.
    """
    tenants = tuple(each for each in whole.tenants if any((it.account, it.region) == home for it in each.streams))
    named = {it.pool for each in tenants for it in each.streams if (it.account, it.region) == home}
    pools = {name: pool for name, pool in whole.pools.items() if name in named or name in registered.pools}
    return msgspec.structs.replace(whole, tenants=tenants, pools=pools)


def check_left(wanted: Wanted, part: Registry, home: Home, registered: Registry) -> None:
    """Add to the file's problems each stream of the part that a tenant has who stays ``registered`` beside it."""
    taken = {each.id for each in part.tenants}
    for tenant in registered.tenants:
        for entry in tenant.streams:
            path = wanted.places.get(entry.stream)
            if tenant.id in taken or path is None or (entry.account, entry.region) != home:
                continue
            remedy = (
                f"is registered there as {tenant.id}'s, of whom the file has no stream there: remove that tenant there "
                "first (sesguard tenants remove), or say --prune"
            )
            wanted.found.add((*path, "configuration_set"), str(entry.stream), remedy)


def own_streams(registered: Registry, home: Home) -> Registry:
    """Keep of what a guard has registered what it alone has the say on: tenants, by their streams that it serves.

    Policies and pools are left out: one that is registered in one place cannot be named in another.
    """
    kept = []
    for each in registered.tenants:
        streams = tuple(it for it in each.streams if (it.account, it.region) == home)
        kept.append(msgspec.structs.replace(each, streams=streams))
    return Registry(tenants=tuple(kept))


def pools_of_nobody(whole: Registry, parts: Iterable[Registry]) -> Iterator[str]:
    """Name the pools of the file that no part has."""
    taken = {name for part in parts for name in part.pools}
    return (name for name in whole.pools if name not in taken)
