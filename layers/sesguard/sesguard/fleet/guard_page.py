"""How the guard itself stands: queues, dead letters, functions, the last sweep, what is in line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Protocol

from sesguard.fleet.fleet import Fleet
from sesguard.fleet.read import ReadProblems

SECONDS_A_PAUSE: Final = 2.0
"""SES takes one control call a second, and a pause is two: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
SILENT: Final = timedelta(minutes=3)
"""After which a sweep is missing, as SweepSilentAlarm has it."""


class QueueNow(NamedTuple):
    """A queue: messages in it, and seconds that the oldest has waited; None where CloudWatch has not said."""

    name: str
    messages: int
    oldest_seconds: float | None = None

    @property
    def dead(self) -> bool:
        return self.name.endswith("DeadLetters")


class FunctionNow(NamedTuple):
    """A function within the last 24 hours."""

    name: str
    invocations: float
    errors: float


class GuardSource(Protocol):
    """What is known of the guard. Each raises AwsError."""

    def queues(self, now: datetime) -> Sequence[QueueNow]: ...

    def functions(self, now: datetime) -> Sequence[FunctionNow]: ...

    def last_sweep(self, now: datetime) -> datetime | None:
        """Say when a sweep came to its end within the last hour; None where none did."""

    def in_line(self) -> int:
        """Count the alarms that wait for SES."""


@dataclass(frozen=True, slots=True)
class GuardHealth:
    """All of it; what could not be read is None or empty, and ``problems`` says why."""

    now: datetime
    queues: Sequence[QueueNow]
    functions: Sequence[FunctionNow]
    last_sweep: datetime | None
    in_line: int | None
    backlog: int
    problems: tuple[str, ...]

    @property
    def minutes_in_line(self) -> float | None:
        """Until the line is empty, at SES's pace."""
        return self.in_line * SECONDS_A_PAUSE / 60 if self.in_line is not None else None

    @property
    def silent(self) -> bool:
        """Whether no sweep has come to its end lately."""
        return self.last_sweep is None or self.now - self.last_sweep > SILENT


def read_guard(source: GuardSource, fleet: Fleet, now: datetime) -> GuardHealth:
    """Read how the guard stands. Raises nothing."""
    problems = ReadProblems()
    return GuardHealth(
        now,
        problems.attempt(lambda: source.queues(now), "queues") or (),
        problems.attempt(lambda: source.functions(now), "functions") or (),
        problems.attempt(lambda: source.last_sweep(now), "the last sweep"),
        problems.attempt(source.in_line, "what waits for SES"),
        sum(row.status is not None and row.status.record.backlog is not None for row in fleet.rows),
        tuple(problems.said),
    )
