"""What the lake may keep of personal fields: addresses, subjects, and what receiving servers answered."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from hmac import digest


class PersonalFields(StrEnum):
    """What becomes of them before anything is stored."""

    DROP = "drop"
    HASH = "hash"
    KEEP = "keep"


def hashing(key: bytes) -> Callable[[str], str]:
    """Make the function that stands in for an address or subject: the same text gives the same 32 hex digits.

    A keyed hash (HMAC-SHA-256): without ``key`` nobody can try addresses. Case and blanks around do not matter, so that
    one recipient is one value.
    """
    if len(key) < sha256().digest_size:
        raise ValueError(f"the key has {len(key)} bytes; expected at least {sha256().digest_size}")
    return lambda text: digest(key, text.strip().lower().encode("utf-8", "surrogatepass"), "sha256").hex()[:32]
