"""Compare one stream's wanted state with SES, and set right, or take over, what differs."""

from __future__ import annotations

from datetime import datetime

from sesguard.pausing.backlog import claim_pause
from sesguard.pausing.decision import Reason
from sesguard.pausing.drift import repair
from sesguard.pausing.outbox import PausingDeps, complete
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Origin


def reconcile(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord | None:
    """Look at SES; the record as it is afterwards, None where nothing differed. Raises AwsError or ConflictError."""
    repaired = repair(record, deps.switch.look(record.stream, record.target), now)
    if repaired is None:
        return None
    # A pause that was observed only is one more automatic pause. Without room it stays on paper until there is some.
    newly_off = repaired.record.turned_off and not record.turned_off and record.state.origin is Origin.GUARD
    if newly_off and not claim_pause(deps, record, Reason.ENFORCED, 0.0, now).granted:
        return None
    return complete(deps, deps.streams.save(*repaired), now)
