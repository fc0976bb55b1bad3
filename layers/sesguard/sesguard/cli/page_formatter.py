"""Makes a page of help of what cyclopts says of a command."""

from __future__ import annotations

from typing import Any

from cyclopts.help import HelpEntry, HelpPanel
from rich.console import Console, ConsoleOptions

from sesguard.cli.help_page import Page, Panel


class PageFormatter:
    """The port ``HelpFormatter`` of cyclopts, which prints nothing. about: what the page says of its command."""

    def __init__(self, about: str) -> None:
        self._about = about
        self._usage = ""
        self._panels: list[Panel] = []

    @property
    def page(self) -> Page:
        return Page(self._usage, self._about.strip(), self._panels)

    def __call__(self, _: Console, __: ConsoleOptions, panel: HelpPanel) -> None:
        if panel.entries:
            rows = [(_label(entry), _description(entry)) for entry in panel.entries]
            self._panels.append(Panel(str(panel.title), rows))

    def render_usage(self, _: Console, __: ConsoleOptions, usage: Any) -> None:  # noqa: ANN401  # as the port has it
        self._usage = plain_usage(usage)

    def render_description(self, _: Console, __: ConsoleOptions, ___: Any) -> None:  # noqa: ANN401  # as above
        """Nothing: cyclopts reflows docstrings, and ours have tables in them."""


def plain_usage(usage: Any) -> str:  # noqa: ANN401  # text of either kind
    """Give the usage line as text."""
    said = getattr(usage, "plain", None) or str(usage)
    return said.strip() if said.strip().startswith("Usage:") else f"Usage: {said.strip()}"


def _label(entry: HelpEntry) -> str:
    if entry.positional_label:
        return entry.positional_label
    names = ", ".join((*entry.names, *entry.shorts))
    return f"{names} {entry.metavar}" if entry.metavar and entry.names[0].startswith("--") else names


def _description(entry: HelpEntry) -> str:
    said = getattr(entry.description, "plain", None) or _inline(entry.description)
    extra = [f"one of {', '.join(entry.choices)}"] if entry.choices else []
    extra += [", ".join(entry.env_var)] if entry.env_var else []
    extra += ["required"] if entry.required and not entry.positional_label else []
    return f"{said} [{'; '.join(extra)}]" if extra else said


def _inline(description: Any) -> str:  # noqa: ANN401  # what cyclopts makes of a line of help
    primary = getattr(description, "primary_renderable", description)
    return "" if primary is None else getattr(primary, "plain", None) or str(primary)
