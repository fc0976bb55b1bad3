"""Widgets of Textual's for live views. They show what they are given and know nothing of where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from sesguard.cli.live.columns import Column, fitted


class FittingTable(Widget):
    """A table that is made anew for each width, as high as it has rows; see ``columns.fitted``."""

    DEFAULT_CSS = "FittingTable { height: auto; }"

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._columns = columns
        self._rows: list[Sequence[Text]] = []

    def put(self, rows: Sequence[Sequence[Text]]) -> None:
        """Show these rows from now on."""
        self._rows = list(rows)
        self.refresh(layout=True)

    def render(self) -> RenderResult:
        table: RenderableType = fitted(self._columns, self._rows, self.size.width)
        return table


class Timeline(VerticalScroll):
    """What happened, newest last and always in view, in a box with a title; older lines are a scroll away."""

    DEFAULT_CSS = """
    Timeline { border: round $surface-lighten-2; border-title-color: $text-muted; height: 1fr; min-height: 3; }
    Timeline Static { height: auto; }
    """

    def __init__(self, title: str = "timeline", *, id: str | None = None) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.border_title = title
        self._lines: list[Text] = []

    def compose(self) -> ComposeResult:
        yield Static()

    def add(self, line: Text) -> None:
        """Add a line at the end and show it."""
        self._lines.append(line)
        self.query_one(Static).update(Text("\n").join(self._lines))
        self._follow()

    def on_resize(self, _: Resize) -> None:
        self._follow()

    def _follow(self) -> None:
        self.call_after_refresh(self.scroll_end, animate=False)
