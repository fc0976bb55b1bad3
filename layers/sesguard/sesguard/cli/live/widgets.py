"""Widgets of Textual's for live views. They show what they are given and know nothing of where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.widgets import DataTable, Static

from sesguard.cli.live.columns import Column, fitting, needed

_GAP: Final = 2  # cells that DataTable leaves beside a column
_NARROWEST: Final = 8
_CONSOLE: Final = Console()  # which rich asks for, to wrap


class FleetTable(DataTable[Text]):
    """Rows by key, in the columns that fit: see ``columns.fitting``. As high as its rows, unless a style says else.

    choosing: whether there is a cursor, which stays with its row.
    """

    DEFAULT_CSS = """
    FleetTable { overflow-x: hidden; scrollbar-gutter: stable; scrollbar-size-vertical: 1; background: transparent; }
    FleetTable > .datatable--header, FleetTable:ansi > .datatable--header {
        background: transparent; color: ansi_default; text-style: dim;
    }
    """

    def __init__(self, columns: Sequence[Column], *, choosing: bool = False) -> None:
        super().__init__(show_cursor=choosing, cursor_type="row")
        self.can_focus = choosing
        self._all = columns
        self._rows_by_key: Mapping[str, Sequence[Text]] = {}
        self._placed: list[tuple[int, int]] = []

    def put(self, rows: Mapping[str, Sequence[Text]]) -> None:
        """Show these rows from now on, each with a cell for each column."""
        chosen, self._rows_by_key = self.chosen, dict(rows)
        self._fill(chosen)

    @property
    def chosen(self) -> str | None:
        """The key of the row that the cursor is on."""
        keys = list(self._rows_by_key)
        return keys[self.cursor_row] if self.show_cursor and 0 <= self.cursor_row < len(keys) else None

    def on_resize(self, _: Resize) -> None:
        if self._columns_of(list(self._rows_by_key.values())) != self._placed:
            self._fill(self.chosen)

    def _columns_of(self, cells: Sequence[Sequence[Text]]) -> list[tuple[int, int]]:
        """The places of the columns that fit, and how wide each is. Text is cut before numbers are."""
        width = self.scrollable_content_region.width
        shown = fitting(self._all, cells, width, _GAP)
        wide = {at: needed(self._all, cells, [at], 0) for at in shown}
        too_much = sum(wide.values()) + _GAP * len(shown) - width
        texts = [at for at in shown if not self._all[at].number]
        if too_much > 0 and texts:
            longest = max(texts, key=lambda at: wide[at])
            wide[longest] = max(_NARROWEST, wide[longest] - too_much)
        return list(wide.items())

    def _fill(self, chosen: str | None) -> None:
        cells = list(self._rows_by_key.values())
        placed = self._columns_of(cells)
        if placed == self._placed:
            self.clear()
        else:
            self.clear(columns=True)
            for at, width in placed:
                column = self._all[at]
                self.add_column(Text(column.name, justify="right" if column.number else "left"), width=width)
            self._placed = placed
        for key, row in self._rows_by_key.items():
            self.add_row(*(self._cell(row[at], self._all[at]) for at, _ in placed), key=key)
        if chosen is not None and chosen in self._rows_by_key:
            self.move_cursor(row=list(self._rows_by_key).index(chosen))

    @staticmethod
    def _cell(text: Text, column: Column) -> Text:
        made = text.copy()
        made.no_wrap, made.overflow = True, "ellipsis"
        made.justify = "right" if column.number else made.justify
        return made


class Timeline(VerticalScroll):
    """What happened, newest last and always in view, in a box with a title; older lines are a scroll away.

    hang: cells before the text of a line, where its time stands.
    """

    DEFAULT_CSS = """
    Timeline { border: round $surface-lighten-2; border-title-color: $text-muted; height: 1fr; min-height: 3; }
    Timeline Static { height: auto; }
    """

    def __init__(self, title: str = "timeline", *, hang: int = 0) -> None:
        super().__init__()
        self.border_title = title
        self._hang = hang
        self._lines: list[Text] = []

    def compose(self) -> ComposeResult:
        yield Static()

    def add(self, line: Text) -> None:
        """Add a line at the end and show it."""
        self._lines.append(line)
        self._lay_out()

    def on_resize(self, _: Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        """Wrap each line to the width that there is, its rest below its text and not below its time."""
        width = max(self._hang + _NARROWEST, self.scrollable_content_region.width)
        self.query_one(Static).update(
            Text("\n").join(part for line in self._lines for part in self._wrapped(line, width))
        )
        self._follow()

    def _wrapped(self, line: Text, width: int) -> Iterable[Text]:
        if line.cell_len <= width:
            return [line]
        first, *_ = line.wrap(_CONSOLE, width)
        rest = line[len(first) :]
        rest = rest[len(rest.plain) - len(rest.plain.lstrip()) :]
        margin = " " * self._hang
        return [first, *(Text.assemble(margin, part) for part in rest.wrap(_CONSOLE, width - self._hang))]

    def _follow(self) -> None:
        self.call_after_refresh(self.scroll_end, animate=False)
