"""How a webhook's receiver knows that a call is the guard's, and not an old one played again.

Calls are signed as Standard Webhooks are, so that a receiver verifies with a library of its language:
``webhook-id``, ``webhook-timestamp`` (seconds since 1970) and ``webhook-signature``, some ``v1,<base64>`` apart by
spaces: HMAC-SHA256 over ``id.timestamp.body``. https://github.com/standard-webhooks/standard-webhooks
While a secret is being changed, there is a signature for each of the two.

Until 2027-12-31 the headers of before come along: ``Sesguard-Event-Id``, and ``Sesguard-Signature``
``t=<seconds since 1970>,v1=<hex>``, HMAC-SHA256 over the time, a dot and the body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

ID: Final = "webhook-id"
"""The same however often a notice comes; what is told once is known by it."""
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
OLD_ID: Final = "Sesguard-Event-Id"
OLD_SIGNATURE: Final = "Sesguard-Signature"
PREFIX: Final = "whsec_"
MOST_SECRETS: Final = 2


def headers(event: str, body: bytes, secrets: Sequence[str], now: datetime) -> Mapping[str, str]:
    """Make the headers of a call about ``event``, signed with each of the ``secrets``, if there are any."""
    seconds = str(int(now.timestamp()))
    named = {ID: event, TIMESTAMP: seconds, OLD_ID: event}
    if not secrets:
        return named
    signed = f"{event}.{seconds}.".encode() + body
    keys = dict.fromkeys(key for secret in secrets for key in _keys(secret))
    signatures = (base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
    return {
        **named,
        SIGNATURE: " ".join(f"v1,{each}" for each in signatures),
        OLD_SIGNATURE: old_signature(body, secrets, now),
    }


def old_signature(body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The value of ``Sesguard-Signature``: ``body`` signed with the text of each of the ``secrets``."""
    sent = str(int(now.timestamp()))
    signed = (hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={sent}", *(f"v1={each}" for each in signed)])


def secrets_in(text: str) -> list[str]:
    """The secrets that a reference holds: one, or two on lines of their own while it is being changed."""
    return [line.strip() for line in text.splitlines() if line.strip()][:MOST_SECRETS]


def _keys(secret: str) -> Iterator[bytes]:
    """What ``secret`` may stand for: base64 after ``whsec_``; without that its own bytes.

    Libraries take a secret without the prefix for base64, too: one that is base64 signs both ways.
    """
    decoded = _decoded(secret.removeprefix(PREFIX))
    if decoded:
        yield decoded
    if not (decoded and secret.startswith(PREFIX)):
        yield secret.encode()


def _decoded(text: str) -> bytes:
    """The bytes of base64, with or without its padding; none for anything else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
