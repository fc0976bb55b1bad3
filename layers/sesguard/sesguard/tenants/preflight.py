"""What a file asks of SES that SES, as it is, will refuse. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sesguard.stream import StreamId
from sesguard.tenants.document import Wanted
from sesguard.tenants.inventory import Inventory
from sesguard.tenants.model import DEDICATED, RESERVED_POOLS, SHARED, Registry, StreamEntry, identity_key
from sesguard.tenants.quotas import MOST_POOLS

_OF_SES = frozenset({SHARED, DEDICATED})


class Asked(NamedTuple):
    """What has to be known of SES to judge a file."""

    any: bool
    identities: bool
    pools: bool


def asked(wanted: Wanted, home: StreamId) -> Asked:
    """Whether the file speaks of what is in the guard's own account and region at all, and of what there."""
    streams = list(streams_at(wanted.registry, home))
    pools = bool(wanted.registry.pools) or any(entry.pool not in _OF_SES for entry in streams)
    return Asked(bool(streams) or pools, any(entry.identities for entry in streams), pools)


def streams_at(registry: Registry, home: StreamId) -> Iterator[StreamEntry]:
    """The streams that the guard at ``home`` serves."""
    for tenant in registry.tenants:
        for entry in tenant.streams:
            if (entry.account, entry.region) == (home.account, home.region):
                yield entry


@dataclass(frozen=True, slots=True)
class Preflight:
    """Adds to a file's problems. own_set: the configuration set of the guard's own mail.

    scaling: managed or standard, of a pool that SES has. addresses: how many it has in it.
    """

    home: StreamId
    registered: Registry
    inventory: Inventory
    scaling: Callable[[str], str]
    own_set: str
    addresses: Callable[[str], int]

    def check(self, wanted: Wanted) -> None:
        """Look at every stream that this guard serves, and at the pools. Raises AwsError."""
        for entry in streams_at(wanted.registry, self.home):
            if entry.configuration_set == self.own_set and entry.stream in wanted.places:
                path = (*wanted.places[entry.stream], "configuration_set")
                remedy = "is the guard's own, for its notices: it would pause itself. Leave it out"
                wanted.found.add(path, entry.configuration_set, remedy)
            for identity in entry.identities:
                if identity in entry.created:
                    continue  # the guard makes it, and waits until it is verified
                if remedy := self._identity(identity):
                    path = wanted.identities.get((entry.account, entry.region, identity_key(identity)), ())
                    wanted.found.add(path, identity, remedy)
        self._pools(wanted)
        self._empty_pools(wanted)

    def _empty_pools(self, wanted: Wanted) -> None:
        """Mail of a set whose pool has no address cannot be sent: no stream moves to such a pool."""
        was = {entry.stream: entry.pool for entry in streams_at(self.registered, self.home)}
        empty: dict[str, bool] = {}
        for entry in streams_at(wanted.registry, self.home):
            name = entry.pool
            if name in _OF_SES or was.get(entry.stream) == name or entry.stream not in wanted.places:
                continue
            if name not in empty:
                empty[name] = self._is_empty(wanted.registry, name)
            if empty[name]:
                remedy = (
                    "the pool has no address, so its mail could not be sent: apply the pool alone, put addresses into "
                    f"it (sesguard tenants pools assign {name} ADDRESS), and name it then; or use a managed pool"
                )
                wanted.found.add((*wanted.places[entry.stream], "pool"), name, remedy)

    def _is_empty(self, registry: Registry, name: str) -> bool:
        if name in self.inventory.pools:
            return self.scaling(name) == "standard" and self.addresses(name) == 0
        declared = registry.pools.get(name) or self.registered.pools.get(name)
        return declared is not None and declared.scaling == "standard"

    def _identity(self, identity: str) -> str:
        verified = self.inventory.identities.get(identity)
        if verified is None:
            where = f"{self.home.account} {self.home.region}"
            return (
                f"SES has no such identity in {where}: say create: true of it, create it and have it verified, "
                "or leave it out"
            )
        return (
            ""
            if verified
            else "SES has not verified it yet: publish the records that SES shows for it, or leave it out"
        )

    def _pools(self, wanted: Wanted) -> None:
        pools = wanted.registry.pools
        there = self.inventory.pools - RESERVED_POOLS
        every = there | self.registered.pools.keys() | pools.keys()
        if pools.keys() - there and len(every) > MOST_POOLS:
            remedy = (
                f"{len(every)} pools with the {len(there)} that SES has in {self.home.region}, where it "
                f"takes {MOST_POOLS}: let tenants share pools, or delete those that no configuration set uses"
            )
            wanted.found.add(("pools",), dict(pools), remedy)
        for name, pool in pools.items():
            if name in self.inventory.pools and pool.scaling:
                self._scaling(wanted, name, pool.scaling)

    def _scaling(self, wanted: Wanted, name: str, scaling: str) -> None:
        registered = self.registered.pools.get(name)
        if registered is not None and registered.scaling == scaling:
            return
        there = self.scaling(name)
        path = ("pools", name, "scaling")
        if there != scaling and registered is None:
            remedy = f"SES has a pool of that name, {there}: say scaling: {there}, or choose another name"
            wanted.found.add(path, scaling, remedy)
        elif there != scaling and there == "managed":
            remedy = "SES makes no managed pool standard: declare a new one and move the streams to it"
            wanted.found.add(path, scaling, remedy)
