"""A registry as a file: YAML, or JSON lines. Reading it gives the same registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from sesguard.stream import StreamId
from sesguard.tenants.items import item_of
from sesguard.tenants.model import Registry

# What needs no quotes whoever reads it, by YAML 1.1 or 1.2.
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./@-]*(?: [A-Za-z0-9_./@-]+)*|[0-9]{1,9}[smhd]")
_WORDS: Final = frozenset("y n yes no on off true false null".split())
_INDENT: Final = 2
_WIDTH: Final = 100


def documents(registry: Registry, home: StreamId) -> dict[str, Any]:
    """The registry's document, with what is empty left out."""
    whole: dict[str, Any] = {
        "policies": {name: dict(values) for name, values in sorted(registry.policies.items())},
        "pools": {name: msgspec.to_builtins(pool) for name, pool in sorted(registry.pools.items())},
        "operator": {"channels": msgspec.to_builtins(registry.operator)} if registry.operator is not None else {},
        "tenants": [item_of(entry, home) for entry in sorted(registry.tenants, key=lambda entry: entry.id)],
    }
    return {key: value for key, value in whole.items() if value}


def as_json_lines(registry: Registry, home: StreamId) -> Iterator[str]:
    """A line for what is not tenants, and a line for each tenant."""
    whole = documents(registry, home)
    tenants = whole.pop("tenants", [])
    if whole:
        yield json.dumps(whole, ensure_ascii=False)
    yield from (json.dumps(each, ensure_ascii=False) for each in tenants)


def as_yaml(registry: Registry, home: StreamId) -> Iterator[str]:
    """The lines of a YAML file."""
    for key, value in documents(registry, home).items():
        yield from _entry(key, value, 0)


def _entry(key: str, value: object, depth: int) -> Iterator[str]:
    """A key and its value: in one line where that is short."""
    margin = " " * depth
    flow = f"{margin}{_scalar(key)}: {_flow(value)}"
    nested = key in {"tenants", "streams"}
    if not nested and len(flow) <= _WIDTH:
        yield flow
    elif isinstance(value, Mapping):
        yield f"{margin}{_scalar(key)}:"
        for name, each in value.items():
            yield from _entry(name, each, depth + _INDENT)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield f"{margin}{_scalar(key)}:"
        for each in value:
            yield from _item(each, depth + _INDENT)
    else:
        yield flow


def _item(value: object, depth: int) -> Iterator[str]:
    """An item of a list, its first key beside the dash."""
    if not isinstance(value, Mapping):
        yield f"{' ' * depth}- {_flow(value)}"
        return
    first = True
    for key, each in value.items():
        for line in _entry(key, each, depth + _INDENT):
            yield f"{' ' * depth}- {line[depth + _INDENT :]}" if first else line
            first = False


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    # JSON's strings and numbers are YAML's, as long as what cannot be printed is escaped as YAML has it.
    written = json.dumps(value, ensure_ascii=False)
    if written.isprintable():
        return written
    return "".join(letter if letter.isprintable() else f"\\U{ord(letter):08x}" for letter in written)
