"""The progress bar of a long replay: on stderr, and only where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from sesguard.backtest.moment import SeenMoment
from sesguard.cli.output import console

_EVERY = 2_000  # moments between two steps of the bar
_LONG = 4_000_000  # bytes of input below which a bar would only flash


class ReplayProgress:
    """Shows how far reading and replaying are. ``shown``: whether there is a bar on the screen."""

    def __init__(self) -> None:
        self.shown = False
        self._bars = Bars(
            TextColumn("{task.description:>9}"),
            BarColumn(bar_width=40),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            console=console(error=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._reading = self._bars.add_task("reading", total=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.shown:
            self._bars.stop()
            self.shown = False

    def begin(self, size: int) -> None:
        """Expect ``size`` bytes of input."""
        if sys.stderr.isatty() and size >= _LONG:
            self.shown = True
            self._bars.update(self._reading, total=size)
            self._bars.start()

    def read(self, size: int) -> None:
        """So many bytes have been read."""
        if self.shown:
            self._bars.update(self._reading, completed=size)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let something be printed where the bar is."""
        hidden = self.shown and sys.stdout.isatty()
        if hidden:
            self._bars.stop()
        yield
        if hidden:
            self._bars.start()

    def replayed(self, moments: Iterable[SeenMoment], total: Callable[[], int]) -> Iterator[SeenMoment]:
        """Pass ``moments`` on and count them; ``total`` says how many there are once the first has come."""
        task = None
        for number, moment in enumerate(moments):
            if self.shown and number % _EVERY == 0:
                if task is None:
                    task = self._bars.add_task("replaying", total=total())
                self._bars.update(task, completed=number)
            yield moment
