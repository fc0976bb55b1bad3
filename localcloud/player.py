"""Plays the scenario: each tenant is a sender of its own that calls SendEmail and notes what SES answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.scenario import Send, Tenant

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

RETRY_SECONDS: Final = 1.0  # between two tries of a sender whose mail was refused


@dataclass
class Tally:
    """What one tenant has sent, in recipients. Times are seconds of ``time.monotonic``.

    bad: recipients of accepted mails that the scenario makes bounce hard or complain. refused: of each mail that SES
    has refused, once, however often it was tried.
    """

    accepted: int = 0
    bad: int = 0
    refused: int = 0
    refused_at: float | None = None
    errors: list[str] = field(default_factory=list)


class Sender:
    """One tenant's own program, which calls SendEmail and keeps a tally."""

    def __init__(self, client: SESV2Client, tenant: Tenant, stop: threading.Event) -> None:
        self.tenant = tenant
        self.tally = Tally()
        self._client, self._stop_asked = client, stop

    def try_to_send(self, recipients: Sequence[str], *, again: bool = False) -> bool:
        """Send one mail; whether SES took it. again: its refusal is on the tally already."""
        tally = self.tally
        try:
            send_mail(self._client, self.tenant.sender, self.tenant.configuration_set, recipients)
        except ClientError as error:
            if error.response["Error"]["Code"] != "SendingPausedException":
                tally.errors.append(str(error))
                return True  # nothing that a second try would mend
            tally.refused += 0 if again else len(recipients)
            tally.refused_at = tally.refused_at or time.monotonic()
            return False
        except BotoCoreError:
            return False  # no answer in a minute: whether it was sent is anybody's guess, so a sender tries again
        tally.accepted += len(recipients)
        tally.bad += sum(address.startswith(("gone-", "angry-")) for address in recipients)
        return True

    def send_until(self, recipients: Sequence[str], enough: Callable[[], bool]) -> None:
        """Send one mail; where SES refuses it try again, as senders do, until it is taken or it is ``enough``."""
        taken = self.try_to_send(recipients)
        while not taken and not enough() and not self._stop_asked.wait(RETRY_SECONDS):
            taken = self.try_to_send(recipients, again=True)


class Player(threading.Thread):
    """Sends one tenant's mails at their times, counted from when it ``may_begin``; ends by itself or at ``stop``.

    Who is to be paused goes on with its last mail until it is. has_sent: all that the scenario says.
    """

    def __init__(
        self,
        client: SESV2Client,
        tenant: Tenant,
        sends: Iterable[Send],
        may_begin: threading.Event,
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"player-{tenant.id}", daemon=True)
        self.tenant = tenant
        self._sender = Sender(client, tenant, stop)
        self.tally = self._sender.tally
        self.has_sent = False
        self._sends = list(sends)
        self._may_begin, self._stop_asked = may_begin, stop

    def run(self) -> None:
        self._may_begin.wait()
        start = time.monotonic()
        for send in self._sends:
            if self._stop_asked.wait(max(0.0, start + send.at - time.monotonic())):
                return
            self._sender.try_to_send(send.recipients)
        self.has_sent = True
        while self.tenant.paused and not self.tally.refused and not self._stop_asked.wait(RETRY_SECONDS):
            self._sender.try_to_send(self._sends[-1].recipients)


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

    ``seconds`` is taken from before SendEmail, so it contains the bounce's own delay (0.2 to 0.8 s), too; None until
    SES has refused. Begins ``after`` seconds from when it ``may_begin``.
    """

    def __init__(
        self,
        client: SESV2Client,
        configuration_set: str,
        sender: str,
        after: float,
        may_begin: threading.Event,
        stop: threading.Event,
    ) -> None:
        super().__init__(name=f"probe-{configuration_set}", daemon=True)
        self.configuration_set = configuration_set
        self.seconds: float | None = None
        self.has_sent = False
        self._client, self._sender, self._after = client, sender, after
        self._may_begin, self._stop_asked = may_begin, stop

    def run(self) -> None:
        self._may_begin.wait()
        if self._stop_asked.wait(self._after):
            return
        try:
            self._measure()
        except BotoCoreError:
            return  # the machine is that slow; the probe counts as one that was never paused
        finally:
            self.has_sent = True

    def _measure(self) -> None:
        began = time.monotonic()
        gone = [f"gone-{number}@probe-{number % 5}.example" for number in range(45)]
        send_mail(self._client, self._sender, self.configuration_set, gone)
        self.has_sent = True
        while self._may_send():
            if self._stop_asked.wait(0.1):
                return
        try:
            send_mail(self._client, self._sender, self.configuration_set, ["somebody@probe.example"])
        except ClientError:
            self.seconds = time.monotonic() - began

    def _may_send(self) -> bool:
        answer = self._client.get_configuration_set(ConfigurationSetName=self.configuration_set)
        return bool(answer["SendingOptions"]["SendingEnabled"])
