"""Plays the scenario: each tenant is a sender of its own that calls SendEmail and notes what SES answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from localcloud.scenario import Send, Tenant

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client


@dataclass
class Tally:
    """What one tenant has sent, in recipients. Times are seconds of ``time.monotonic``.

    bad: recipients of accepted mails that the scenario makes bounce hard or complain.
    """

    accepted: int = 0
    bad: int = 0
    refused: int = 0
    refused_at: float | None = None
    errors: list[str] = field(default_factory=list)


class Player(threading.Thread):
    """Sends one tenant's mails at their times, from ``start`` (monotonic) on; ends by itself or at ``stop``."""

    def __init__(
        self, client: SESV2Client, tenant: Tenant, sends: Iterable[Send], start: float, stop: threading.Event
    ) -> None:
        super().__init__(name=f"player-{tenant.id}", daemon=True)
        self.tenant = tenant
        self.tally = Tally()
        self._client = client
        self._sends = list(sends)
        self._start = start
        self._stop_asked = stop

    def run(self) -> None:
        for send in self._sends:
            if self._stop_asked.wait(max(0.0, self._start + send.at - time.monotonic())):
                return
            try_to_send(self._client, self.tenant, send.recipients, self.tally)


def try_to_send(client: SESV2Client, tenant: Tenant, recipients: Sequence[str], tally: Tally) -> None:
    """Send one mail as the tenant, and note what SES answered."""
    try:
        send_mail(client, tenant.sender, tenant.configuration_set, recipients)
    except ClientError as error:
        if error.response["Error"]["Code"] != "SendingPausedException":
            tally.errors.append(str(error))
            return
        tally.refused += len(recipients)
        tally.refused_at = tally.refused_at or time.monotonic()
    else:
        tally.accepted += len(recipients)
        tally.bad += sum(address.startswith(("gone-", "angry-")) for address in recipients)


def send_mail(client: SESV2Client, sender: str, configuration_set: str, recipients: Iterable[str]) -> None:
    """One SendEmail as a tenant of the platform would make it."""
    client.send_email(
        FromEmailAddress=sender,
        ConfigurationSetName=configuration_set,
        Destination={"ToAddresses": list(recipients)},
        Content={"Simple": {"Subject": {"Data": "News for you"}, "Body": {"Text": {"Data": "Hello."}}}},
    )


class Probe(threading.Thread):
    """Measures the path: one mail whose recipients all bounce, and how long until SES refuses the stream's mail.

    ``seconds`` is taken from before SendEmail, so it contains the bounce's own delay (0.2 to 0.8 s), too.
    """

    def __init__(
        self, client: SESV2Client, configuration_set: str, sender: str, at: float, give_up: float = 30.0
    ) -> None:
        super().__init__(name=f"probe-{configuration_set}", daemon=True)
        self.configuration_set = configuration_set
        self.seconds: float | None = None
        self._client, self._sender, self._at, self._give_up = client, sender, at, give_up

    def run(self) -> None:
        time.sleep(max(0.0, self._at - time.monotonic()))
        began = time.monotonic()
        gone = [f"gone-{number}@probe-{number % 5}.example" for number in range(45)]
        send_mail(self._client, self._sender, self.configuration_set, gone)
        if self._until(lambda: not self._may_send(), began):
            try:
                send_mail(self._client, self._sender, self.configuration_set, ["somebody@probe.example"])
            except ClientError:
                self.seconds = time.monotonic() - began

    def _may_send(self) -> bool:
        answer = self._client.get_configuration_set(ConfigurationSetName=self.configuration_set)
        return bool(answer["SendingOptions"]["SendingEnabled"])

    def _until(self, done: Callable[[], bool], began: float) -> bool:
        while time.monotonic() - began < self._give_up:
            if done():
                return True
            time.sleep(0.1)
        return False
