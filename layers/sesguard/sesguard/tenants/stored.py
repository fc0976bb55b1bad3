"""A registry document as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Stored(NamedTuple):
    """An item. document: plain. raw: as the table holds it, by which it is known again."""

    document: Mapping[str, Any]
    raw: Mapping[str, Any]
