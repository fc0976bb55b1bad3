"""Asking before something is changed."""

from __future__ import annotations

import sys
from typing import Final

from sesguard.cli.connect import UsageError
from sesguard.text import one_line

_LONGEST_REASON: Final = 500


def agreed(question: str, *, yes: bool) -> bool:
    """Whether --yes (``yes``), or "yes" at a terminal, was said. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask: look at the plan, then say --yes")
    print(f"{question} Only yes is taken for yes: ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip() == "yes":
        return True
    print("Nothing is changed.", file=sys.stderr)
    return False


def given_reason(given: str | None) -> str:
    """The reason, in one line. Raises UsageError where there is none."""
    if given is None and sys.stdin.isatty():
        print("Why? ", end="", file=sys.stderr, flush=True)
        given = sys.stdin.readline()
    reason = one_line(given, _LONGEST_REASON)
    if not reason:
        raise UsageError('say why, for the record: --reason "…"')
    return reason
