"""Posture's word to enforce that mail of a domain is going to be refused, or is not any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from sesguard.stream import StreamId
from sesguard.text import decode_json

_KIND: Final = "domain refusal"


class DomainRefusal(NamedTuple):
    """What posture found of ``domain``, from which ``stream`` sends.

    refused: whether receivers that follow its policy refuse all of this mail. at: when it was found.
    """

    stream: StreamId
    domain: str
    refused: bool
    at: datetime


class _Message(msgspec.Struct, frozen=True):
    sesguard: Literal["domain refusal"]
    stream: str
    domain: str
    refused: bool
    at: datetime


def write_domain_refusal(of: DomainRefusal) -> str:
    """Write the message's body."""
    return msgspec.json.encode(_Message(_KIND, str(of.stream), of.domain, of.refused, of.at)).decode()


def read_domain_refusal(body: str) -> DomainRefusal | None:
    """Read one message; None where it is none of these. Never raises."""
    try:
        message = decode_json(body, _Message)
        return DomainRefusal(StreamId.parse(message.stream), message.domain, message.refused, message.at)
    except (msgspec.DecodeError, ValueError):
        return None
