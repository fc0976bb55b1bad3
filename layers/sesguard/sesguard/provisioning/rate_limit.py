"""Every control call to SES goes through here: one a second, nobody else's turn taken, and less where SES says so.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html. Pauses come first: while anybody waits for one, no call is made.
That is looked up before each call, as is that this worker still holds the line: a query and an update of DynamoDB,
about 0.75 millionths of a dollar, 3 cents for the 40,000 calls of 10,000 tenants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sesguard.provisioning.problems import Stopped

APART: Final = 1.02
"""Seconds between the beginnings of two calls: SES's one second, and what a call may overtake on its way."""
WIDER, NARROWER, WIDEST = 0.05, 0.0005, 1.5
"""A refusal puts calls further apart, each call that passes a little nearer again: one in a hundred may be refused."""
LEAD: Final = 0.05
"""Seconds before a call in which it is looked whether it may be made."""
LONGEST: Final = 16.0
"""Seconds that are waited at most after a refusal: well within the time for which the line is held."""


class Gate:
    """Lets one call after another through. ``calls`` were let through, ``refusals`` of them refused.

    holds: stay the one who calls; False where another one is. waits: whether anybody waits for a pause.
    time_left: whether there is time for a call. clock, sleep: seconds that only go up.
    """

    def __init__(
        self,
        holds: Callable[[], bool],
        waits: Callable[[], bool],
        time_left: Callable[[], bool],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._holds = holds
        self._waits = waits
        self._time_left = time_left
        self._clock = clock
        self._sleep = sleep
        self._next = clock() + APART  # whoever called before may just have done so
        self._apart = APART
        self._patience = 0.0
        self.calls = 0
        self.refusals = 0

    def enter(self) -> None:
        """Return when a call may be made. Raises Stopped where none may be any more, or AwsError."""
        self._wait_until(self._next - LEAD)
        while True:
            if not self._time_left():
                raise Stopped("no time left")
            if not self._holds():
                raise Stopped("another one has taken over")
            if not self._waits():
                break
            self._sleep(APART)
            self._next = self._clock() + APART  # whoever waited may just have been served
        self._wait_until(self._next)
        self._next = self._clock() + self._apart
        self.calls += 1

    def refused(self) -> None:
        """SES said that it was called too often: others call it, too. Wait twice as long as the last time."""
        self.refusals += 1
        self._apart = min(WIDEST, self._apart + WIDER)
        self._patience = min(LONGEST, max(1.0, 2 * self._patience))
        self._next = self._clock() + max(self._apart, self._patience)

    def passed(self) -> None:
        """SES took the call."""
        self._apart = max(APART, self._apart - NARROWER)
        self._patience = 0.0

    def _wait_until(self, at: float) -> None:
        if (wait := at - self._clock()) > 0:
            self._sleep(wait)
