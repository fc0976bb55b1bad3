"""What was asked once is not asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Memory:
    """Answers by what was asked. What raised is asked again."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Any] = {}

    def ask(self, read: Callable[[], T], *key: str) -> T:
        """Give what is known under ``key``, or ``read`` it."""
        if key not in self._known:
            self._known[key] = read()
        answer: T = self._known[key]
        return answer
