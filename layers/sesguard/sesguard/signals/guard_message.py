"""What the guard itself puts onto AlarmQueue for enforce, beside alarms: each a JSON object of a form of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import CENTRE, DetailType
from sesguard.stream import StreamId
from sesguard.text import decode_json


class PauseRequest(NamedTuple):
    """A stream whose ``risk`` was found to be 1 or more at ``at``, where its alarm cannot be tripped."""

    stream: StreamId
    risk: float
    at: datetime


class DomainRefusal(NamedTuple):
    """What posture found of ``domain``, from which ``stream`` sends.

    refused: whether receivers that follow its policy refuse all of this mail. at: when it was found.
    """

    stream: StreamId
    domain: str
    refused: bool
    at: datetime


class _AtRisk(msgspec.Struct, frozen=True):
    sesguard: Literal["at risk"]
    stream: str
    risk: float
    at: datetime


class _Refusal(msgspec.Struct, frozen=True):
    sesguard: Literal["domain refusal"]
    stream: str
    domain: str
    refused: bool
    at: datetime


class _Envelope(msgspec.Struct, frozen=True):
    """EventBridge's. Who may say so is the matter of the bus's policy and of the rule, which names the account."""

    source: str
    detail: msgspec.Raw
    detail_type: str = msgspec.field(name="detail-type")


def write_pause_request(of: PauseRequest) -> str:
    return msgspec.json.encode(_AtRisk("at risk", str(of.stream), of.risk, of.at)).decode()


def write_domain_refusal(of: DomainRefusal) -> str:
    return msgspec.json.encode(_Refusal("domain refusal", str(of.stream), of.domain, of.refused, of.at)).decode()


def read_pause_request(body: str) -> PauseRequest | None:
    """Read one message; None where it is none of these. Never raises."""
    try:
        message = decode_json(body, _AtRisk)
        return PauseRequest(StreamId.parse(message.stream), message.risk, message.at)
    except (msgspec.DecodeError, ValueError):
        return None


def read_domain_refusal(body: str) -> DomainRefusal | None:
    """Read one message; None where it is none of these. Never raises."""
    try:
        message = decode_json(body, _Refusal)
        return DomainRefusal(StreamId.parse(message.stream), message.domain, message.refused, message.at)
    except (msgspec.DecodeError, ValueError):
        return None


def read_paused_elsewhere(body: str) -> PausedElsewhere | None:
    """Read the centre's word that a tenant's stream was paused in another account or region; None for anything else.

    Raises msgspec.DecodeError for one that cannot be used.
    """
    try:
        envelope = decode_json(body, _Envelope)
    except msgspec.DecodeError:
        return None
    if (envelope.source, envelope.detail_type) != (CENTRE, DetailType.PAUSED_ELSEWHERE):
        return None
    return decode_json(bytes(envelope.detail), PausedElsewhere)
