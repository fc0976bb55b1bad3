"""Slack, Teams and webhooks: what each is sent, and how its secret comes into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from sesguard.errors import ChannelError
from sesguard.notices import payloads
from sesguard.notify.channel import Channel, Kind, is_reference
from sesguard.notify.delivery_ports import Notice
from sesguard.notify.http.breaker import Breaker
from sesguard.notify.http.https import Caller
from sesguard.notify.signature import headers, secrets_in


class Secrets(Protocol):
    """What references stand for."""

    def read(self, reference: str, *, fresh: bool = False) -> str:
        """Read it, from memory unless ``fresh``. Raises ChannelError, which names the reference and nothing of it."""


def _utc() -> datetime:
    return datetime.now(UTC)


class Hooks:
    """The port ``Sender`` for Slack, Teams and webhooks. now: the time that a call is signed with."""

    def __init__(self, secrets: Secrets, caller: Caller, now: Callable[[], datetime] = _utc) -> None:
        self._secrets = secrets
        self._caller = caller
        self._now = now
        self._breaker = Breaker()

    def send(self, channel: Channel, notice: Notice) -> None:
        read = self._secrets.read
        known = self._known(channel, read)
        try:
            self._call(channel, notice, *known)
        except ChannelError as error:
            changed = self._known(channel, partial(read, fresh=True)) if error.denied else known
            if changed == known:
                raise
            self._call(channel, notice, *changed)

    def _known(self, channel: Channel, read: Callable[[str], str]) -> tuple[str, str]:
        """The URL, and what calls are signed with."""
        url = read(channel.address).strip() if is_reference(channel.address) else channel.address
        return url, read(channel.secret) if channel.secret else ""

    def _call(self, channel: Channel, notice: Notice, url: str, secret: str) -> None:
        body = json.dumps(_payload(channel.kind, notice, url)).encode()
        signed: Mapping[str, str] = {}
        if channel.kind is Kind.WEBHOOK:
            secrets = secrets_in(secret)
            if channel.secret and not secrets:
                raise ChannelError(f"the secret {channel.secret} is empty")
            signed = headers(notice.about.id, body, secrets, self._now())
        with self._breaker.calling(notice.tenant, url):
            self._caller.post(url, body, {"Content-Type": "application/json", **signed})


def _payload(kind: Kind, notice: Notice, url: str) -> object:
    if kind is Kind.SLACK:
        return payloads.slack(notice.message)
    if kind is Kind.TEAMS:
        return payloads.teams(notice.message)
    # For whom, and where to: inside what is signed, so that a body is worth nothing at another receiver.
    return payloads.webhook(notice.about, notice.message) | {"to": {"tenant": notice.tenant or None, "url": url}}
