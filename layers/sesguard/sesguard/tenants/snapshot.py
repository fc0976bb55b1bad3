"""All that is registered, read from its items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sesguard.stream import StreamId
from sesguard.tenants.items import OPERATOR, POLICY, POOL, RESERVED, operator_of, policy_of, pool_of, tenant_of
from sesguard.tenants.model import ChannelEntry, Pool, Registry, TenantEntry
from sesguard.tenants.problems import Problem, RegistryError


@dataclass(frozen=True, slots=True)
class RegistrySnapshot:
    """registry: what is usable. unusable: the ids of other items, with what is wrong with each."""

    registry: Registry
    unusable: Mapping[str, tuple[Problem, ...]]


def registered(documents: Mapping[str, Mapping[str, Any]], home: StreamId) -> RegistrySnapshot:
    """Read plain items by their ids. An item that is not usable holds up no other."""
    reader = _Reader(home)
    for item in sorted(documents, key=lambda item: (not item.startswith(RESERVED), item)):  # tenants name policies
        document = documents[item]
        try:
            reader.read(item, document)
        except RegistryError as error:
            reader.unusable[item] = error.problems
    registry = Registry(
        tenants=tuple(reader.tenants), policies=reader.policies, pools=reader.pools, operator=reader.operator
    )
    return RegistrySnapshot(registry, reader.unusable)


class _Reader:
    def __init__(self, home: StreamId) -> None:
        self.tenants: list[TenantEntry] = []
        self.policies: dict[str, Mapping[str, Any]] = {}
        self.pools: dict[str, Pool] = {}
        self.operator: tuple[ChannelEntry, ...] | None = None
        self.unusable: dict[str, tuple[Problem, ...]] = {}
        self._home = home

    def read(self, item: str, document: Mapping[str, Any]) -> None:
        """Take one item. Raises RegistryError."""
        if item.startswith(POLICY):
            self.policies[item.removeprefix(POLICY)] = policy_of(document)
        elif item.startswith(POOL):
            self.pools[item.removeprefix(POOL)] = pool_of(document)
        elif item == OPERATOR:
            self.operator = operator_of(document)
        elif not item.startswith(RESERVED):
            self.tenants.append(tenant_of(document, self._home, self.policies))
