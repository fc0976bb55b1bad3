"""The account's standing with SES, in memory."""

from __future__ import annotations

from tests.fakes.world import Hook, no_hook


class MemoryEnforcement:
    """The port Enforcement."""

    def __init__(self, standing: str = "HEALTHY") -> None:
        self.standing = standing
        self.noted = ""
        self.asked = 0
        self.hook: Hook = no_hook

    def status(self) -> str:
        self.hook("status")
        self.asked += 1
        return self.standing

    def known(self) -> str:
        return self.noted

    def note(self, status: str) -> None:
        self.hook("note")
        self.noted = status
