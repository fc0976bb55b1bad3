"""The ``sesguard`` command: its subcommands, each in a module of its own that is imported only when it is called.

A subcommand's module has ``configure(parser)``, which adds its arguments, and ``run(arguments)``, which returns the
exit code. Exit codes common to all: 2 where the command line or a file cannot be read, 130 after Ctrl-C, and for the
operator's commands (from ``status`` on) 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from sesguard import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
OUTPUT_CLOSED = 141  # 128 + SIGPIPE


class CliCommand(NamedTuple):
    name: str
    module: str
    summary: str


COMMANDS = (
    CliCommand("parse", "sesguard.cli.parse", "show what the guard reads in files of SES events"),
    CliCommand("backtest", "sesguard.cli.backtest.command", "replay recorded mail: what the guard would have done"),
    CliCommand("status", "sesguard.cli.status", "how the guard and every stream that is not healthy stand"),
    CliCommand("stream", "sesguard.cli.stream", "everything on record about one stream"),
    CliCommand("explain", "sesguard.cli.explain", "the evidence behind a stream's last decision, and its evidence now"),
    CliCommand("incidents", "sesguard.cli.incidents", "what happened to streams, who did it and why"),
    CliCommand("backlog", "sesguard.cli.backlog", "pauses that wait for you because too many came within an hour"),
    CliCommand("cost", "sesguard.cli.cost", "what a month's mail cost: SES's charge and the guard's own share"),
    CliCommand("hold", "sesguard.cli.operator", "turn a stream's sending off until an operator turns it on"),
    CliCommand("pause", "sesguard.cli.operator", "the same as hold"),
    CliCommand("release", "sesguard.cli.operator", "end a hold"),
    CliCommand("resume", "sesguard.cli.operator", "turn a stream's sending on, on probation"),
    CliCommand("acknowledge", "sesguard.cli.operator", "say for the owner what was fixed"),
    CliCommand("tenants", "sesguard.cli.tenants.command", "who sends, and through what: plan, apply, status, remove …"),
    CliCommand("notices", "sesguard.cli.notices.command", "what notices say and how they look; your own wording"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand and give its exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    arguments = _parser(words).parse_args(words)
    try:
        code: int = arguments.run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OUTPUT_CLOSED
    return code


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sesguard", description="Guards the sending reputation of an Amazon SES platform."
    )
    parser.add_argument("--version", action="version", version=f"sesguard {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        subparser = commands.add_parser(command.name, help=command.summary)
        if command.name in words:  # the others stay unimported, so that each command starts quickly
            module = import_module(command.module)
            subparser.description = module.__doc__
            subparser.formatter_class = argparse.RawDescriptionHelpFormatter
            module.configure(subparser)
            subparser.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
