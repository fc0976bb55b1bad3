"""Tables of the benchmarks."""

from __future__ import annotations

from collections.abc import Iterable


def row(title: str, cells: Iterable[str]) -> None:
    """Print a line of a table."""
    print(f"{title:32}", *(f"{cell:>10}" for cell in cells))
