"""A seventh tenant, which goes through all that can happen to one: warned, paused, back, worse, held, and well again.

Its cool-downs are shortened by a policy of its own, as a user would for a drill; an operator speaks through the real
command line. What takes a minute is the sweep, which ends the cool-down.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from localcloud.cloud import Emulator
from localcloud.player import Tally, try_to_send
from localcloud.scenario import Tenant
from sesguard.deciding.state import Status

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
SESGUARD: Final = Path(sys.executable).parent / "sesguard"

# What has to be decided of it, in this order.
DECISIONS: Final = ("warn", "pause", "acknowledged", "resume", "hold", "resume", "recover")


class Life(threading.Thread):
    """Plays the tenant, its owner's word and the operator. ``status`` reads how the guard has it on record."""

    def __init__(self, emulator: Emulator, status: Callable[[], Status], start: float, stop: threading.Event) -> None:
        super().__init__(name="life", daemon=True)
        self.tenant = OUTLET
        self.tally = Tally()
        self.spoken: list[str] = []
        self._client: SESV2Client = emulator.client("sesv2")
        self._environment = emulator.environment()
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
            if not self._until(status):
                return

    def _warned(self) -> None:
        self._send(good=76, bad=24)

    def _paused(self) -> None:
        self._send(good=76, bad=24)

    def _acknowledged(self) -> None:
        self._rest(2)
        self._send(good=40, bad=0)
        self._word("acknowledge", "the imported list is deleted")

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

    def _word(self, command: str, reason: str) -> None:
        """Say it as an operator does."""
        arguments = [command, self.tenant.configuration_set, "--reason", reason]
        done = subprocess.run(  # noqa: S603 (our own command line)
            [str(SESGUARD), *arguments],
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.spoken.append(f'sesguard {command} {self.tenant.configuration_set} --reason "{reason}"')
        if done.returncode != 0:
            self.tally.errors.append(f"{command}: {done.stderr.strip() or done.stdout.strip()}")

    def _until(self, status: Status) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and not self._stop_asked.is_set():
            if self._status() is status:
                return True
            self._rest(0.3)
        return False

    def _rest(self, seconds: float) -> None:
        self._stop_asked.wait(seconds)
