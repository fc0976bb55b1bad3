"""A document's maps and lists, each with the lines that its content stands in."""

from __future__ import annotations

from typing import Any

from sesguard.tenants.problems import Path


class LocatedMap(dict[str, Any]):
    """line: where it begins. lines: of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class LocatedList(list[Any]):
    """line: where it begins. lines: of what is in it."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def line_of(document: object, path: Path) -> int:
    """The line of what stands at ``path``, or of what is nearest above it; 0 where no lines are known."""
    line = 1 if isinstance(document, LocatedMap | LocatedList) else 0
    for part in path:
        if isinstance(document, LocatedMap) and isinstance(part, str) and part in document.lines:
            line, document = document.lines[part], document.get(part)
        elif isinstance(document, LocatedList) and isinstance(part, int) and part < len(document.lines):
            line, document = document.lines[part], document[part]
        else:
            return line
    return line
