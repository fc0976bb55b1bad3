"""Policy files: TOML, JSON or YAML, which is read as in a registry's file."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from sesguard.errors import PolicyFileError, why_unread
from sesguard.policy import Policy
from sesguard.policy.policy import policy_from
from sesguard.tenants.problems import RegistryError
from sesguard.tenants.yaml_text import read_yaml
from sesguard.text import read_whole


def load_policy(path: Path) -> Policy:
    """Read a policy file, TOML, JSON or YAML by its suffix: one table of keys, each optional.

    Raises PolicyError for what is in it, OSError where it cannot be read.
    """
    suffix = path.suffix.lower()
    expected = {".json": "JSON", ".yaml": "YAML", ".yml": "YAML"}.get(suffix, "TOML, or JSON or YAML by its suffix")
    try:
        text = read_whole(path).decode("utf-8-sig")
        values = {".json": _json, ".yaml": _yaml, ".yml": _yaml}.get(suffix, tomllib.loads)(text)
    except (ValueError, RecursionError) as error:
        reason = why_unread(error) if isinstance(error, ValueError) else "is nested too deep"
        raise PolicyFileError(str(path), reason, expected) from None
    if not isinstance(values, dict):
        held = "list" if isinstance(values, list) else type(values).__name__
        raise PolicyFileError(str(path), f"holds a {held}", "one table of keys")
    return policy_from(values)


def _json(text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    return json.loads(text, object_pairs_hook=_table)


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = sorted({key for key, _ in pairs if [name for name, _ in pairs].count(key) > 1})
        raise ValueError(f"key {twice[0]!r} stands in it twice")
    return table


def _yaml(text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        read = read_yaml(text)
    except RegistryError as error:
        raise ValueError(str(error)) from None
    return {} if read is None else read
