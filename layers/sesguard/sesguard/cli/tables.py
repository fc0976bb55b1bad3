"""Tables that fit: where a line is too long columns go, and no number is ever cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table

from sesguard.cli.screen import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from rich.text import Text

    Row = Mapping[str, str | Text]

_BETWEEN, _EDGES = 3, 2  # cells beside columns, and at both ends of a line


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
    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, column in enumerate(widths):
        least = None if number == 0 else widths[column]
        side: Literal["left", "right"] = "right" if column in right else "left"
        made.add_column(column, justify=side, no_wrap=True, overflow="ellipsis", min_width=least)
    for row in rows:
        made.add_row(*(_cell(row[column]) for column in widths))
    return made


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + _BETWEEN * (len(widths) - 1) + _EDGES


def _length(cell: str | Text) -> int:
    return cell_len(cell if isinstance(cell, str) else cell.plain)


def _cell(cell: str | Text) -> Text:
    return plain(cell) if isinstance(cell, str) else cell
