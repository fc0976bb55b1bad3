"""The event of each decision on a stream."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType, Event, Outcome, StreamFields, event_id, event_of, iso
from sesguard.bus.evidence import Evidence
from sesguard.pausing.decision import Action, Decision
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
    detail = Transition(
        id=event_id(str(before.stream), detail_type, iso(now), str(before.version)),
        at=now,
        stream_fields=StreamFields(*before.stream),
        tenant=before.tenant,
        incident=state.incident or before.state.incident,
        action=decision.action.value,
        reason=decision.reason.value,
        before=before.state.status.value,
        to=state.status.value,
        mode=before.policy.mode.value,
        outcome=outcome,
        evidence=Evidence.of(evidence),
        strikes=len(state.strikes),
        resumes_after=state.cool_down_until if state.off and state.cool_down_until else None,
        acknowledge=state.off and state.acknowledge,
        pause=state.unacknowledged or None,
    )
    event = event_of(detail_type, detail)
    weighed = {name: value for name, value in event["detail"]["evidence"].items() if name in evidence}
    return {**event, "detail": {**event["detail"], "evidence": weighed}}  # what was not weighed has no key
