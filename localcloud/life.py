"""A seventh tenant, which goes through all that can happen to one: warned, paused, back, worse, held, and well again.

Its cool-downs are shortened by a policy of its own, as a user would for a drill; its owner acknowledges through the
page that the mail links to, and an operator speaks through the real command line. What takes a minute is the sweep,
which ends the cool-down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from localcloud.cloud import Emulator
from localcloud.mailbox import mails_of_the_guard
from localcloud.owner import PageError, acknowledge, link_in
from localcloud.player import Tally, try_to_send
from localcloud.scenario import Tenant
from localcloud.setting_up import SetUpError, speak
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
PATIENCE: Final = 130.0  # seconds for each step; the longest waits for two sweeps

# What has to be decided of it, in this order.
DECISIONS: Final = ("warn", "pause", "acknowledged", "resume", "hold", "resume", "recover")


class Life(threading.Thread):
    """Plays the tenant, its owner and the operator. ``status`` reads how the guard has it on record.

    spoken: the operator's commands. link: the page that the owner has been to.
    """

    def __init__(self, emulator: Emulator, status: Callable[[], Status], start: float, stop: threading.Event) -> None:
        super().__init__(name="life", daemon=True)
        self.tenant = OUTLET
        self.tally = Tally()
        self.spoken: list[str] = []
        self.link = ""
        self._client: SESV2Client = emulator.client("sesv2")
        self._emulator = emulator
        self._status, self._start, self._stop_asked = status, start, stop

    def run(self) -> None:
        self._rest(max(0.0, self._start + 4 - time.monotonic()))
        for step, status in (
            (self._warned, Status.WATCHED),
            (self._paused, Status.PAUSED),
            (self._acknowledged, Status.PROBATION),
            (self._relapsed, Status.HELD),
            (self._resumed, Status.PROBATION),
            (self._well, Status.HEALTHY),
        ):
            step()
            if not self._becomes(status):
                return

    def _warned(self) -> None:
        self._send(good=76, bad=24)

    def _paused(self) -> None:
        self._send(good=76, bad=24)

    def _acknowledged(self) -> None:
        self._rest(2)
        self._send(good=40, bad=0)
        self._acknowledge("The imported list is deleted.")

    def _relapsed(self) -> None:
        self._send(good=44, bad=16)

    def _resumed(self) -> None:
        self._rest(3)
        self._word("resume", "the owner now sends to confirmed addresses only")

    def _well(self) -> None:
        self._rest(3.5)
        self._send(good=149, bad=1)

    def _send(self, *, good: int, bad: int) -> None:
        fates = ["gone"] * bad + ["fine"] * good
        people = [f"{fate}-{seat}@company-{seat % 30:02d}.example" for seat, fate in enumerate(fates)]
        for first in range(0, len(people), 50):
            try_to_send(self._client, self.tenant, people[first : first + 50], self.tally)

    def _acknowledge(self, fixed: str) -> None:
        """Follow the link of the mail, as its owner does."""
        if not self._until(lambda: self._linked() != ""):
            self.tally.errors.append("no mail to its owner links to the acknowledgement page")
            return
        self.link = self._linked()
        try:
            acknowledge(self.link, fixed)
        except PageError as error:
            self.tally.errors.append(f"acknowledgement page: {error}")

    def _linked(self) -> str:
        """The link in the newest mail to the owner that has one."""
        mails = mails_of_the_guard(self._emulator.endpoint)
        links = (link_in(mail.text) for mail in reversed(mails) if mail.to == self.tenant.owner)
        return next(filter(None, links), "")

    def _word(self, command: str, reason: str) -> None:
        """Say it as an operator does."""
        self.spoken.append(f'sesguard {command} {self.tenant.configuration_set} --reason "{reason}"')
        try:
            speak(self._emulator, command, self.tenant.configuration_set, "--reason", reason)
        except SetUpError as error:
            self.tally.errors.append(str(error))

    def _becomes(self, status: Status) -> bool:
        return self._until(lambda: self._status() is status)

    def _until(self, happened: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not self._stop_asked.is_set():
            if happened():
                return True
            self._rest(0.3)
        return False

    def _rest(self, seconds: float) -> None:
        self._stop_asked.wait(seconds)
