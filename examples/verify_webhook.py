"""How the receiver of a webhook knows that a call is sesguard's, meant for it, and not an old one played again."""

import json
from collections.abc import Mapping

from standardwebhooks import Webhook, WebhookVerificationError


def is_genuine(body: bytes, headers: Mapping[str, str], secret: str, url: str) -> bool:
    """Whether sesguard sent ``body`` to ``url``, which is yours, within the last five minutes."""
    key = secret if secret.startswith("whsec_") else secret.encode()
    try:
        Webhook(key).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):
        return False
    return bool(json.loads(body)["to"]["url"] == url)
