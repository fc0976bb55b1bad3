"""A channel: one way to reach an owner or the operator. It is named by a key that gives its address away to nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from sesguard.tenants.channels import REFERENCE, ChannelRule
from sesguard.text import usable


class Kind(StrEnum):
    MAIL = "mail"
    SLACK = "slack"
    TEAMS = "teams"
    WEBHOOK = "webhook"
    SNS = "sns"
    TOPIC = "topic"  # the operator's own, which the template makes


class Channel(msgspec.Struct, frozen=True):
    """``address``: a mail address, a URL, the ARN of a topic, or the reference of a secret that holds the URL.

    ``secret``: the reference of what a webhook's calls are signed with, "" where they are not. References are
    ``ssm:/sesguard/…`` and ``secretsmanager:sesguard/…``.
    """

    kind: Kind
    address: str
    secret: str = ""

    @property
    def key(self) -> str:
        """Names the channel in queues, records and logs: its kind and 16 digits of a hash of its address."""
        return f"{self.kind}/{fingerprint(self.address)}"


OPERATORS_TOPIC: Final = Channel(Kind.TOPIC, "")
"""The operator's topic. Where it is, is the deployment's to say."""

_RULE: Final = ChannelRule()


def fingerprint(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def mail_to(contacts: Iterable[str]) -> list[Channel]:
    """A channel for each contact that is an address, each once."""
    return [Channel(Kind.MAIL, contact) for contact in dict.fromkeys(contacts) if usable(contact)]


def channel_of(fields: Mapping[str, object]) -> Channel | None:
    """Read a channel as the registry has it; None for one that breaks its rules."""
    if any(_RULE.wrong(dict(fields))):
        return None
    address = fields.get("url") or fields.get("topic")
    return Channel(Kind(str(fields["kind"])), str(address), str(fields.get("secret", "")))


def is_reference(address: str) -> bool:
    """Whether the address is kept as a secret, and this is where."""
    return not any(REFERENCE.wrong(address))


class TenantContacts(msgspec.Struct, frozen=True):
    """A tenant as the registry has it. ``contacts`` are the addresses of its owner, ``channels`` the ways beside mail.

    ``unreadable``: how many channels are registered that are none.
    """

    id: str
    name: str = ""
    contacts: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    unreadable: int = 0
