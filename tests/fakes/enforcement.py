"""The account's standing with SES, in memory."""

from __future__ import annotations

from sesguard.account.quota import AccountNow
from tests.fakes.world import Hook, no_hook


class MemoryEnforcement:
    """The port Enforcement."""

    def __init__(self, standing: str = "HEALTHY") -> None:
        self.standing = standing
        self.noted = ""
        self.sent, self.most, self.told = 0.0, -1.0, 0.0
        self.asked = 0
        self.hook: Hook = no_hook

    def ask(self) -> AccountNow:
        self.hook("ask")
        self.asked += 1
        return AccountNow(self.standing, self.sent, self.most)

    def quota_told(self) -> float:
        return self.told

    def note_quota(self, level: float) -> None:
        self.hook("note_quota")
        self.told = level

    def known(self) -> str:
        return self.noted

    def note(self, status: str) -> None:
        self.hook("note")
        self.noted = status
