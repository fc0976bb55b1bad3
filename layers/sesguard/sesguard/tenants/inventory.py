"""What SES has, as a plan is held against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec


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
