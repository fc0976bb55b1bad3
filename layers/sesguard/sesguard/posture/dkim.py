"""DKIM keys in DNS: are those of an identity there, and are they worth something (RFC 6376, 3.6.1; RFC 8301).

Easy DKIM has three CNAMEs, ``TOKEN._domainkey.DOMAIN`` to ``TOKEN.dkim.amazonses.com``, of which SES uses one and
changes to another by itself (https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html);
one's own key has one TXT at a selector of one's own.
"""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Final, NamedTuple

from sesguard.posture.dns_ports import Resolver
from sesguard.posture.tags import first_values

SHORTEST_BITS: Final = 1024
"""Receivers must not trust shorter RSA keys (RFC 8301, 3.2)."""
ADVISED_BITS: Final = 2048


class DkimState(StrEnum):
    PRESENT = "present"
    MISSING = "missing"
    REVOKED = "revoked"  # an empty key says so
    INVALID = "invalid"
    UNKNOWN = "unknown"  # nobody answered


class DkimKey(NamedTuple):
    """A key at ``name``. bits: of RSA, 0 where it is no RSA key or cannot be told."""

    name: str
    state: DkimState
    bits: int = 0
    why: str = ""


def selector_name(selector: str, domain: str) -> str:
    return f"{selector}._domainkey.{domain}"


def check_key(selector: str, domain: str, resolver: Resolver) -> DkimKey:
    """Look at the key of a selector; CNAMEs are followed by the resolver."""
    name = selector_name(selector, domain)
    answer = resolver.look_up(name, "TXT")
    if not answer.definite:
        return DkimKey(name, DkimState.UNKNOWN, why=answer.status)
    keys = [text for text in answer.records if "p" in first_values(text)]
    if not keys:
        leads = f"it leads to {answer.canonical}, where there is no key" if answer.canonical else ""
        return DkimKey(name, DkimState.MISSING, why=leads or answer.status)
    tags = first_values(keys[0])
    if len(keys) > 1:  # RFC 6376, 3.6.2.2: undefined
        return DkimKey(name, DkimState.INVALID, why=f"there are {len(keys)} keys at one name")
    if not tags["p"]:
        return DkimKey(name, DkimState.REVOKED)
    return _worth(name, tags)


def _worth(name: str, tags: dict[str, str]) -> DkimKey:
    if tags.get("v", "DKIM1") != "DKIM1":
        return DkimKey(name, DkimState.INVALID, why=f"its version is {tags['v']}")
    if tags.get("k", "rsa").lower() != "rsa":
        return DkimKey(name, DkimState.PRESENT)
    try:
        bits = _rsa_bits(base64.b64decode("".join(tags["p"].split()), validate=True))
    except (binascii.Error, ValueError, IndexError):
        return DkimKey(name, DkimState.INVALID, why="its key cannot be read")
    if bits < SHORTEST_BITS:
        return DkimKey(name, DkimState.INVALID, bits, f"its key has {bits} bits, and receivers want {SHORTEST_BITS}")
    return DkimKey(name, DkimState.PRESENT, bits)


def _rsa_bits(der: bytes) -> int:
    """Bits of the modulus in a SubjectPublicKeyInfo or a bare RSAPublicKey. Raises ValueError or IndexError."""
    body = _inside(der, 0x30)
    if body[0] == 0x30:  # the algorithm comes first, then the key in a bit string
        length, start = _length(body, 1)
        body = _inside(_inside(body[start + length :], 0x03)[1:], 0x30)
    modulus = _inside(body, 0x02)
    return int.from_bytes(modulus).bit_length()


def _inside(der: bytes, kind: int) -> bytes:
    if der[0] != kind:
        raise ValueError(kind)
    length, start = _length(der, 1)
    if len(der) < start + length:
        raise ValueError(length)
    return der[start : start + length]


def _length(der: bytes, at: int) -> tuple[int, int]:
    if der[at] < 0x80:
        return der[at], at + 1
    octets = der[at] & 0x7F
    return int.from_bytes(der[at + 1 : at + 1 + octets]), at + 1 + octets
