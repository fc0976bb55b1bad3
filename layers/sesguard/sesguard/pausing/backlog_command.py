"""An operator's word on pauses that wait: let them go ahead, or dismiss them. Both are on record, with who and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Outcome
from sesguard.pausing.decision import Pause, PauseElsewhere, Reason
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.journal import BacklogEntry, Word, head_of
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.saving import until_saved
from sesguard.stream import StreamId


def backlog(deps: PausingDeps) -> list[StreamRecord]:
    """Every stream whose pause waits, the worst first. Raises AwsError."""
    records = deps.streams.load_many(deps.streams.not_healthy()).records
    return sorted(filter(_waits, records), key=lambda it: (-it.backlog.risk if it.backlog else 0.0, it.stream))


def approve(deps: PausingDeps, stream: StreamId, word: Word, now: datetime) -> Result | None:
    """Let the stream's waiting pause go ahead, whatever the cap; None where none waits.

    Raises AwsError or ConflictError; what is on record by then is done by the guard.
    """
    record = deps.streams.load(stream)
    waiting = record.backlog
    if waiting is None:
        return None
    there = waiting.elsewhere
    pause = Pause(Reason(waiting.reason)) if there is None else PauseElsewhere(there, approved=True)
    return act(deps, stream, pause, now, by=word.signature("approve"), granted=True)


def dismiss(deps: PausingDeps, stream: StreamId, word: Word, now: datetime) -> bool:
    """Dismiss the stream's waiting pause: only mail sent from now on weighs. False where none waits.

    Without that, the same evidence would ask for the same pause a minute later. Raises AwsError or ConflictError.
    """

    def once() -> bool:
        record = deps.streams.load(stream)
        if not _waits(record):
            return False
        state = replace_state(record.state, counted_from=now, calm_since=None)
        dismissed = replace(record, waiting=None, proposed=None, state=state)
        signature, head = word.signature("dismiss"), head_of(BacklogEntry, record, now)
        entry = BacklogEntry(*head, outcome=Outcome.DROPPED.value, **signature._asdict())
        deps.streams.save(dismissed, (entry,))
        return True

    return until_saved(once)


def _waits(record: StreamRecord) -> bool:
    return record.backlog is not None
