"""How a webhook's receiver knows that a call is the guard's, and not an old one played again.

The header ``Sesguard-Signature`` is ``t=<seconds since 1970>,v1=<hex>``: HMAC-SHA256 over the time, a dot and the body.
While a secret is being changed it holds ``v1`` twice, one for each secret. How a receiver verifies it is in
``examples/verify_webhook.py``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Final

SIGNATURE: Final = "Sesguard-Signature"
EVENT_ID: Final = "Sesguard-Event-Id"
"""The same however often a notice comes; what is told once is known by it."""
MOST_SECRETS: Final = 2


def signature(body: bytes, secrets: Sequence[str], now: datetime) -> str:
    """The header's value: ``body`` signed with each of the ``secrets``."""
    sent = str(int(now.timestamp()))
    signed = (hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={sent}", *(f"v1={each}" for each in signed)])


def secrets_in(text: str) -> list[str]:
    """The secrets that a reference holds: one, or two on lines of their own while it is being changed."""
    return [line.strip() for line in text.splitlines() if line.strip()][:MOST_SECRETS]
