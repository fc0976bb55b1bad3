"""Finding SES events within what somebody else has made of them: other logs' documents, tables, text around them.

For files that somebody names on a command line, which have come to no harm if they are read with patience. The deployed
guard does not search: it sets such a message aside. A mail's own fields are not searched here either: headers, tags and
diagnostic text are whoever wrote them's, who could forge an event in there.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from sesguard.ses_events.foreign import SES
from sesguard.ses_events.observe import RULES
from sesguard.ses_events.reasons import UnreadableError
from sesguard.ses_events.wrappers import speaks_of_event, unpacked

_DEEPEST: Final = 24  # levels of objects, lists and texts; an archive of a browser's requests has 12
_OF_A_MAIL: Final = frozenset({"mail", "commonHeaders", "headers", "tags"})
_KINDS: Final = ("eventType", "notificationType")
_MOST_IN_VAIN: Final = 8  # times the length of a text that is looked at in vain
_OPENS: Final = re.compile(r"[{\[]")
_QUOTED: Final = re.compile(r'"(\{(?:[^"]|"")*+(?<=\}))"')  # a cell of a table, as RFC 4180 has it
_LONGEST_SPELLED: Final = 1_048_576
_BASE64_OF_AN_OBJECT: Final = re.compile(r"(?:eyJ|H4sI)[A-Za-z0-9+/_-]+={0,2}")
# A line whose first object is as Python prints it, or escaped JSON: what stands within JSON is never taken for one.
_SPELLED: Final = re.compile(r"""^([^{\n]*?)(\[?\{ ?(?:'|\\")[^\n]*[}\]])([^}\]\n]*)$""", re.MULTILINE)


class Within(NamedTuple):
    """What was found. events: each in its envelope, where that is one of AWS's. rest: whether parts are left unread."""

    events: list[bytes]
    rest: bool


def events_within(body: str | bytes) -> Within:
    """Find the events within a message that is none itself. Raises nothing."""
    text = body if isinstance(body, str) else bytes(body).decode("utf-8", "replace")
    search = _Search()
    search.text(text, _DEEPEST, top=True)
    return Within(search.found, search.rest)


class _Search:
    """One search. found: the events; rest: whether text that speaks of an event could not be read."""

    def __init__(self) -> None:
        self.found: list[bytes] = []
        self.rest = False

    def value(self, value: object, depth: int) -> None:
        """Search a value of JSON."""
        if depth <= 0:
            return
        if isinstance(value, str):
            self.text(value, depth - 1)
        elif isinstance(value, list):
            for each in value:
                self.value(each, depth - 1)
        elif isinstance(value, dict):
            if _is_event(value):
                self._take(value)
            elif not _is_mail(value):
                for name, each in value.items():
                    if name not in _OF_A_MAIL:
                        self.value(each, depth - 1)

    def _take(self, event: object) -> None:
        try:
            self.found.append(msgspec.json.encode(event))
        except (ValueError, TypeError, OverflowError):  # numbers and half characters that JSON has no room for
            self.rest = True

    def text(self, text: str, depth: int, *, top: bool = False) -> None:
        """Search text: JSON, in base64 or compressed, or with something else around it."""
        if depth <= 0 or not text:
            return
        try:
            value = msgspec.json.decode(text)
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(value, dict | list | str):
                self._inside(value, depth) if top else self.value(value, depth - 1)
            return
        try:
            inner = unpacked(text)
        except UnreadableError:
            return
        if inner is not None:
            self.text(inner.decode("utf-8", "replace"), depth - 1)
        elif speaks_of_event(text):
            self._around(text, depth - 1)
        elif "\n" in text:
            for line in filter(_BASE64_OF_AN_OBJECT.fullmatch, text.split()):
                self.text(line, depth - 1)

    def _inside(self, value: object, depth: int) -> None:
        """Search a whole message, which is no event that can be read, whatever it looks like."""
        if isinstance(value, dict) and _is_event(value):
            return
        self.value(value, depth)

    def _around(self, text: str, depth: int) -> None:
        """Search text in which something is no JSON."""
        for split in (_cells, _spelled_lines, _objects):
            left = []
            for part, value in split(text):
                if value is None:
                    left.append(part)
                else:
                    self.value(value, depth)
            text = "\n".join(left)
        self.rest = self.rest or speaks_of_event(text)


Part = tuple[str, object | None]
"""Text that is no object, with None; or an object, with what it was written as."""


def _cells(text: str) -> Iterator[Part]:
    """Split text at cells of a table that hold an object."""
    return _split(text, _QUOTED, 0, lambda cell: _decoded(cell[1].replace('""', '"')))


def _spelled_lines(text: str) -> Iterator[Part]:
    """Split text at objects, a line each, that something else than JSON spells."""
    return _split(text, _SPELLED, 2, lambda line: _spelled(line[2]))


def _split(text: str, pattern: re.Pattern[str], group: int, read: Callable[[re.Match[str]], object]) -> Iterator[Part]:
    at = 0
    for found in pattern.finditer(text):
        value = read(found)
        if value is not None:
            yield text[at : found.start(group)], None
            yield found[group], value
            at = found.end(group)
    yield text[at:], None


def _objects(text: str) -> Iterator[Part]:
    """Split text at objects and lists of JSON. Gives up where too much was looked at in vain."""
    decoder = json.JSONDecoder()
    at = left = 0
    in_vain = _MOST_IN_VAIN * len(text)
    while in_vain > 0 and (opening := _OPENS.search(text, at)) is not None:
        start = opening.start()
        try:
            value, at = decoder.raw_decode(text, start)
        except ValueError as problem:  # also for a number of thousands of digits, which has no place
            in_vain -= getattr(problem, "pos", len(text)) - start + 1
            at = start + 1
        except RecursionError:
            break
        else:
            yield text[left:start], None
            yield text[start:at], value
            left = at
    yield text[left:], None


def _decoded(text: str) -> object | None:
    try:
        value: object = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    return value


def _spelled(text: str) -> object | None:
    """An object as Python prints it, or as escaped JSON; None for anything else."""
    if len(text) > _LONGEST_SPELLED:
        return None
    if text.startswith(('{\\"', '[{\\"')):
        unescaped = _decoded(f'"{text}"')
        return _decoded(unescaped) if isinstance(unescaped, str) else None
    try:
        value: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return value


def _is_event(value: dict[Any, Any]) -> bool:
    """Whether an object is an event, or an envelope of one: its reader is to judge it."""
    kind = next((value[name] for name in _KINDS if name in value), None)
    if "mail" in value:
        return isinstance(kind, str) and kind in RULES
    if value.get("source") == SES and isinstance(value.get("detail"), dict):
        return True
    return value.get("Type") == "Notification" and isinstance(value.get("Message"), str)


def _is_mail(value: dict[Any, Any]) -> bool:
    return "commonHeaders" in value or {"messageId", "destination"} <= value.keys()
