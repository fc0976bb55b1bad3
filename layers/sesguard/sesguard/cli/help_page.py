"""How a page of help looks: usage, what the command does, and its parameters in two columns, at any width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import Any, Final

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions
from rich.text import Text

_LABELS: Final = 24
"""Columns of names; what is longer has a line of its own."""
_ITEM: Final = re.compile(r"  \S+(?: \S+)*?  +(?=\S)")


class PageFormatter:
    """The port ``HelpFormatter`` of cyclopts. about: what the page says of its command, as its docstring has it."""

    def __init__(self, about: str) -> None:
        self._about = about

    def __call__(self, console: Console, _: ConsoleOptions, panel: HelpPanel) -> None:
        if not panel.entries:
            return
        _print(console, str(panel.title), style="bold")
        for entry in panel.entries:
            for line in _row(_label(entry), _description(entry), console.width):
                _print(console, line)
        console.print()

    def render_usage(self, console: Console, _: ConsoleOptions, usage: Any) -> None:  # noqa: ANN401  # as the port has it
        _print(console, plain_usage(usage))
        console.print()

    def render_description(self, console: Console, _: ConsoleOptions, __: Any) -> None:  # noqa: ANN401  # as above
        for line in reflow(self._about, console.width):
            _print(console, line)
        console.print()


def plain_usage(usage: Any) -> str:  # noqa: ANN401  # text of either kind
    """Give the usage line as text."""
    said = getattr(usage, "plain", None) or str(usage)
    return said.strip() if said.strip().startswith("Usage:") else f"Usage: {said.strip()}"


def reflow(text: str, width: int) -> Iterator[str]:
    """Fit a docstring into ``width``: paragraphs are filled, indented lines keep their place and hang."""
    paragraph: list[str] = []
    lines = text.strip().splitlines()
    for line in [*lines, None]:
        if line and not line.startswith(" "):
            paragraph.append(line)
            continue
        yield from wrap(" ".join(paragraph), width, break_on_hyphens=False)
        paragraph = []
        if line is None:
            return
        item = _ITEM.match(line)
        hang = " " * (item.end() if item else len(line) - len(line.lstrip()))
        yield from wrap(line, width, subsequent_indent=hang, drop_whitespace=True) if line else [""]


def _row(label: str, description: str, width: int) -> Iterator[str]:
    margin = " " * (_LABELS + 2)
    lines = wrap(description, max(20, width - len(margin)))
    if len(label) > _LABELS - 2 or not lines:
        yield f"  {label}"
    else:
        yield f"  {label:<{_LABELS}}{lines.pop(0)}"
    yield from (margin + line for line in lines)


def _label(entry: HelpEntry) -> str:
    if entry.positional_label:
        return entry.positional_label
    names = ", ".join((*entry.names, *entry.shorts))
    return f"{names} {entry.metavar}" if entry.metavar and entry.names[0].startswith("--") else names


def _description(entry: HelpEntry) -> str:
    said = getattr(entry.description, "plain", None) or _inline(entry.description)
    extra = [f"one of {', '.join(entry.choices)}"] if entry.choices else []
    extra += [", ".join(entry.env_var)] if entry.env_var else []
    extra += ["required"] if entry.required and not entry.positional_label else []
    return f"{said} [{'; '.join(extra)}]" if extra else said


def _inline(description: Any) -> str:  # noqa: ANN401  # what cyclopts makes of a line of help
    primary = getattr(description, "primary_renderable", description)
    return "" if primary is None else getattr(primary, "plain", None) or str(primary)


def _print(console: Console, line: str, style: str = "") -> None:
    console.print(Text(line, style=style), soft_wrap=True)
