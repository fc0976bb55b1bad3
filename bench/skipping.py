"""A clock that skips waiting: what is done takes the time that it takes, and what is waited for takes none.

So hours of one call a second pass in minutes, and a call's own time is as large beside a second as it really is. Shared
by processes, because the worker waits and the server judges.
"""

from __future__ import annotations

import time
from multiprocessing import Value


class Clock:
    """Seconds that only go up."""

    def __init__(self) -> None:
        self._skipped = Value("d", 0.0)

    def now(self) -> float:
        skipped: float = self._skipped.value
        return time.monotonic() + skipped

    def sleep(self, seconds: float) -> None:
        with self._skipped.get_lock():
            self._skipped.value += seconds
