"""What all pages of the console share: the feed, read again and again, and what reads the account and the guard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sesguard.cli.live.feed import Feed
    from sesguard.fleet.account_page import AccountSource
    from sesguard.fleet.guard_page import GuardSource
    from sesguard.wiring.operator import Stack


@dataclass(slots=True)
class ConsoleSession:
    """One console. locked: whether it may never act; otherwise its pages have a switch, which begins at read-only."""

    feed: Feed
    stack: Stack
    account: AccountSource
    guard: GuardSource
    locked: bool = False

    def __post_init__(self) -> None:
        self.locked = self.feed.read_only
        self.feed.read_only = True
