"""Runs a command line: cyclopts reads it, a command's function does it; what is wrong is said, with the usage."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Final

from cyclopts import App, CycloptsError, Group, Parameter
from cyclopts.help import format_usage

from sesguard import __version__
from sesguard.cli.commands import COMMANDS, GROUPS
from sesguard.cli.help_page import LOCAL, Page, show
from sesguard.cli.mistakes import mistake
from sesguard.cli.options import DASH
from sesguard.cli.output import console
from sesguard.cli.page_formatter import PageFormatter, plain_usage
from sesguard.text import one_line

ABOUT: Final = "Guards the sending reputation of an Amazon SES platform."
UNUSABLE: Final = 2
VARIABLES: Final = "SESGUARD_"
_ABOUT: Final = {group.word.rpartition(" ")[2]: group.about for group in GROUPS}


class LazyApp(App):
    """An App whose commands are described in the list by their summary, and on their own page by their module."""

    def help_print(self, tokens: Any = None, **_: Any) -> None:  # noqa: ANN401  # as cyclopts has it
        show(self.page(tokens))

    def page(self, words: Sequence[str]) -> Page:
        """Make the page of help of a command, importing it."""
        command = self.parse_commands(words)[1][-1]
        formatter = PageFormatter(about(command))
        command.help_formatter = formatter  # type: ignore[assignment]  # a protocol of names that nobody says
        super().help_print(words)
        return formatter.page


def about(command: App) -> str:
    """What a command's page says: its module's docstring, or what its group is about."""
    if command.default_command is not None:
        return sys.modules[command.default_command.__module__].__doc__ or ""
    return _ABOUT.get(command.name[0], command.help)


def build() -> LazyApp:
    """Make the command line, with every command yet to be imported."""
    app = _app("sesguard", ABOUT, version=f"sesguard {__version__}")
    panels = {panel: Group(panel, sort_key=n) for n, panel in enumerate(dict.fromkeys(it.panel for it in COMMANDS))}
    groups: dict[str, LazyApp] = {}
    for number, each in enumerate(GROUPS):
        above, _, word = each.word.rpartition(" ")
        groups[each.word] = _app(
            word,
            each.summary,
            show=bool(above or each.panel),
            sort_key=100 + number,
            group=panels[each.panel] if each.panel else None,
        )
        (groups[above] if above else app).command(groups[each.word])
    for number, command in enumerate(COMMANDS):
        *group, word = command.words.split()
        parent = groups[" ".join(group)] if group else app
        panel = panels[command.panel] if command.panel else None
        target = f"sesguard.cli.{command.target}"
        parent.command(target, name=word, help=command.summary, sort_key=number, group=panel)
    return app


def _app(name: str, about: str, **options: Any) -> LazyApp:  # noqa: ANN401  # as App takes them
    return LazyApp(
        name=name,
        help=about,
        help_format="plaintext",
        default_parameter=Parameter(negative=(), show_default=False),
        suppress_keyboard_interrupt=False,
        **options,
    )


def run(words: Sequence[str]) -> int:
    """Run the command that ``words`` say, and give its exit code. What it raises is not caught."""
    app = build()
    for name in [name for name, value in os.environ.items() if name.startswith(VARIABLES) and not value]:
        del os.environ[name]  # to a shell as good as not set; to cyclopts it is a value
    try:
        code = app(
            _placed(app, [DASH if word == "-" else word for word in words]),
            console=console(),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
    except CycloptsError as error:
        _say(app, error, words)
        return UNUSABLE
    return code if isinstance(code, int) else 0


def _placed(app: App, words: list[str]) -> list[str]:
    """Put a --local that stands before the command behind it, where it is read."""
    if words[:1] != [LOCAL]:
        return words
    rest = words[1:]
    chain = app.parse_commands(rest)[0]
    return [*rest[: len(chain)], LOCAL, *rest[len(chain) :]] if chain else rest


def _say(app: App, error: CycloptsError, words: Sequence[str]) -> None:
    where = error.app or app
    chain = tuple(error.command_chain or ()) or _chain(app, words)
    called = " ".join(("sesguard", *chain))
    print(f"{called}: {one_line(mistake(error, where, chain), 600)}", file=sys.stderr)
    apps = app.parse_commands(list(chain))[1]
    usage = format_usage(app, chain, execution_path=apps)
    print(f"{plain_usage(usage)}\n{called} --help says more.", file=sys.stderr)


def _chain(app: App, words: Sequence[str]) -> tuple[str, ...]:
    return tuple(app.parse_commands(list(words))[0])
