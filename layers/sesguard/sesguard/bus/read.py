"""Read the guard's events back, as they come out of the queue in EventBridge's envelope."""

from __future__ import annotations

from typing import Final

import msgspec

from sesguard.bus.details import AccountAtRisk, DomainPosture, News, Transition
from sesguard.bus.events import DetailType, OperatorNotice
from sesguard.text import decode_json

_TELL_NOBODY: Final = frozenset({DetailType.HEARTBEAT, DetailType.PAUSED_ELSEWHERE})
"""For the centre, and from it to enforce."""


class _Envelope(msgspec.Struct, frozen=True):
    detail_type: str = msgspec.field(name="detail-type")
    detail: msgspec.Raw


def read(body: str) -> News | None:
    """Read one message; None for a kind of event that this version does not know.

    Raises msgspec.DecodeError for a body that is no event of the guard's.
    """
    envelope = decode_json(body, _Envelope)
    if envelope.detail_type not in list(DetailType):
        return None
    kind = DetailType(envelope.detail_type)
    if kind in _TELL_NOBODY:
        return None
    if kind is DetailType.OPERATOR:
        return decode_json(bytes(envelope.detail), OperatorNotice)
    if kind is DetailType.ACCOUNT_AT_RISK:
        return decode_json(bytes(envelope.detail), AccountAtRisk)
    if kind is DetailType.DOMAIN:
        return decode_json(bytes(envelope.detail), DomainPosture)
    return msgspec.structs.replace(decode_json(bytes(envelope.detail), Transition), kind=kind)
