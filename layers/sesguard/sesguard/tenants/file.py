"""A registry's file, YAML or JSON lines: everything in it, and everything that is wrong with it, at once."""

from __future__ import annotations

import json
from typing import Any, Final

from sesguard.stream import StreamId
from sesguard.tenants.document import TOP, Wanted, read_document
from sesguard.tenants.located import LocatedList, LocatedMap
from sesguard.tenants.model import Registry
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.tenants.yaml_text import read_yaml
from sesguard.text import LARGEST_FILE, one_line

NOTHING_KNOWN: Final = Registry()
TENANTS: Final = "tenants"


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def read(content: bytes, home: StreamId, known: Registry = NOTHING_KNOWN, *, lines: bool) -> Wanted:
    """Read a file's content. lines: it is JSON lines. home: the guard's account and region; known: what is registered.

    Raises RegistryError where it cannot be read as such; what is wrong beyond that is in ``Wanted.found``.
    """
    if len(content) > LARGEST_FILE:
        raise _unreadable(0, f"has more than {LARGEST_FILE:,} bytes: split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(content.count(b"\n", 0, error.start) + 1, "is no UTF-8: save it as such") from None
    document = read_json_lines(text, frozenset(TOP)) if lines else read_yaml(text)
    return read_document(document, home, known, lines=lines)


def _unreadable(line: int, remedy: str) -> RegistryError:
    return RegistryError((Problem(line, "the file", "", remedy),))


def read_json_lines(text: str, keys: frozenset[str]) -> LocatedMap:
    """The document that the lines make: each is a tenant, or an object of other ``keys`` of a registry.

    Raises RegistryError with all lines that are neither.
    """
    document, tenants = LocatedMap(1), LocatedList(1)
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, object_pairs_hook=_map, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            problems.append(Problem(number, "the line", "", _said(error)))
            continue
        if isinstance(value, dict) and "id" not in value and value and keys.issuperset(value):
            problems += _take(document, value, number)
        else:
            tenants.append(value)
            tenants.lines.append(number)
    if problems:
        raise RegistryError(tuple(problems))
    if tenants:
        document.lines[TENANTS], document[TENANTS] = tenants.lines[0], tenants
    return document


def _take(document: LocatedMap, value: dict[str, Any], number: int) -> list[Problem]:
    """Lay the registry's other keys into the document."""
    problems = []
    for key, each in value.items():
        if key == TENANTS:
            problems.append(Problem(number, key, "", "write each tenant on a line of its own"))
        elif key in document:
            problems.append(Problem(number, key, "", f"stands on line {document.lines[key]} already: keep one"))
        else:
            document.lines[key], document[key] = number, each
    return problems


def _map(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _TwiceError(f"has the key {one_line(twice, 60)} twice: keep one")
    return made


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _said(error: Exception) -> str:
    if isinstance(error, _TwiceError):
        return str(error)
    return f"is no JSON: {one_line(str(error), 120) or type(error).__name__}"
