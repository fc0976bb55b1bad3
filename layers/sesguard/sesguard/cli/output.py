"""Where commands print: as wide as the terminal, at most WIDTH; a reader that has seen enough ends the command."""

from __future__ import annotations

import sys

from rich.console import Console

from sesguard.cli.help_page import WIDTH


class OutputConsole(Console):
    """A rich console that lets a closed pipe through, so that the command ends as ``main`` says."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console(*, error: bool = False) -> Console:
    """Standard output, or the other channel: as wide as the terminal, at most WIDTH; WIDTH where it is none."""
    made = OutputConsole(stderr=error, highlight=False, markup=False, emoji=False)
    made.width = min(made.width, WIDTH) if made.is_terminal else WIDTH
    return made


def has_screen(of: Console) -> bool:
    """Whether somebody looks at it who can be shown a screen that stays: a terminal that moves its cursor, and keys."""
    return of.is_terminal and not of.is_dumb_terminal and sys.stdin is not None and sys.stdin.isatty()
