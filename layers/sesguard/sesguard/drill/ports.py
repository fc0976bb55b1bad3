"""What a drill does to the world, and what it sees of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sesguard.drill.hop import Hop


class DrillStage(Protocol):
    """Methods raise AwsError, but for ``clean``."""

    def take(self) -> bool:
        """Be the only drill for another half minute; False where another one is."""

    def leave(self) -> None:
        """Let others drill."""

    def started(self) -> str:
        """Give the name of a drill that was begun and not cleaned, "" for none."""

    def prepare(self, name: str, *, enforce: bool) -> None:
        """Note that ``name`` is begun, then make its stream, its configuration set, and what listens."""

    def send(self, name: str, recipient: str) -> bool:
        """Send one mail; False where SES refuses it because the set is off."""

    def happened(self, name: str, hop: Hop, bounces: int, complaints: int) -> bool:
        """Look whether a hop has happened."""

    def resume(self, name: str) -> None:
        """Give an operator's word for it."""

    def clean(self, name: str) -> Sequence[str]:
        """Remove everything that :meth:`prepare` made; what could not be removed is given in words."""
