"""What of a reading failed, so that the rest is shown all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sesguard.errors import SesguardError

T = TypeVar("T")


class ReadProblems:
    """What could not be read, in words; the rest is shown all the same."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def attempt(self, read: Callable[[], T], what: str = "") -> T | None:
        """What ``read`` returns; None where it fails, and why is noted."""
        try:
            return read()
        except SesguardError as error:
            self.said.append(f"{what}: {error}" if what else str(error))
            return None
