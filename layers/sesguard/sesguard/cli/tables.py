"""Tables that fit: where a line is too long columns go, and no number is ever cut."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, overload

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from sesguard.cli.screen import plain

if TYPE_CHECKING:
    Row = Mapping[str, str | Text]

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
