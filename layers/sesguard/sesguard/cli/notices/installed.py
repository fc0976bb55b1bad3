"""The platform's own wording in the guard's table: the item @notices, with maps ``templates`` and ``brand``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from sesguard.cli.connect import UsageError
from sesguard.cli.notices.folder import Own
from sesguard.wiring.operator import Guard
from sesguard.wiring.registry import registry_store

_ID: Final = "@notices"
# 400 KB an item, names included: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LARGEST: Final = 400_000


def install_wording(guard: Guard, own: Own, agreed: Callable[[Sequence[str]], bool]) -> bool | None:
    """Put ``own`` in the place of what is there: True where done, False where not ``agreed``, None where it is so.

    Raises UsageError where the item would be too large, AwsError, or ConflictError where another installs as well.
    """
    store = registry_store(guard)
    was = store.find(_ID)
    document: dict[str, Any] = {"id": _ID, "templates": dict(own.templates), "brand": dict(own.brand)}
    size = len(msgspec.json.encode(document))
    if size > _LARGEST:
        raise UsageError(f"all templates together have {size:,} bytes; DynamoDB holds {_LARGEST:,} in one item")
    before: Mapping[str, Any] = was.document if was else {}
    if before == document:
        return None
    if not agreed(_changes(before, document)):
        return False
    store.put(document, was)
    return True


def reset_wording(guard: Guard, agreed: Callable[[Sequence[str]], bool]) -> bool | None:
    """Take it out: True where done, False where not ``agreed``, None where there is none. Raises as install_wording."""
    store = registry_store(guard)
    was = store.find(_ID)
    if was is None:
        return None
    if not agreed(_changes(was.document, {})):
        return False
    store.remove(was)
    return True


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What would change, a line each: + added, ~ changed, - back to the built-in one."""
    lines = []
    for part in ("templates", "brand"):
        was, wanted = _map(before.get(part)), _map(after.get(part))
        for name in sorted(was.keys() | wanted.keys()):
            if was.get(name) != wanted.get(name):
                sign = "+" if name not in was else "-" if name not in wanted else "~"
                lines.append(f"{sign} {name if part == 'templates' else f'brand.toml: {name}'}")
    return lines


def _map(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
