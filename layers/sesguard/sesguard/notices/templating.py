"""Jinja2, as notices use it: sandboxed, strict about names, escaping by itself, and with a few filters of its own.

The sandbox is for a platform's own templates, see https://jinja.palletsprojects.com/en/stable/sandbox/. What could make
markup of a value is not there at all.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from jinja2 import FunctionLoader, StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sesguard.detection.figures import odds, percent
from sesguard.notices.outside import begins, bound, printed
from sesguard.notices.variables import Count

COLUMNS: Final = 76  # of a text mail, https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1 wants less than 78

# Each could turn a value from outside into markup, or make one notice differ from the next.
FORBIDDEN_FILTERS: Final = frozenset({"safe", "urlize", "xmlattr", "tojson", "attr", "random", "pprint"})
_FORBIDDEN_GLOBALS: Final = ("lipsum",)


def environment(source: Callable[[str], str | None]) -> ImmutableSandboxedEnvironment:
    """Make an environment of the templates that ``source`` gives by name."""

    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        text = source(name)
        return None if text is None else (text, name, lambda: True)  # the name, so that errors say where

    made = ImmutableSandboxedEnvironment(
        loader=FunctionLoader(load),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        finalize=printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # or the last line of what is included would run into the next
        auto_reload=False,
    )
    for name in FORBIDDEN_FILTERS:
        del made.filters[name]
    for name in _FORBIDDEN_GLOBALS:
        del made.globals[name]
    made.filters |= FILTERS
    made.globals["period"] = period
    return made


def refuse(tree: nodes.Template, name: str) -> None:
    """Raise TemplateSyntaxError where a parsed template turns escaping off."""
    for node in tree.find_all((nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)):
        raise TemplateSyntaxError("autoescape may not be changed", node.lineno, name, name)


def time(at: datetime) -> str:
    """``21 November 2026, 19:00 UTC``."""
    at = at.astimezone(UTC)
    return f"{day(at)}, {bound(f'{at:%H:%M} UTC')}"


def day(at: datetime) -> str:
    """``21 November 2026``."""
    return f"{bound(f'{at.day} {at:%B}')} {at:%Y}"


def period(start: datetime, end: datetime) -> str:
    """``on 21 November 2026 from 17:55 to 18:00 UTC``, or over several days."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if start.date() == end.date():
        return f"on {day(start)} from {start:%H:%M} to {bound(f'{end:%H:%M} UTC')}"
    return f"from {time(start)} to {time(end)}"


def listed(counts: Iterable[Count]) -> str:
    """``gmail.com 8, aol.com 2``."""
    return ", ".join(f"{printed(each.name)}{bound(' ')}{each.count:,}" for each in counts)


def number(value: int) -> str:
    """``4,310``."""
    return f"{value:,}"


def wrapped(text: str, first: str = "", rest: str | None = None) -> str:
    """Break a line of plain text at spaces into lines of :data:`COLUMNS`, indented by ``first`` and ``rest``."""
    # textwrap leaves unbreakable spaces whole, as they are no white space to it.
    lines = textwrap.wrap(
        text,
        COLUMNS,
        initial_indent=first,
        subsequent_indent=first if rest is None else rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # What comes from outside begins no line that could be a heading or a paragraph.
    return "\n".join(f"  {line}" if number and begins(line) else line for number, line in enumerate(lines))


def aligned(facts: Iterable[tuple[str, str]]) -> str:
    """``label: value`` a line, the values below one another."""
    pairs = list(facts)
    width = max((len(label) for label, _ in pairs), default=0) + 2
    return "\n".join(f"{label + ':':{width}}{value}" for label, value in pairs)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "percent": lambda fraction: bound(percent(fraction)),
    "odds": odds,
    "time": time,
    "listed": listed,
    "number": number,
    "wrapped": wrapped,
    "aligned": aligned,
}
