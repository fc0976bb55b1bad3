"""What the guard's page answers when it is asked: what takes long to read, or hides messages for a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from sesguard.cli.cost import MonthSoFar, month_so_far
from sesguard.cli.tenants.session import open_session
from sesguard.cli.tenants.status import look
from sesguard.provisioning.progress import Progress
from sesguard.wiring.redrive import SOURCES, DeadLetter, SqsRedrive, by_cause, redriving

if TYPE_CHECKING:
    from sesguard.wiring.operator import Guard

MOST_LETTERS: Final = 1_000
"""Messages of a queue that are looked at; each look of ten is a call."""


class LetterCause(NamedTuple):
    """How many dead letters of a queue have one cause, and whether a retry may help."""

    queue: str
    cause: str
    messages: int
    healable: bool


class GuardQuestions(NamedTuple):
    """Each reads anew. Raises SesguardError."""

    causes: Callable[[], Sequence[LetterCause]]
    onboarding: Callable[[datetime], Progress]
    cost: Callable[[datetime], MonthSoFar]


def guard_questions(guard: Guard) -> GuardQuestions:
    """Make what asks a guard."""
    return GuardQuestions(
        lambda: letter_causes(redriving(guard)),
        lambda now: look(open_session(guard), now),
        partial(month_so_far, guard),
    )


def letter_causes(dead: SqsRedrive) -> list[LetterCause]:
    """Count dead letters by queue and cause, and let all be seen again. Raises AwsError."""
    letters: list[DeadLetter] = []
    try:
        letters.extend(dead.look(sorted(SOURCES), MOST_LETTERS))
    finally:
        for letter in letters:
            dead.leave(letter)
    healable = {(letter.queue, letter.cause): letter.healable for letter in letters}
    return [LetterCause(*its, count, healable[its]) for its, count in by_cause(letters).items()]
