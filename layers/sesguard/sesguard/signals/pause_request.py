"""The guard's own word to enforce that a stream is at risk, where its alarm cannot be tripped."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from sesguard.stream import StreamId
from sesguard.text import decode_json

_KIND: Final = "at risk"


class PauseRequest(NamedTuple):
    """A stream whose ``risk`` was found to be 1 or more at ``at``."""

    stream: StreamId
    risk: float
    at: datetime


class _Message(msgspec.Struct, frozen=True):
    sesguard: Literal["at risk"]
    stream: str
    risk: float
    at: datetime


def write_pause_request(request: PauseRequest) -> str:
    """Write the message's body."""
    return msgspec.json.encode(_Message(_KIND, str(request.stream), request.risk, request.at)).decode()


def read_pause_request(body: str) -> PauseRequest | None:
    """Read one message; None where it is none of these. Never raises."""
    try:
        message = decode_json(body, _Message)
        return PauseRequest(StreamId.parse(message.stream), message.risk, message.at)
    except (msgspec.DecodeError, ValueError):
        return None
