"""An operator's word on pauses that wait: let them go ahead, or dismiss them. Both are on record, with who and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Outcome
from sesguard.errors import ConflictError
from sesguard.pausing.budget import Grant
from sesguard.pausing.decide import Pause, Reason
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.intent import journal_entry
from sesguard.pausing.journal import Word
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import Streams
from sesguard.pausing.record import StreamRecord
from sesguard.stream import StreamId

_TRIES: Final = 5  # writers of one stream at once


def backlog(deps: PausingDeps) -> list[StreamRecord]:
    """Every stream whose pause waits, the worst first. Raises AwsError."""
    records = (deps.streams.load(stream) for stream in deps.streams.not_healthy())
    return sorted(filter(_waits, records), key=lambda it: (-it.waiting.risk if it.waiting else 0.0, it.stream))


def approve(deps: PausingDeps, stream: StreamId, word: Word, now: datetime) -> Result | None:
    """Let the stream's waiting pause go ahead, whatever the cap; None where none waits.

    Raises AwsError or ConflictError; what is on record by then is done by the guard.
    """
    record = deps.streams.load(stream)
    if not _waits(record) or record.waiting is None:
        return None
    approved = replace(deps, streams=_Approved(deps.streams, word), slots=_Unlimited())
    return act(approved, stream, Pause(Reason(record.waiting.reason)), now)


def dismiss(deps: PausingDeps, stream: StreamId, word: Word, now: datetime) -> bool:
    """Dismiss the stream's waiting pause: only mail sent from now on weighs. False where none waits.

    Without that, the same evidence would ask for the same pause a minute later. Raises AwsError or ConflictError.
    """
    for attempt in range(1, _TRIES + 1):
        record = deps.streams.load(stream)
        if not _waits(record):
            return False
        dismissed = replace(record, waiting=None, state=replace_state(record.state, counted_from=now, calm_since=None))
        fields = {"outcome": Outcome.DROPPED.value, **word.signature("dismiss")}
        try:
            deps.streams.save(dismissed, (journal_entry(record, "backlog", now, **fields),))
        except ConflictError:
            if attempt == _TRIES:
                raise
        else:
            return True
    raise AssertionError("unreachable")


def _waits(record: StreamRecord) -> bool:
    return record.waiting is not None and not record.state.off


class _Unlimited:
    """The port ``Slots`` of an operator."""

    def claim(self, pause: str, now: datetime) -> Grant:  # noqa: ARG002  # as the port has it
        return Grant(granted=True)


@dataclass(frozen=True, slots=True)
class _Approved:
    """The port ``Streams`` of an approval: the pause waits no more, and the decision's entry says whose word it was."""

    streams: Streams
    word: Word

    def load(self, stream: StreamId) -> StreamRecord:
        return replace(self.streams.load(stream), waiting=None)

    def save(self, record: StreamRecord, journal: Iterable[Mapping[str, Any]] = ()) -> StreamRecord:
        return self.streams.save(record, list(self._signed(journal)))

    def not_healthy(self) -> Iterable[StreamId]:
        return self.streams.not_healthy()

    def _signed(self, journal: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        signature = self.word.signature("approve")
        for entry in journal:
            yield {**entry, **signature} if entry["kind"] == "decided" else entry
