"""How often Python looks for cycles of what nobody uses while a replay runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SELDOM: Final = (200_000, 20, 100)
"""Objects, and rounds, between two looks: no more than some 20 MB can lie about."""


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Look for cycles seldom within this block.

    A replay makes none, but holds hundreds of thousands of lists: looking through them takes a sixth of its time.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
