"""Writing what others write to at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from sesguard.errors import ConflictError

T = TypeVar("T")

TRIES: Final = 5
"""Writers of one stream at once: enforce, sweep, an ingest or two, an operator, the owner's second click."""


def until_saved(work: Callable[[], T], tries: int = TRIES) -> T:
    """Do ``work``, which reads a record and saves it; again from the start where another writer was first.

    Raises ConflictError where others kept writing ``tries`` times, and whatever else ``work`` raises.
    """
    for _ in range(tries - 1):
        try:
            return work()
        except ConflictError:
            continue
    return work()
