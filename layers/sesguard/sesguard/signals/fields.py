"""Fields of a message whose JSON anybody may have written: one that is missing, or of another type, is empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Fields = Mapping[str, Any]


def fields_of(value: object) -> Fields:
    """The object that ``value`` is, or an empty one."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    return value if isinstance(value, str) else ""
