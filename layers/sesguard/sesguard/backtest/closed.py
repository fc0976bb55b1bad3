"""Closing the loop: mail that was refused never happened, and neither did what became of it."""

from __future__ import annotations

from bisect import bisect_right
from math import inf


class Closed:
    """The stretches of time in which one stream's sending was off, in seconds."""

    def __init__(self) -> None:
        self._off: list[float] = []
        self._on: list[float] = []

    def __bool__(self) -> bool:
        return bool(self._off)

    def turn_off(self, at: float) -> None:
        """Refuse mail sent at or after ``at``."""
        if not self.off:
            self._off.append(at)
            self._on.append(inf)

    def turn_on(self, at: float) -> None:
        """Accept mail sent at or after ``at``."""
        if self.off:
            self._on[-1] = at

    @property
    def off(self) -> bool:
        """Whether sending has been turned off, or will be once the last call has taken effect."""
        return bool(self._on) and self._on[-1] == inf

    def refuses(self, sent: float) -> bool:
        """Whether mail sent at ``sent`` was refused."""
        index = bisect_right(self._off, sent) - 1
        return index >= 0 and sent < self._on[index]

    def seconds(self, until: float) -> float:
        """How long sending was off, up to ``until``."""
        return sum(max(0.0, min(on, until) - off) for off, on in zip(self._off, self._on, strict=True))
