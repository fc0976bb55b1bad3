"""Pages of help: usage, what the command does, and its parameters in two columns, at any width.

A page is shown as it was made of the command (:mod:`sesguard.cli.reference`), because importing the command, with AWS's
library and whatever else it needs, and the library that reads command lines would take ten times as long. Needs nothing
but the standard library.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import Final, NamedTuple

from sesguard.cli.commands import GROUPS

PAGES: Final = Path(__file__).with_name("help_pages.json")
WIDTH: Final = 100
"""Columns of output that no terminal narrows."""
HELP: Final = frozenset({"--help", "-h"})
LOCAL: Final = "--local"
_LABELS: Final = 24
"""Columns of names; what is longer has a line of its own."""
_ITEM: Final = re.compile(r"  \S+(?: \S+)*?  +(?=\S)")
_GROUPS: Final = frozenset({"", *(group.word for group in GROUPS)})


class Panel(NamedTuple):
    """Rows of names and what they are for, under a title."""

    title: str
    rows: Sequence[tuple[str, str]]


class Page(NamedTuple):
    """A page of help. about: as the command's docstring has it."""

    usage: str
    about: str
    panels: Sequence[Panel]

    @classmethod
    def from_json(cls, usage: str, about: str, panels: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> Page:
        return cls(usage, about, [Panel(*panel) for panel in panels])


def page_asked_for(words: Sequence[str]) -> Page | None:
    """Give the page that a command line asks for: one with --help, or that names a group alone. None for any other.

    None as well for commands that there are not: whoever reads command lines says what was meant.
    """
    read = list(words[: words.index("--")] if "--" in words else words)
    rest = [word for word in (read[1:] if read[:1] == [LOCAL] else read) if word not in HELP]
    if HELP.isdisjoint(read) and " ".join(rest) not in _GROUPS:
        return None
    pages = json.loads(PAGES.read_text(encoding="utf-8"))
    command = ""
    for word in rest:
        longer = f"{command} {word}".strip()
        if longer not in pages:
            if command in _GROUPS and not word.startswith("-"):
                return None
            break
        command = longer
    return Page.from_json(*pages[command])


def show(page: Page) -> None:
    """Print a page: as wide as the terminal, at most WIDTH; WIDTH where it is none."""
    terminal = sys.stdout.isatty()
    styled = terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb" and os.name == "posix"
    for text, title in lines(page, min(get_terminal_size().columns, WIDTH) if terminal else WIDTH):
        print(f"\x1b[1m{text}\x1b[0m" if title and styled else text)


def lines(page: Page, width: int) -> Iterator[tuple[str, bool]]:
    """Give the lines of a page, and whether each is a title."""
    yield page.usage, False
    yield "", False
    for line in reflow(page.about, width):
        yield line, False
    yield "", False
    for panel in page.panels:
        yield panel.title, True
        for label, description in panel.rows:
            for line in _row(label, description, width):
                yield line, False
        yield "", False


def reflow(text: str, width: int) -> Iterator[str]:
    """Fit a docstring into ``width``: paragraphs are filled, indented lines keep their place and hang."""
    paragraph: list[str] = []
    for line in [*text.strip().splitlines(), None]:
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
    wrapped = wrap(description, max(20, width - len(margin)))
    if len(label) > _LABELS - 2 or not wrapped:
        yield f"  {label}"
    else:
        yield f"  {label:<{_LABELS}}{wrapped.pop(0)}"
    yield from (margin + line for line in wrapped)
