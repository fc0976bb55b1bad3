"""An operator's word on pauses that wait: let them go ahead, or drop them. Both are on record, with who and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace as replace_state

from sesguard.announcing import Outcome
from sesguard.deciding.blast_radius import Room
from sesguard.deciding.decide import Pause, Reason
from sesguard.enforce import Result, act
from sesguard.errors import ConflictError
from sesguard.intent import journal_entry
from sesguard.ports.streams import StreamRecord, Streams
from sesguard.settle import World
from sesguard.stream import StreamId
from sesguard.word import Word

_TRIES: Final = 5  # writers of one stream at once


def backlog(world: World) -> list[StreamRecord]:
    """Every stream whose pause waits, the worst first. Raises AwsError."""
    records = (world.streams.load(stream) for stream in world.streams.not_healthy())
    return sorted(filter(_waits, records), key=lambda it: (-it.waiting.risk if it.waiting else 0.0, it.stream))


def release(world: World, stream: StreamId, word: Word, now: datetime) -> Result | None:
    """Let the stream's waiting pause go ahead, whatever the cap; None where none waits.

    Raises AwsError or ConflictError; what is on record by then is done by the guard.
    """
    record = world.streams.load(stream)
    if not _waits(record) or record.waiting is None:
        return None
    released = replace(world, streams=_Released(world.streams, word), slots=_Unlimited())
    return act(released, stream, Pause(Reason(record.waiting.reason)), now)


def drop(world: World, stream: StreamId, word: Word, now: datetime) -> bool:
    """Drop the stream's waiting pause: only mail sent from now on weighs. False where none waits.

    Without that, the same evidence would ask for the same pause a minute later. Raises AwsError or ConflictError.
    """
    for attempt in range(1, _TRIES + 1):
        record = world.streams.load(stream)
        if not _waits(record):
            return False
        dropped = replace(record, waiting=None, state=replace_state(record.state, counted_from=now, calm_since=None))
        fields = {"outcome": Outcome.DROPPED.value, **word.signature("drop")}
        try:
            world.streams.save(dropped, (journal_entry(record, "backlog", now, **fields),))
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

    def claim(self, pause: str, now: datetime) -> Room:  # noqa: ARG002  # as the port has it
        return Room(granted=True)


@dataclass(frozen=True, slots=True)
class _Released:
    """The port ``Streams`` of a release: the pause waits no more, and the decision's entry says whose word it was."""

    streams: Streams
    word: Word

    def load(self, stream: StreamId) -> StreamRecord:
        return replace(self.streams.load(stream), waiting=None)

    def save(self, record: StreamRecord, journal: Iterable[Mapping[str, Any]] = ()) -> StreamRecord:
        return self.streams.save(record, list(self._signed(journal)))

    def not_healthy(self) -> Iterable[StreamId]:
        return self.streams.not_healthy()

    def _signed(self, journal: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        signature = self.word.signature("release")
        for entry in journal:
            yield {**entry, **signature} if entry["kind"] == "decided" else entry
