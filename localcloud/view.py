"""What the run shows while it plays: a live table on a terminal, and plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from localcloud.scenario import LENGTH, Tenant
from sesguard.detection.explain import percent
from sesguard.pausing.state import Status

_COLOURS = {
    Status.HEALTHY: "green",
    Status.WATCHED: "yellow",
    Status.PAUSED: "bold red",
    Status.HELD: "bold red",
    Status.PROBATION: "cyan",
}
_WIDE = 120  # columns that the table with all its columns needs
_LAST = 9  # lines of the timeline that stay in view


@dataclass(frozen=True)
class Row:
    """One tenant at one moment. Counts are the guard's own, refused are the tenant's.

    bounce_rate, complaint_rate: fractions of ``volume``. risk: as the guard weighs it, None until it has to.
    """

    tenant: Tenant
    volume: int
    refused: int
    bounce_rate: float
    complaint_rate: float
    risk: float
    status: Status


class View:
    """Shows rows and a timeline. A context manager; ``line`` adds to the timeline at once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None
        self._lines: list[Text] = []
        self._told = 0.0

    def __enter__(self) -> View:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def line(self, seconds: float, text: str, style: str = "") -> None:
        """Add a line to the timeline, ``seconds`` into the scenario."""
        entry = Text(f"{seconds:5.1f} s  ", style="dim").append(text, style=style or "default")
        self._lines.append(entry)
        if self._live is None:
            self._console.print(entry, soft_wrap=True)

    def show(self, seconds: float, rows: Sequence[Row]) -> None:
        """Draw the table anew; where there is no terminal, one line every fifteen seconds."""
        if self._live is not None:
            bar = ProgressBar(total=LENGTH, completed=min(seconds, LENGTH), width=None)
            timeline = Panel(Group(*self._lines[-_LAST:]), title="timeline", title_align="left", border_style="dim")
            self._live.update(Group(table(rows, self._console.width), bar, timeline))
        elif seconds - self._told >= 15:
            self._told = seconds
            self._console.print(Text(f"{seconds:5.1f} s  ", style="dim").append(_in_brief(rows)), soft_wrap=True)

    @property
    def timeline(self) -> Iterable[Text]:
        """Every line so far."""
        return self._lines


def table(rows: Iterable[Row], width: int) -> Table:
    """The tenants as a table; what each does is left out where the terminal is narrow."""
    wide = width >= _WIDE
    grid = Table(header_style="dim", border_style="dim")
    for name, justify in (
        ("tenant", "left"),
        *((("what it does", "left"),) if wide else ()),
        ("sent", "right"),
        ("bounces", "right"),
        ("complaints", "right"),
        ("risk", "right"),
        ("state", "left"),
        ("refused", "right"),
    ):
        grid.add_column(name, justify=justify, no_wrap=True)
    for row in rows:
        grid.add_row(
            row.tenant.name,
            *((Text(row.tenant.story, style="dim"),) if wide else ()),
            f"{row.volume:,}",
            percent(row.bounce_rate),
            percent(row.complaint_rate),
            Text(f"{row.risk:.2f}", style="red" if row.risk >= 1 else "yellow" if row.risk >= 0.5 else ""),
            Text(row.status.value, style=_COLOURS[row.status]),
            f"{row.refused:,}" if row.refused else "",
        )
    return grid


def _in_brief(rows: Iterable[Row]) -> str:
    return "   ".join(f"{row.tenant.name}: {row.volume:,} sent, {row.status.value}" for row in rows)
