"""What all pages of the console share: the feed, read again and again, and what reads each account and guard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sesguard.cli.console.guard_questions import GuardQuestions
from sesguard.cli.live.feed import Feed
from sesguard.fleet.account_page import AccountSource
from sesguard.fleet.guard_page import GuardSource
from sesguard.fleet.ports import FleetSource
from sesguard.wiring.operator import Stack


class ConsoleGuard(NamedTuple):
    """One guard, and the SES account that it guards."""

    stack: Stack
    source: FleetSource
    account: AccountSource
    guard: GuardSource
    asked: GuardQuestions


@dataclass(slots=True)
class ConsoleSession:
    """One console. guards: by name, what opens each; it raises SesguardError where that one cannot be reached.

    locked: whether it may never act; otherwise its pages have a switch, which begins at read-only.
    """

    feed: Feed
    guards: Mapping[str, Callable[[], ConsoleGuard]]
    locked: bool = False

    def __post_init__(self) -> None:
        self.locked = self.feed.read_only
        self.feed.read_only = True

    def chosen(self, name: str) -> str:
        """The guard of that name, or the first where there is none of it."""
        return name if name in self.guards else next(iter(self.guards))
