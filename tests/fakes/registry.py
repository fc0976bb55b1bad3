"""The registry and SES's listings in memory: twins of ``RegistryStore`` and ``SesInventory``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from sesguard.errors import AwsError, ConflictError
from sesguard.tenants.inventory import Inventory, SetSeen
from sesguard.tenants.stored import Stored


class MemoryStore:
    """``broken_after``: so many writes work, and then none."""

    def __init__(self, broken_after: int | None = None) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.writes: list[str] = []
        self.interrupted = False
        self._broken_after = broken_after

    def all(self) -> Mapping[str, Stored]:
        return {item: _stored(document) for item, document in sorted(self.items.items())}

    def find(self, item: str) -> Stored | None:
        return _stored(self.items[item]) if item in self.items else None

    def put(self, document: Mapping[str, Any], was: Stored | None) -> None:
        self._write(document["id"], was)
        self.items[document["id"]] = deepcopy(dict(document))

    def remove(self, was: Stored) -> None:
        self._write(was.raw["id"], was)
        del self.items[was.raw["id"]]

    def _write(self, item: str, was: Stored | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        if self._broken_after is not None and len(self.writes) >= self._broken_after:
            raise AwsError("PutItem", "InternalServerError", retryable=True)
        if self.items.get(item) != (dict(was.raw) if was else None):
            raise ConflictError(item)
        self.writes.append(item)


def _stored(document: Mapping[str, Any]) -> Stored:
    return Stored(deepcopy(dict(document)), deepcopy(dict(document)))


class MemorySes:
    """What SES has; ``asked`` counts calls by kind."""

    def __init__(
        self,
        sets: Mapping[str, SetSeen] | None = None,
        identities: Mapping[str, bool] | None = None,
        pools: Mapping[str, str] | None = None,
        defaults: Mapping[str, str] | None = None,
        addresses: Mapping[str, int] | None = None,
    ) -> None:
        self._addresses = dict(addresses or {})
        self._sets = dict(sets or {})
        self._identities = dict(identities or {})
        self._pools = dict(pools or {})
        self._defaults = dict(defaults or {})

    def look(self, *, identities: bool, pools: bool) -> Inventory:
        return Inventory(
            sets=frozenset(self._sets),
            identities=self._identities if identities else {},
            pools=frozenset(self._pools if pools else ()),
        )

    def scaling(self, pool: str) -> str:
        return self._pools[pool]

    def daily_quota(self) -> float:
        return 50_000.0

    def addresses(self, pool: str) -> int:
        return self._addresses.get(pool, 1)

    def sets(self, names: list[str]) -> Iterator[SetSeen]:
        return (self._sets[name] for name in names if name in self._sets)

    def default_sets(self, identities: list[str]) -> Iterator[tuple[str, str]]:
        return ((name, self._defaults.get(name, "")) for name in identities if name in self._identities)
