"""Read the centre's word to enforce that a tenant's stream was paused in another account or region."""

from __future__ import annotations

import msgspec

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import CENTRE, DetailType
from sesguard.text import decode_json


class _Envelope(msgspec.Struct, frozen=True):
    """EventBridge's. Who may say so is the matter of the bus's policy and of the rule, which names the account."""

    source: str
    detail: msgspec.Raw
    detail_type: str = msgspec.field(name="detail-type")


def read_paused_elsewhere(body: str) -> PausedElsewhere | None:
    """Read one message; None where it is none of these. Raises msgspec.DecodeError for one that cannot be used."""
    try:
        envelope = decode_json(body, _Envelope)
    except msgspec.DecodeError:
        return None
    if (envelope.source, envelope.detail_type) != (CENTRE, DetailType.PAUSED_ELSEWHERE):
        return None
    return decode_json(bytes(envelope.detail), PausedElsewhere)
