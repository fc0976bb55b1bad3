"""Compare one stream's wanted state with SES, and set right, or take over, what differs."""

from __future__ import annotations

from datetime import datetime

from sesguard.deciding.state import Origin
from sesguard.drift import repair
from sesguard.ports.streams import StreamRecord
from sesguard.settle import World, settle
from sesguard.waiting import room_for


def reconcile(world: World, record: StreamRecord, now: datetime) -> StreamRecord | None:
    """Look at SES; the record as it is afterwards, None where nothing differed. Raises AwsError or ConflictError."""
    repaired = repair(record, world.switch.look(record.stream, record.means), now)
    if repaired is None:
        return None
    # A pause that was observed only is one more automatic pause. Without room it stays on paper until there is some.
    newly_off = repaired.record.turned_off and not record.turned_off and record.state.origin is Origin.GUARD
    if newly_off and not room_for(world, record, now).granted:
        return None
    return settle(world, world.streams.save(*repaired), now)
