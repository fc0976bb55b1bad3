"""What a sweep did, and how the failure of one stream, or of one part of it, stays its own."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import TypeVar

from sesguard.errors import AwsError, RecordError, code_of, log_failure
from sesguard.pausing.decision import Action
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.reconcile import reconcile
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status
from sesguard.stream import StreamId

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep did: streams looked after, those that failed with the first error's code, and what was done.

    left: streams that there was no time for. reached: the key of the last one before the first of those; the next
    sweep begins behind it. unreadable: what is wrong with records that this version cannot read, by key. states: how
    many there are of each. records: of all of them, as they were when it began. risks: of those that were weighed.
    without_volume: streams whose volume the daily audit found to be still unknown.
    """

    streams: int = 0
    left: int = 0
    reached: str = ""
    failed: dict[StreamId, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    actions: list[tuple[StreamId, Action]] = field(default_factory=list)
    repaired: list[StreamId] = field(default_factory=list)
    without_volume: list[StreamId] = field(default_factory=list)
    states: Counter[Status] = field(default_factory=Counter)
    records: Sequence[StreamRecord] = ()
    risks: dict[StreamId, float] = field(default_factory=dict)

    def worst(self, most: int) -> list[tuple[StreamId, float]]:
        """Name the streams with the most risk, the worst first."""
        return nsmallest(most, self.risks.items(), key=lambda it: (-it[1], it[0]))

    def compare(self, deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
        """Compare a stream with SES, and note it where that differed. Raises AwsError or ConflictError."""
        reconciled = reconcile(deps, record, now)
        if reconciled is None:
            return record
        self.repaired.append(record.stream)
        return reconciled

    @contextmanager
    def meanwhile(self, stream: StreamId) -> Iterator[None]:
        """Note what fails within, whatever it is, and go on with the rest."""
        try:
            yield
        except Exception as error:
            self.note_failure(stream, error)

    def note_failure(self, stream: StreamId, error: Exception) -> None:
        """Note and log the first failure of a stream."""
        if isinstance(error, RecordError):
            self.unreadable[error.key] = error.problem
        self.failed.setdefault(stream, code_of(error))
        log_failure(_log, f"stream {stream}", error)


class Stages:
    """Runs the parts of a sweep one after another, and keeps the first failure for the invocation to fail of."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def run(self, work: Callable[[], T], otherwise: T) -> T:
        """Do ``work``; its result, or ``otherwise`` where it raises."""
        try:
            return work()
        except Exception as error:
            log_failure(_log, "left to the next sweep", error)
            self.failure = self.failure or error
            return otherwise

    def attempt(self, what: str, work: Callable[[], T], otherwise: T) -> T:
        """Do ``work``; where AWS fails it, ``otherwise``, and the next sweep heals it: ``what`` is logged, no more."""

        def warned() -> T:
            try:
                return work()
            except AwsError as error:
                log_failure(_log, what, error)
                return otherwise

        return self.run(warned, otherwise)

    def raise_failure(self) -> None:
        """Raise the first failure, if there was one."""
        if self.failure is not None:
            raise self.failure
