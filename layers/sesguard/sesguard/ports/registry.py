"""The registry's items, and what SES has that a registry may speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec


class Stored(NamedTuple):
    """An item. document: plain. raw: as the table holds it, by which it is known again."""

    document: Mapping[str, Any]
    raw: Mapping[str, Any]


class RegistryStore(Protocol):
    """The items of the registry by their ids. Each method raises AwsError."""

    def all(self) -> Mapping[str, Stored]:
        """Read all."""
        ...

    def find(self, item: str) -> Stored | None:
        """Read one consistently."""
        ...

    def put(self, document: Mapping[str, Any], was: Stored | None) -> None:
        """Write an item if what is stored is still ``was`` (None: nothing). Raises ConflictError where it is not."""
        ...

    def remove(self, was: Stored) -> None:
        """Delete an item if it is still that. Raises ConflictError where it is not."""
        ...


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """What SES has in one account and region.

    identities: whether each is verified. What was not asked for is empty.
    """

    sets: frozenset[str] = frozenset()
    identities: Mapping[str, bool] = {}
    pools: frozenset[str] = frozenset()


class SetSeen(NamedTuple):
    """A configuration set as SES has it.

    pool: "shared" for SES's own, "" for none. suppression: None where it has none of its own.
    """

    name: str
    pool: str
    tls: str
    suppression: tuple[str, ...] | None
    tags: Mapping[str, str]


class SesInventory(Protocol):
    """What SES has, at one control call a second. Each method raises AwsError."""

    def look(self, *, identities: bool, pools: bool) -> Inventory:
        """List what is there: the sets, and of the rest what is asked for."""
        ...

    def scaling(self, pool: str) -> str:
        """Read a pool's scaling: managed or standard."""
        ...

    def sets(self, names: list[str]) -> Iterator[SetSeen]:
        """Read sets one after another; one that is gone is left out."""
        ...

    def default_sets(self, identities: list[str]) -> Iterator[tuple[str, str]]:
        """Read each identity's default set, "" for none."""
        ...
