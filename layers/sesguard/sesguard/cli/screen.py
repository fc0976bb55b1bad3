"""What the operator's commands show: one look of tables, states, ages and names, and JSON for programs.

All text from outside goes through ``one_line`` into rich's Text, so that no name can colour, move or fake anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from textwrap import wrap
from typing import Any, Final, Literal, Protocol, overload

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from sesguard.cli.help_page import WIDTH
from sesguard.cli.output import console
from sesguard.pausing.state import Status
from sesguard.stream import StreamId
from sesguard.text import one_line

Row = Mapping[str, str | Text]


__all__ = [
    "WIDTH", "age", "clock", "console", "counted", "facts", "iso", "length", "name", "plain", "print_json",
    "print_json_line", "status", "table", "wrapped",
]  # fmt: skip


_STYLES: Final = {
    Status.HELD: "bold magenta",
    Status.PAUSED: "bold red",
    Status.PROBATION: "cyan",
    Status.WATCHED: "yellow",
    Status.HEALTHY: "green",
}
_LONGEST_NAME: Final = 100
_LONGEST_SENTENCE: Final = 1_000
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document, in ASCII."""
    print(json.dumps(document, indent=2))


def print_json_line(document: Mapping[str, Any]) -> None:
    print(json.dumps(document))


def table(*columns: str, right: Iterable[str] = ()) -> Table:
    """An empty table; columns in ``right`` hold numbers."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def facts(*rows: tuple[str, str | Text]) -> Table:
    """Names and values under each other."""
    made = Table.grid(padding=(0, 2))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, plain(value) if isinstance(value, str) else value)
    return made


def plain(text: object, longest: int = 400) -> Text:
    """Text from anywhere, harmless."""
    return Text(one_line(text, longest))


def wrapped(text: str, width: int, indent: int = 0) -> Text:
    """A sentence of any length, in lines that never part a number from its per-cent sign."""
    whole = one_line(text, _LONGEST_SENTENCE).replace(" %", _NO_BREAK + "%")
    margin = " " * indent
    lines = wrap(whole, width, initial_indent=margin, subsequent_indent=margin)
    return Text("\n".join(lines).replace(_NO_BREAK, " "))


def status(of: str) -> Text:
    """A state in its colour."""
    known = of in list(Status)
    return Text(one_line(of, 20), style=_STYLES[Status(of)] if known else "")


class StreamHome(Protocol):
    """What names of streams leave out: a guard's account and region, or "" where several guards differ."""

    @property
    def account(self) -> str: ...

    @property
    def region(self) -> str: ...


def name(stream: StreamId, home: StreamHome) -> Text:
    """A stream as people call it: its configuration set, with account and region where they are not ``home``'s."""
    place, called = place_beside(stream, home), set_of(stream)
    return plain(f"{place}/{called}" if place else called, _LONGEST_NAME)


def set_of(stream: StreamId) -> str:
    """The configuration set of a stream, in words where it is the account itself. Not made safe to show."""
    return stream.configuration_set or "the account"


def place_beside(stream: StreamId, home: StreamHome) -> str:
    """Account and region of a stream, as far as they are not ``home``'s. Not made safe to show."""
    if stream.account != home.account:
        return f"{stream.account}/{stream.region}"
    return "" if stream.region == home.region else stream.region


def age(since: datetime | None, now: datetime) -> str:
    """How long ago, or how long until, in one or two units."""
    return length(abs(now - since)) if since is not None else ""


def length(of: timedelta) -> str:
    """A span of time as people say it."""
    seconds = int(of.total_seconds())
    for size, unit, rest_size, rest_unit in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min")):
        if seconds >= size:
            rest = seconds % size // rest_size
            return f"{seconds // size} {unit}" + (f" {rest} {rest_unit}" if rest else "")
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s"


def clock(at: datetime | None) -> str:
    """A time to the second, in UTC as all of them."""
    return at.strftime("%Y-%m-%d %H:%M:%SZ") if at is not None else ""


def iso(at: datetime | None) -> str | None:
    """A time for programs."""
    return at.isoformat() if at is not None else None


def counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


_BETWEEN, _EDGES = 2, 3  # cells between columns, and at both ends of a line
_LEAST = 4  # cells of the first column


@overload
def fitted_table(
    rows: Sequence[Row], width: int, *, right: Collection[str] = ..., drop: Sequence[str] = ...
) -> Table | None: ...
@overload
def fitted_table(
    rows: Sequence[Row], width: int, *, right: Collection[str] = ..., drop: Sequence[str] = ..., whatever: Literal[True]
) -> Table: ...
def fitted_table(
    rows: Sequence[Row],
    width: int,
    *,
    right: Collection[str] = (),
    drop: Sequence[str] = (),
    whatever: bool = False,
) -> Table | None:
    """Make a table of a line a row, without as many columns of ``drop`` as it takes to fit ``width``.

    None where it takes more than those, unless ``whatever``: then the first column is cut, and ends with an ellipsis.
    """
    columns = list(rows[0])
    widths = {column: max(cell_len(column), *(_length(row[column]) for row in rows)) for column in columns}
    going = list(drop)
    while _total(widths) > width and going:
        widths.pop(going.pop(0), None)
    if _total(widths) > width and not whatever:
        return None
    widths[columns[0]] -= min(widths[columns[0]] - _LEAST, max(0, _total(widths) - width))
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in widths:
        side: Literal["left", "right"] = "right" if column in right else "left"
        made.add_column(column, justify=side, no_wrap=True, overflow="ellipsis", width=widths[column])
    for row in rows:
        made.add_row(*(_cell(row[column]) for column in widths))
    return made


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _BETWEEN * (len(widths) - 1) + _EDGES


def _length(cell: str | Text) -> int:
    return cell_len(cell if isinstance(cell, str) else cell.plain)


def _cell(cell: str | Text) -> Text:
    return plain(cell) if isinstance(cell, str) else cell
