"""A tenant with streams in several accounts or regions, seen as one: its counts side by side. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sesguard.account.sums import Sums
from sesguard.fleet.fleet import FleetRow


class TenantPlace(NamedTuple):
    """What a tenant has in one account and region. sums: of the last day, None where nothing of it was read."""

    account: str
    region: str
    rows: tuple[FleetRow, ...]
    sums: Sums | None


def by_tenant(rows: Iterable[FleetRow]) -> Mapping[str, tuple[TenantPlace, ...]]:
    """The places of each tenant; streams of nobody are left out."""
    found: dict[str, dict[tuple[str, str], list[FleetRow]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row.tenant:
            found[row.tenant][row.stream[:2]].append(row)
    return {
        tenant: tuple(TenantPlace(*place, tuple(its), together(its)) for place, its in sorted(places.items()))
        for tenant, places in sorted(found.items())
    }


def in_several(rows: Iterable[FleetRow]) -> Mapping[str, tuple[TenantPlace, ...]]:
    """Tenants with streams in more than one place."""
    return {tenant: places for tenant, places in by_tenant(rows).items() if len(places) > 1}


def together(rows: Sequence[FleetRow]) -> Sums | None:
    """What the streams sent together; None where nothing is known of any."""
    known = [row.sums for row in rows if row.sums is not None]
    whole = Sums()
    for sums in known:
        whole = whole.plus(sums)
    return whole if known else None
