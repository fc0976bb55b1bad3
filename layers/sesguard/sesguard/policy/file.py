"""Policy files: TOML, JSON or YAML."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from sesguard.errors import PolicyFileError, why_unread
from sesguard.policy.policy import Policy, policy_from
from sesguard.text import read_whole


def load_policy(path: Path) -> Policy:
    """Read a policy file, TOML, JSON or YAML by its suffix: one table of keys, each optional.

    Raises PolicyError for what is in it, OSError where it cannot be read.
    """
    suffix = path.suffix.lower()
    expected = {".json": "JSON", ".yaml": "YAML", ".yml": "YAML"}.get(suffix, "TOML, or JSON or YAML by its suffix")
    try:
        text = read_whole(path).decode()
        values = {".json": _json, ".yaml": _yaml, ".yml": _yaml}.get(suffix, tomllib.loads)(text)
    except (ValueError, RecursionError) as error:
        reason = why_unread(error) if isinstance(error, ValueError) else "is nested too deep"
        raise PolicyFileError(str(path), reason, expected) from None
    if not isinstance(values, dict):
        raise PolicyFileError(str(path), f"holds a {type(values).__name__}", "one table of keys")
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
    """Read YAML, with 1e-6 as the number it is in TOML and JSON: YAML 1.1 asks for a dot in it."""
    try:
        import yaml
    except ImportError:
        raise ValueError(
            "needs PyYAML, which comes with the command: install that, or write the policy in TOML"
        ) from None

    class Loader(yaml.SafeLoader):
        """With a resolver of its own; yaml's classes are shared by everybody who loads it."""

    Loader.add_implicit_resolver(
        "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789")
    )
    try:
        read = yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None
    return {} if read is None else read
