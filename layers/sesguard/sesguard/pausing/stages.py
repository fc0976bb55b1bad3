"""The parts of a sweep, each for itself: one that breaks keeps no other from being done, and is heard of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from sesguard.errors import log_failure

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Stages:
    """Runs one after another, and keeps the first failure for who wants the invocation to fail of it."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def run(self, work: Callable[[], T], otherwise: T) -> T:
        """Do ``work``; its result, or ``otherwise`` where it raises."""
        try:
            return work()
        except Exception as error:
            log_failure(_log, "left to the next sweep", error)
            self.failure = self.failure or error
            return otherwise

    def raise_failure(self) -> None:
        """Raise the first failure, if there was one."""
        if self.failure is not None:
            raise self.failure
