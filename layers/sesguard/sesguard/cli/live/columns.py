"""A table that fits: columns go, the least important first, before any number is cut."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

_GAP: Final = 3  # cells between two columns of SIMPLE_HEAD


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table that fits.

    importance: of two columns the one with less goes first; those with the most never go. number: stands to the right,
    and is never cut. Text is, with an ellipsis, where what is left is too narrow.
    """

    name: str
    importance: int
    number: bool = False


def fitted(columns: Sequence[Column], rows: Iterable[Sequence[Text]], width: int) -> Table:
    """A table of at most ``width`` cells, of as many of ``columns`` as fit. Each of ``rows`` has a cell for each."""
    cells = [list(row) for row in rows]
    shown = fitting(columns, cells, width + _GAP, _GAP)  # the last has no gap
    made = Table(box=SIMPLE_HEAD, header_style="dim", border_style="dim", pad_edge=False, show_edge=False)
    for at in shown:
        column = columns[at]
        made.add_column(column.name, justify="right" if column.number else "left", no_wrap=True, overflow="ellipsis")
        if column.number:
            made.columns[-1].min_width = _wide(columns, cells, at)
    for row in cells:
        made.add_row(*(row[at] for at in shown))
    return made


def fitting(columns: Sequence[Column], cells: Sequence[Sequence[Text]], width: int, gap: int) -> list[int]:
    """Which of ``columns`` fit into ``width`` cells, each with ``gap`` cells beside it: their places, in order."""
    most = max(column.importance for column in columns)
    shown = list(range(len(columns)))
    while needed(columns, cells, shown, gap) > width:
        can_go = [at for at in shown if columns[at].importance < most]
        if not can_go:
            break
        shown.remove(min(can_go, key=lambda at: (columns[at].importance, -at)))
    return shown


def needed(columns: Sequence[Column], cells: Sequence[Sequence[Text]], shown: Sequence[int], gap: int) -> int:
    """Cells that ``shown`` columns take with nothing cut."""
    return sum(_wide(columns, cells, at) + gap for at in shown)


def _wide(columns: Sequence[Column], cells: Sequence[Sequence[Text]], at: int) -> int:
    return max([Text(columns[at].name).cell_len, *(row[at].cell_len for row in cells)])
