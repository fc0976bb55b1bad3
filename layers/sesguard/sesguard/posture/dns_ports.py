"""What reading records needs of the world."""

from __future__ import annotations

from typing import Protocol

from sesguard.posture.answer import DnsAnswer


class Resolver(Protocol):
    """Asks DNS."""

    def look_up(self, name: str, kind: str) -> DnsAnswer:
        """Ask for records of ``kind`` (TXT, MX, A …) at ``name``. Never raises for what DNS may say."""
