"""What the run shows while it plays: a screen of its own on a terminal, and plain lines elsewhere."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol

from rich.console import Console
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from localcloud.scenario import Tenant
from sesguard.cli.live.columns import Column, fitted
from sesguard.cli.live.terminal_app import TerminalApp
from sesguard.cli.live.widgets import FleetTable, Timeline
from sesguard.detection.figures import percent
from sesguard.pausing.state import Status

_COLOURS: Final = {
    Status.HEALTHY: "green",
    Status.WATCHED: "yellow",
    Status.PAUSED: "bold red",
    Status.HELD: "bold red",
    Status.PROBATION: "cyan",
}
_BRIEF_EVERY_SECONDS: Final = 15.0
_TIME: Final = 9  # cells of a time in the timeline, as ``entry`` writes it
COLUMNS: Final = (
    Column("tenant", 9),
    Column("what it does", 1),
    Column("sent", 6, number=True),
    Column("bounces", 5, number=True),
    Column("complaints", 3, number=True),
    Column("risk", 7, number=True),
    Column("state", 9),
    Column("refused", 4, number=True),
)


@dataclass(frozen=True)
class Row:
    """One tenant at one moment. Counts are the guard's own, refused are the tenant's.

    bounce_rate, complaint_rate: fractions of ``volume``. status: None until the tenant is onboarded.
    """

    tenant: Tenant
    volume: int
    refused: int
    bounce_rate: float
    complaint_rate: float
    risk: float
    status: Status | None

    def cells(self) -> tuple[Text, ...]:
        """As shown, one for each of COLUMNS."""
        alarming = "red" if self.risk >= 1 else "yellow" if self.risk >= 0.5 else ""
        return (
            Text(self.tenant.name),
            Text(self.tenant.story, style="dim"),
            Text(f"{self.volume:,}"),
            Text(percent(self.bounce_rate)),
            Text(percent(self.complaint_rate)),
            Text(f"{self.risk:.2f}", style=alarming),
            Text(self.status.value, style=_COLOURS[self.status]) if self.status else Text("onboarding", style="dim"),
            Text(f"{self.refused:,}" if self.refused else ""),
        )


def table(rows: Iterable[Row], width: int) -> Table:
    """The tenants as a table of at most ``width`` cells."""
    return fitted(COLUMNS, (row.cells() for row in rows), width)


class View(Protocol):
    """Where the run shows what happens."""

    def line(self, seconds: float, text: str, style: str = "") -> None:
        """Add a line to the timeline, ``seconds`` into the run."""

    def show(self, seconds: float, progress: str, rows: Sequence[Row]) -> None:
        """Show how far the run is, and how each tenant stands now."""


def entry(seconds: float, text: str, style: str = "") -> Text:
    """A line of the timeline."""
    return Text(f"{seconds:5.1f} s  ", style="dim").append(text, style=style or "default")


class Lines:
    """The view where there is no terminal: each line when it happens, and how far it is from time to time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._told = 0.0

    def line(self, seconds: float, text: str, style: str = "") -> None:
        self._console.print(entry(seconds, text, style), soft_wrap=True)

    def show(self, seconds: float, progress: str, rows: Sequence[Row]) -> None:
        if seconds - self._told >= _BRIEF_EVERY_SECONDS:
            self._told = seconds
            off = sum(row.status in (Status.PAUSED, Status.HELD) for row in rows)
            self.line(seconds, f"{progress}, {off} of {len(rows)} tenants off", "dim")


class Screen(TerminalApp[Sequence[Row]]):
    """The view that owns the terminal. ``play`` runs beside it and is given it; the app ends with what that returns.

    Ctrl-C and signals to end do so, and set ``stop`` for ``play``. What ``play`` raises is kept for ``outcome``.
    """

    CSS = "#progress { height: auto; color: $text-muted; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "stop", "stop")]

    def __init__(self, play: Callable[[View], Sequence[Row]], stop: threading.Event) -> None:
        super().__init__()
        self._play, self._stop = play, stop
        self._failure: BaseException | None = None
        self.timeline: list[Text] = []

    def compose(self) -> ComposeResult:
        yield Static(id="progress")
        yield FleetTable(COLUMNS)
        yield Timeline(hang=_TIME)

    def on_mount(self) -> None:
        self.run_worker(self._played, thread=True)

    def _played(self) -> None:
        try:
            rows = self._play(self)
        except BaseException as error:  # raised again by `outcome`
            self._failure, rows = error, []
        if self.told_to_end is None:
            self.call_from_thread(self.exit, rows)

    def end(self, number: signal.Signals) -> None:
        super().end(number)
        self._stop.set()

    def outcome(self) -> Sequence[Row]:
        """Run it, and give what ``play`` gave. Raises what that raised, or KeyboardInterrupt after Ctrl-C."""
        rows = self.result()
        if self._failure is not None:
            raise self._failure
        return rows or []

    def line(self, seconds: float, text: str, style: str = "") -> None:
        made = entry(seconds, text, style)
        self.timeline.append(made)
        self._from_thread(lambda: self.query_one(Timeline).add(made))

    def show(self, seconds: float, progress: str, rows: Sequence[Row]) -> None:
        shown = {row.tenant.id: row.cells() for row in rows}

        def put() -> None:
            self.query_one("#progress", Static).update(entry(seconds, progress))
            self.query_one(FleetTable).put(shown)

        self._from_thread(put)

    def _from_thread(self, change: Callable[[], None]) -> None:
        if self.told_to_end is None:
            self.call_from_thread(change)
