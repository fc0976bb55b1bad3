"""Plain values as DynamoDB's attributes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Attribute = dict[str, Any]


def attribute(value: object) -> Attribute:
    """A plain value (text, number, bool, None, lists and maps of them) as an attribute. Raises TypeError for others."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": repr(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, Mapping):
        return {"M": {name: attribute(each) for name, each in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [attribute(each) for each in value]}
    raise TypeError(f"{type(value).__name__} is no plain value")


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item."""
    return {name: attribute(value) for name, value in item.items()}


def plain(of: Mapping[str, Any]) -> Any:  # noqa: ANN401  # whatever somebody put
    """An attribute's value; sets become sorted lists, and numbers int where they are whole."""
    ((kind, value),) = of.items()
    if kind == "M":
        return {name: plain(each) for name, each in value.items()}
    if kind == "L":
        return [plain(each) for each in value]
    if kind == "N":
        return _number(value)
    if kind == "NS":
        return sorted(_number(each) for each in value)
    if kind in {"SS", "BS"}:
        return sorted(value)
    return None if kind == "NULL" else value


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item."""
    return {name: plain(value) for name, value in item.items()}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        number = float(text)
    return int(number) if number.is_integer() else number
