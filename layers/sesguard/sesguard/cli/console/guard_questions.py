"""What the guard's page answers when it is asked: what takes long to read, or hides messages for a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sesguard.cli.cost import MonthSoFar, month_so_far
from sesguard.cli.errors import LetterCause, letter_causes
from sesguard.cli.tenants.session import open_session
from sesguard.cli.tenants.status import look
from sesguard.fleet.function_errors import ErrorsRead
from sesguard.provisioning.progress import Progress
from sesguard.wiring.fleet import guard_errors
from sesguard.wiring.operator import Guard
from sesguard.wiring.redrive import redriving


class GuardQuestions(NamedTuple):
    """Each reads anew. Raises SesguardError."""

    causes: Callable[[], Sequence[LetterCause]]
    errors: Callable[[datetime], ErrorsRead]
    onboarding: Callable[[datetime], Progress]
    cost: Callable[[datetime], MonthSoFar]


def guard_questions(guard: Guard) -> GuardQuestions:
    """Make what asks a guard."""
    return GuardQuestions(
        lambda: letter_causes(redriving(guard)),
        partial(guard_errors, guard),
        lambda now: look(open_session(guard), now),
        partial(month_so_far, guard),
    )
