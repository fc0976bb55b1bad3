"""Whom of a tenant a notice reaches."""

from __future__ import annotations

import msgspec

from sesguard.notify.channel import Channel


class TenantContacts(msgspec.Struct, frozen=True):
    """A tenant as the registry has it. ``contacts`` are the addresses of its owner, ``channels`` the ways beside mail.

    ``unreadable``: how many channels are registered that are none.
    """

    id: str
    name: str = ""
    contacts: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    unreadable: int = 0
