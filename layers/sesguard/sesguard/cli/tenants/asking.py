"""Asking before something is changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sesguard.cli.connect import UsageError

if TYPE_CHECKING:
    import argparse


def add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="do not ask; needed where nobody can be asked")


def agreed(arguments: argparse.Namespace, question: str) -> bool:
    """Whether --yes, or "yes" at a terminal, was said. Raises UsageError where nobody can be asked."""
    if arguments.yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask: look at the plan, then say --yes")
    print(f"{question} Only yes is taken for yes: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == "yes":
        return True
    print("Nothing is changed.", file=sys.stderr)
    return False
