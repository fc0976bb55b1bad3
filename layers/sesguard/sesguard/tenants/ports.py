"""The registry's items, and what SES has that a registry may speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from sesguard.tenants.inventory import Inventory, SetSeen
from sesguard.tenants.stored import Stored


class RegistryStore(Protocol):
    """The items of the registry by their ids. Each method raises AwsError."""

    def all(self) -> Mapping[str, Stored]:
        """Read all."""

    def find(self, item: str) -> Stored | None:
        """Read one consistently."""

    def put(self, document: Mapping[str, Any], was: Stored | None) -> None:
        """Write an item if what is stored is still ``was`` (None: nothing). Raises ConflictError where it is not."""

    def remove(self, was: Stored) -> None:
        """Delete an item if it is still that. Raises ConflictError where it is not."""


class SesInventory(Protocol):
    """What SES has, at one control call a second. Each method raises AwsError."""

    def look(self, *, identities: bool, pools: bool) -> Inventory:
        """List what is there: the sets, and of the rest what is asked for."""

    def scaling(self, pool: str) -> str:
        """Read a pool's scaling: managed or standard."""

    def daily_quota(self) -> float:
        """Read how many mails SES takes within 24 hours; below 0 for no limit."""

    def addresses(self, pool: str) -> int:
        """Count the dedicated addresses of a pool."""

    def sets(self, names: list[str]) -> Iterator[SetSeen]:
        """Read sets one after another; one that is gone is left out."""

    def default_sets(self, identities: list[str]) -> Iterator[tuple[str, str]]:
        """Read each identity's default set, "" for none."""
