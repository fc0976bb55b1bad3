"""A notification: one notice for one channel, as it lies in DeliveryQueue.

It names the channel by its key, so that no address is in the queue, and holds the event that it is about; the notice is
written when it is delivered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

import msgspec

from sesguard.notify.channel import OPERATORS_TOPIC
from sesguard.text import decode_json

REMEMBERED: Final = timedelta(days=35)
"""How long it is known what became of it: a message is kept 14 days in a queue, and 14 more as a dead letter."""


class Notification(msgspec.Struct, frozen=True, omit_defaults=True):
    """``event``: a message of the guard's bus, as it came; or ``digest``: the id of many that are told at once.

    ``told`` says to the operator who of the tenant is told. A ``report`` tells of the guard's own trouble in telling,
    and is not reported when it fails itself.
    """

    to: Literal["owner", "operator"]
    channel: str
    event: str = ""
    digest: str = ""
    tenant: str = ""
    told: str = ""
    report: bool = False

    @property
    def name(self) -> str:
        """The channel as the journal and the memory of what was sent name it."""
        if self.to == "owner":
            return self.channel
        return "operator" if self.channel == OPERATORS_TOPIC.key else f"operator/{self.channel}"


def written(notification: Notification) -> str:
    return msgspec.json.encode(notification).decode()


def read(body: str) -> Notification:
    """Raises msgspec.DecodeError for a body that is no notification."""
    notification = decode_json(body, Notification)
    if not (notification.event or notification.digest):
        raise msgspec.ValidationError("notification: expected an event or a digest")
    return notification
