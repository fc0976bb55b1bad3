"""What delivering needs: the senders that reach people, and what a sender takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sesguard.bus.details import News, Transition
from sesguard.notices.message import NoticeText
from sesguard.notices.payloads import Digest
from sesguard.notices.wording import Wording
from sesguard.notify.channel import Channel, Kind
from sesguard.notify.ports import Digests, NotificationQueue, Once, Tenants
from sesguard.pausing.ports import Journal


@dataclass(frozen=True, slots=True)
class Notice:
    """A message, what it is about, and the ``tenant`` whose owner is told, "" for the operator."""

    message: NoticeText
    about: News | Digest
    tenant: str = ""


class Sender(Protocol):
    """Reaches people by one kind of channel."""

    def send(self, channel: Channel, notice: Notice) -> None:
        """Raises ChannelError where it was not taken."""


class Wordings(Protocol):
    """The platform's own templates."""

    def now(self) -> Wording:
        """Read them. Raises AwsError."""


Links = Callable[[Transition, datetime], str]
"""Makes the link to the acknowledgement page of a pause. Raises AwsError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDeps:
    """What delivering needs. chance: 0 to 1, spreads what is tried again."""

    tenants: Tenants
    digests: Digests
    wordings: Wordings
    links: Links
    senders: Mapping[Kind, Sender]
    notifications: NotificationQueue
    once: Once
    journal: Journal
    chance: Callable[[], float]
