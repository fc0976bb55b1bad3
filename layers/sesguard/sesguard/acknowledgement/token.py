"""The token in the link of a pause notice: says which pause it acknowledges, until when, and that the guard wrote it.

Its bytes, as base64url without padding: version (1), the time it expires (8, epoch seconds), the time of the pause
(8, epoch microseconds), then account, region, configuration set and incident (each a length of 1 byte and UTF-8), and
HMAC-SHA256 over all of that (32). Nothing in it is secret or personal; what counts is that nobody else can make one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from sesguard.stream import StreamId

LONGEST: Final = 512
"""Characters; a token of the longest names that AWS allows has about 250."""

_VERSION: Final = 1
_TIMES: Final = struct.Struct(">BQQ")
_SIGNATURE: Final = hashlib.sha256().digest_size
# Keeps these signatures apart from whatever else may one day be signed with the same key.
_PURPOSE: Final = b"sesguard acknowledgement\n"
_ALPHABET: Final = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Claims(NamedTuple):
    """What a token says: the pause of ``stream`` that began at ``pause`` in ``incident``, and when the token expires.

    pause: :attr:`sesguard.pausing.state.StreamState.unacknowledged`, exact to the microsecond: a later pause of the
    same incident is another one. expires: in whole seconds.
    """

    stream: StreamId
    incident: str
    pause: datetime
    expires: datetime


def sign(claims: Claims, key: bytes) -> str:
    """Make the token. Raises ValueError for an empty key, or a name of more than 255 bytes."""
    if not key:
        raise ValueError("an empty key signs nothing")
    expires, pause = (claims.expires - _EPOCH) // timedelta(seconds=1), (claims.pause - _EPOCH) // _MICROSECOND
    names = (name.encode() for name in (*claims.stream, claims.incident))
    payload = _TIMES.pack(_VERSION, expires, pause) + b"".join(bytes([len(name)]) + name for name in names)
    return _encode(payload + _signature(payload, key))


def read(token: str, key: bytes, now: datetime) -> Claims | None:
    """Read a token back; None for one that is forged, malformed, of another version, or expired at ``now``.

    The signature is compared in constant time and before anything else is looked at.
    """
    signed = _decode(token)
    payload, signature = signed[:-_SIGNATURE], signed[-_SIGNATURE:]
    if not key or not hmac.compare_digest(signature, _signature(payload, key)):
        return None
    claims = _claims(payload)
    return claims if claims is not None and now < claims.expires else None


def _claims(payload: bytes) -> Claims | None:
    """What a genuine payload says; None where another version wrote it."""
    if payload[0] != _VERSION:
        return None
    _, expires, pause = _TIMES.unpack_from(payload)
    account, region, configuration_set, incident = _names(payload[_TIMES.size :])
    return Claims(
        StreamId(account, region, configuration_set),
        incident,
        _EPOCH + pause * _MICROSECOND,
        _EPOCH + timedelta(seconds=expires),
    )


def _names(data: bytes) -> list[str]:
    names = []
    while data:
        length, data = data[0], data[1:]
        names.append(data[:length].decode())
        data = data[length:]
    return names


def _signature(payload: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _PURPOSE + payload, "sha256")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(token: str) -> bytes:
    """The token's bytes; none where it is not the one way in which they are written."""
    if not _ALPHABET.fullmatch(token) or len(token) % 4 == 1:
        return b""
    data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return data if _encode(data) == token else b""
