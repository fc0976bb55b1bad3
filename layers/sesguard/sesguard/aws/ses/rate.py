"""Keep to SES's limit of one control call a second for an account and region.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html. Of one process only: that not many call at once is the business
of those who take turns (:mod:`sesguard.pausing.queue`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class CallRate:
    """Waits before calls.

    apart: seconds between two calls to a region, on average. burst: calls that may follow each other at once, after a
    time without any. clock: seconds that only go up.
    """

    def __init__(
        self,
        apart: float = 0.0,
        burst: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apart = apart
        self._ahead = (burst - 1) * apart
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}  # when a region's next call would come if calls came evenly

    def wait(self, region: str) -> None:
        """Return when the region may be called."""
        with self._lock:  # each takes a time of its own, then waits for it
            now = self._clock()
            due = max(now, self._due.get(region, now))
            self._due[region] = due + self._apart
        if (wait := due - self._ahead - now) > 0:
            self._sleep(wait)
