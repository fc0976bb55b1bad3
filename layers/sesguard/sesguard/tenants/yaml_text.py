"""YAML with lines: a document from PyYAML's events, by YAML 1.2's core schema (numbers in tens alone), as editors do.

PyYAML's own composer would recurse, in C, as deep as the text says, and its resolver takes ``no`` for false, ``1e-6``
for text and ``0123`` for 83: https://yaml.org/spec/1.2.2/#103-core-schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sesguard.tenants.located import LocatedList, LocatedMap
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.text import one_line

_DEEPEST: Final = 20
# libyaml reads ahead, within a line, of the events that it hands out, and gives up at a thousand levels by itself.
_TOO_DEEP_FOR_THE_PARSER: Final = "maximum nesting depth"
_MOST_NODES: Final = 5_000_000  # aliases counted as often as they are used
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_INT: Final = re.compile(r"[-+]?[0-9]{1,38}")
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAG: Final = "tag:yaml.org,2002:"
_KNOWN_TAGS: Final = frozenset({None, "!", *(f"{_TAG}{name}" for name in "str int float bool null seq map".split())})


def read_yaml(text: str) -> Any:  # noqa: ANN401  # whatever the text holds
    """The one document of ``text``, of LocatedMap, LocatedList and scalars; None for an empty one.

    Raises RegistryError for what is no YAML, has a key twice, or is nested or repeated beyond reason.
    """
    try:
        import yaml
    except ImportError:
        raise _failed(0, "needs PyYAML, which comes with the command: install that, or write JSON lines") from None
    try:
        return _Composer(yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        problem = getattr(error, "problem", None) or str(error)
        if _TOO_DEEP_FOR_THE_PARSER in problem:
            raise _too_deep(line) from None
        raise _failed(line, f"is no YAML: {one_line(problem, 200)}") from None


def _failed(line: int, remedy: str) -> RegistryError:
    return RegistryError((Problem(line, "the file", "", remedy),))


def _too_deep(line: int) -> RegistryError:
    return _failed(line, f"is nested deeper than {_DEEPEST} levels")


class _Composer:
    """Makes the document of a stream of PyYAML's events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._twice: list[Problem] = []
        self._nodes = 0

    def document(self) -> Any:  # noqa: ANN401  # whatever the text holds
        found: list[Any] = []
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and found:
                raise _failed(event.start_mark.line + 1, "holds a second document: take the --- out")
            if kind in _NODES:
                found.append(self._node(event, 0))
        if self._twice:
            raise RegistryError(tuple(self._twice))
        return found[0] if found else None

    def _node(self, event: Any, depth: int) -> Any:  # noqa: ANN401  # PyYAML's events have no types
        line = event.start_mark.line + 1
        before = self._nodes
        self._count(1, line)
        if type(event).__name__ == "AliasEvent":
            return self._repeated(event, line)
        if depth > _DEEPEST:
            raise _too_deep(line)
        if event.tag not in _KNOWN_TAGS:
            raise _failed(line, f"has a tag that means nothing here: {one_line(event.tag, 60)}")
        if type(event).__name__ == "ScalarEvent":
            made: Any = event.value if event.style or event.tag == f"{_TAG}str" else _plain(event.value)
        elif type(event).__name__ == "SequenceStartEvent":
            made = self._list(line, depth)
        else:
            made = self._map(line, depth)
        if event.anchor:
            self._anchors[event.anchor] = (made, self._nodes - before)
        return made

    def _repeated(self, event: Any, line: int) -> Any:  # noqa: ANN401  # as above
        if event.anchor not in self._anchors:
            raise _failed(line, f"has an alias *{one_line(event.anchor, 60)} without an anchor before it")
        made, nodes = self._anchors[event.anchor]
        self._count(nodes, line)
        return made

    def _count(self, nodes: int, line: int) -> None:
        self._nodes += nodes
        if self._nodes > _MOST_NODES:
            raise _failed(line, f"has more than {_MOST_NODES:,} values, with aliases written out: split it")

    def _list(self, line: int, depth: int) -> LocatedList:
        made = LocatedList(line)
        for event in self._events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            made.lines.append(event.start_mark.line + 1)
            made.append(self._node(event, depth + 1))
        return made

    def _map(self, line: int, depth: int) -> LocatedMap:
        made = LocatedMap(line)
        for event in self._events:
            if type(event).__name__ == "MappingEndEvent":
                break
            at = event.start_mark.line + 1
            if type(event).__name__ != "ScalarEvent":
                raise _failed(at, "has a key that is no text")
            if event.value == "<<" and not event.style:
                raise _failed(at, "has a merge key <<: write the keys out, or put them under defaults or the tenant")
            if event.value in made:
                remedy = f"stands on line {made.lines[event.value]} already: keep one"
                self._twice.append(Problem(at, one_line(event.value, 60), "", remedy))
            made.lines[event.value] = at
            made[event.value] = self._node(next(self._events), depth + 1)
        return made


_NODES: Final = frozenset({"ScalarEvent", "SequenceStartEvent", "MappingStartEvent", "AliasEvent"})


def _plain(text: str) -> object:
    """A scalar without quotes."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
