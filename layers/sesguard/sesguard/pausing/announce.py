"""The event of each decision on a stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sesguard.bus.events import VERSION, DetailType, Event, Outcome, event_id, iso, stream_fields
from sesguard.pausing.decide import Action, Decision
from sesguard.pausing.record import StreamRecord

TRANSITIONS: Final = {
    Action.WARN: DetailType.WARNED,
    Action.CALM: DetailType.CALM,
    Action.PAUSE: DetailType.PAUSED,
    Action.HOLD: DetailType.HELD,
    Action.RESUME: DetailType.RESUMED,
    Action.RECOVER: DetailType.RECOVERED,
    Action.REMIND: DetailType.AWAITING,
}


def transition(
    before: StreamRecord, decision: Decision, outcome: Outcome, evidence: Mapping[str, Any], now: datetime
) -> Event:
    """Make the event of a decision on the stream that was on record as ``before``."""
    state = decision.state
    detail_type = TRANSITIONS[decision.action]
    detail = {
        "version": VERSION,
        "id": event_id(str(before.stream), detail_type, iso(now), str(before.version)),
        "at": iso(now),
        "stream": stream_fields(before.stream),
        "tenant": before.tenant,
        "incident": state.incident or before.state.incident,
        "action": decision.action.value,
        "reason": decision.reason.value,
        "from": before.state.status.value,
        "to": state.status.value,
        "mode": before.policy.mode.value,
        "outcome": outcome.value,
        "evidence": dict(evidence),
        "strikes": len(state.strikes),
        "resumes_after": iso(state.cool_down_until) if state.off and state.cool_down_until else None,
        "acknowledge": state.off and state.acknowledge,
        "pause": iso(state.unacknowledged) if state.unacknowledged else None,
    }
    return {"type": detail_type.value, "detail": detail}
