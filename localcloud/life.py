"""A seventh tenant, which goes through all that can happen to one: warned, paused, back, worse, held, and well again.

Its cool-downs are shortened by a policy of its own, as a user would for a drill; its owner acknowledges through the
page that the mail links to, and an operator speaks through the real command line. What takes longest is the sweep,
which ends the cool-down. Each step waits for what it needs, and what SES refuses meanwhile is sent again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloud import Emulator
from localcloud.lateness import Lateness
from localcloud.mailbox import mails_of_the_guard
from localcloud.owner import PageError, acknowledge, link_in
from localcloud.player import Sender
from localcloud.scenario import Tenant
from localcloud.setting_up import SetUpError, speak
from localcloud.watcher import Watcher
from sesguard.errors import AwsError
from sesguard.pausing.state import Status

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

OUTLET: Final = Tenant("shoe-outlet", "Shoe Outlet", "shoe-outlet-mail", "a whole life, cool-downs shortened", True)
POLICY: Final[dict[str, Any]] = {
    "cool_down": "5s",
    "strikes_to_hold": 2,
    "probation_for": "3s",
    "probation_mails": 100,
}
PATIENCE: Final = 150.0  # seconds for each step on a machine that is not slow; the longest waits for two sweeps
REFUSED_WITHIN: Final = 30.0  # seconds on such a machine, from the decision on record to SES refusing
_RECIPIENTS: Final = 50  # of one mail, the most that SES takes

# What has to be decided of it, in this order. A warning goes before where it is not overtaken by its pause.
DECISIONS: Final = ("pause", "acknowledged", "resume", "hold", "resume", "recover")
# An owner who speaks after the cool-down, as on a slow machine, is reminded first.
REMINDED: Final = ("pause", "remind", *DECISIONS[1:])
WARNING: Final = "warn"
# Mail weighs by the minute it was sent in. An operator who speaks within the minute of
# what held it may see it held again, and the operator says the word again.
HELD_AGAIN: Final = ("hold", "resume")
_RIGHT: Final = tuple(
    (*first, *rest[:-1], *HELD_AGAIN * again, rest[-1])
    for first in ((), (WARNING,))
    for rest in (DECISIONS, REMINDED)
    for again in range(4)
)


def is_right(decided: Sequence[str]) -> bool:
    """Whether all of ``decided`` is what has to be, and no more."""
    return tuple(decided) in _RIGHT


def is_on_its_way(decided: Sequence[str]) -> bool:
    """Whether what was decided so far is right as far as it goes."""
    so_far = tuple(decided)
    return any(so_far == right[: len(so_far)] for right in _RIGHT)


class Life(threading.Thread):
    """Plays the tenant, its owner and the operator. ``watcher`` reads what the guard has on record.

    spoken: the operator's commands. link: the page that the owner has been to. waited: what a step has waited for in
    vain, "" where none has.
    """

    def __init__(
        self,
        emulator: Emulator,
        client: SESV2Client,
        watcher: Watcher,
        lateness: Lateness,
        may_begin: threading.Event,
        stop: threading.Event,
    ) -> None:
        super().__init__(name="life", daemon=True)
        self.tenant = OUTLET
        self.spoken: list[str] = []
        self.link = ""
        self.waited = ""
        self._sender = Sender(client, OUTLET, stop)
        self.tally = self._sender.tally
        self._emulator, self._lateness = emulator, lateness
        self._watcher, self._may_begin, self._stop_asked = watcher, may_begin, stop

    def run(self) -> None:
        self._may_begin.wait()
        try:
            self._live()
        except (BotoCoreError, ClientError, AwsError, OSError) as error:
            self.waited = f"{self.tenant.name}: the local cloud did not answer: {error}"

    def _live(self) -> None:
        for step, statuses in (
            (self._warned, (Status.WATCHED, Status.PAUSED)),
            (self._paused, (Status.PAUSED,)),
            (self._acknowledged, (Status.PROBATION,)),
            (self._relapsed, (Status.HELD,)),
            (self._resumed, (Status.PROBATION, Status.HELD)),  # held again: see HELD_AGAIN
            (self._well, (Status.HEALTHY,)),
        ):
            step()
            if self.waited or not self._becomes(*statuses):
                return

    def _warned(self) -> None:
        self._send(good=80, bad=22, until=Status.PAUSED)

    def _paused(self) -> None:
        self._send(good=76, bad=24, until=Status.PAUSED)

    def _acknowledged(self) -> None:
        if self._refused():
            self._acknowledge("The imported list is deleted.")

    def _relapsed(self) -> None:
        self._send(good=44, bad=16, until=Status.HELD)

    def _resumed(self) -> None:
        if self._refused():
            self._resume()

    def _well(self) -> None:
        self._send(good=149, bad=1, until=Status.HEALTHY)

    def _send(self, *, good: int, bad: int, until: Status) -> None:
        """Send that many; what is refused again, until it is taken or the guard has decided all the same.

        What is good first, until the guard has counted it: else a bounce that overtakes the volume weighs more than it
        will in a moment, and whether the guard warns or pauses is a matter of luck.
        """
        before = self._watcher.volume(OUTLET.configuration_set)
        self._deliver(["fine"] * good, until)
        self._until(lambda: self._watcher.volume(OUTLET.configuration_set) >= before + good or self._status() is until)
        self._deliver(["gone"] * bad, until)

    def _deliver(self, fates: Sequence[str], until: Status) -> None:
        began = time.monotonic()

        def enough() -> bool:
            status = self._status()
            if status is Status.HELD and until is Status.HEALTHY:
                self._resume()
            return status is until or time.monotonic() - began > self._lateness.stretched(PATIENCE)

        people = [f"{fate}-{seat}@company-{seat % 30:02d}.example" for seat, fate in enumerate(fates)]
        for first in range(0, len(people), _RECIPIENTS):
            self._sender.send_until(people[first : first + _RECIPIENTS], enough)

    def _status(self) -> Status:
        return self._watcher.status(OUTLET.configuration_set)

    def _refused(self) -> bool:
        """Wait until SES refuses: the switch is turned a moment after the decision is on record."""
        if self._until(self._is_refused, REFUSED_WITHIN):
            return True
        limit = self._lateness.stretched(REFUSED_WITHIN)
        self.waited = f"{self.tenant.name} should have been refused by SES within {limit:.0f} s, and was not"
        return False

    def _is_refused(self) -> bool:
        return not self._sender.try_to_send([f"fine-{seat}@company-{seat:02d}.example" for seat in range(20)])

    def _acknowledge(self, fixed: str) -> None:
        """Follow the link of the mail, as its owner does."""
        if not self._until(lambda: self._linked() != ""):
            self.waited = f"{self.tenant.name}: no mail to its owner links to the acknowledgement page"
            return
        self.link = self._linked()
        try:
            acknowledge(self.link, fixed)
        except PageError as error:
            self.waited = f"{self.tenant.name}: the acknowledgement page: {error}"

    def _linked(self) -> str:
        """The link in the newest mail to the owner that has one."""
        mails = mails_of_the_guard(self._emulator.endpoint)
        links = (link_in(mail.text) for mail in reversed(mails) if mail.to == self.tenant.owner)
        return next(filter(None, links), "")

    def _resume(self) -> None:
        self._word("resume", "the owner now sends to confirmed addresses only")

    def _word(self, command: str, reason: str) -> None:
        """Say it as an operator does."""
        self.spoken.append(f'sesguard {command} {self.tenant.configuration_set} --reason "{reason}"')
        try:
            speak(self._emulator, command, self.tenant.configuration_set, "--reason", reason)
        except SetUpError as error:
            self.waited = f"{self.tenant.name}: {error}"

    def _becomes(self, *statuses: Status) -> bool:
        if self._until(lambda: self._status() in statuses):
            return True
        limit = self._lateness.stretched(PATIENCE)
        self.waited = f"{self.tenant.name} should have become {statuses[-1].value} within {limit:.0f} s, and did not"
        return False

    def _until(self, happened: Callable[[], bool], patience: float = PATIENCE) -> bool:
        """Wait until it has happened, but not for ever: how long follows how slow the machine is by then."""
        began = time.monotonic()
        while time.monotonic() - began < self._lateness.stretched(patience) and not self._stop_asked.is_set():
            if happened():
                return True
            self._stop_asked.wait(0.3)
        return False
