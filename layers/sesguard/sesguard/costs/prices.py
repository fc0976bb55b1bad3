"""What AWS charges, by its price list: ``prices.toml`` beside this file says for what, where and when it was read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Price:
    """``dollars`` for ``per`` of ``unit``."""

    dollars: float
    per: int
    unit: str
    source: str

    def of(self, count: float) -> float:
        """Dollars for ``count``."""
        return count * self.dollars / self.per


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by name, in one ``region``, as ``read`` on a day (ISO 8601)."""

    region: str
    read: str
    price: Mapping[str, Price]


@cache
def list_prices() -> Prices:
    """Read the price list."""
    found = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))
    return Prices(found["region"], found["read"], {name: Price(**fields) for name, fields in found["price"].items()})
