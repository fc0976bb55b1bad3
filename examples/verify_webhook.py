"""How the receiver of a webhook knows that a call is sesguard's, and not an old one played again."""

import hashlib
import hmac
import time


def is_genuine(body: bytes, signature: str, secret: str) -> bool:
    """Whether sesguard sent ``body`` within the last five minutes; ``signature`` is the header Sesguard-Signature."""
    fields = [field.partition("=") for field in signature.split(",")]
    sent = "".join(value for name, _, value in fields if name == "t")
    if not (sent.isdecimal() and len(sent) < 16 and abs(time.time() - int(sent)) <= 300):
        return False
    expected = hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any(hmac.compare_digest(expected, value) for name, _, value in fields if name == "v1" and value.isascii())
