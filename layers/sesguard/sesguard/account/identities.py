"""Identities of an account that lack a default configuration set."""

from __future__ import annotations

from typing import NamedTuple


class IdentitiesSeen(NamedTuple):
    """AccountIdentities without a default configuration set, of those that were looked at, of all that may send."""

    without_default_set: tuple[str, ...]
    looked_at: int
    of: int
    more: bool = False
