"""Shows of what the guard's functions failed within a day, and what lies among its dead letters, both by cause.

Of functions, their logs are read: errors (and warnings, which what follows them heals), with how often and when last.
Dead letters are looked at one by one, which hides each for a moment and moves none. Of those that a function has set
aside, as no retry ever helps, the cause is its own word; EventBridge says why it could not deliver; of the rest it is
known only that they were tried again and again, so the errors above say why.

--json prints one object: since (from when on logs were read: a day, or less where they hold much), errors (function,
what, cause, times, last, severe), dead_letters (queue, cause, messages, fate: "comes back" by sesguard redrive, or
"stays" where no retry helps, or "not moved": there is nowhere to move it to).

Exit code: 0 where there is nothing of both; 4 where there is; 2 for a command line that cannot be used; 3 where AWS or
the stack cannot be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from rich.text import Text

from sesguard.cli import screen
from sesguard.cli.connect import ATTENTION, DONE, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import age, clock, counted, plain
from sesguard.fleet.function_errors import ErrorsRead
from sesguard.wiring.fleet import guard_errors
from sesguard.wiring.operator import Guard
from sesguard.wiring.redrive import DeadLetter, SqsRedrive, by_cause, redriving

MOST_LETTERS: Final = 1_000
"""Messages of a queue that are looked at; each look of ten is a call."""
COMES_BACK: Final = "comes back"
_STAYS: Final = "stays"
_NOT_MOVED: Final = "not moved"
FATES: Final = {
    COMES_BACK: "comes back",
    _STAYS: "stays: no retry helps",
    _NOT_MOVED: "not moved: there is nowhere to move it to",
}


class LetterCause(NamedTuple):
    """How many dead letters of a queue have one cause, and what ``sesguard redrive`` makes of them."""

    queue: str
    cause: str
    messages: int
    fate: str


def run(*, json: Json = False, where: Where = HERE) -> int:
    return with_guard(where, lambda guard, now: _show(guard, now, json=json))


def _show(guard: Guard, now: datetime, *, json: bool) -> int:
    letters, errors = letter_causes(redriving(guard)), guard_errors(guard, now)
    if json:
        screen.print_json(_as_dict(letters, errors))
    else:
        _print(letters, errors, now)
    return ATTENTION if letters or errors.causes else DONE


def letter_causes(dead: SqsRedrive) -> list[LetterCause]:
    """Count dead letters by queue and cause, and let all be seen again. Raises AwsError."""
    letters: list[DeadLetter] = []
    try:
        letters.extend(dead.look(dead.holding(), MOST_LETTERS))
    finally:
        for letter in letters:
            dead.leave(letter)
    fates = {(letter.queue, letter.cause): _fate(letter) for letter in letters}
    return [LetterCause(*its, count, fates[its]) for its, count in by_cause(letters).items()]


def _fate(letter: DeadLetter) -> str:
    if letter.healable:
        return COMES_BACK
    return _STAYS if letter.set_aside else _NOT_MOVED


def _as_dict(letters: Sequence[LetterCause], errors: ErrorsRead) -> dict[str, object]:
    return {
        "since": screen.iso(errors.since),
        "errors": [{**each._asdict(), "last": screen.iso(each.last)} for each in errors.causes],
        "dead_letters": [each._asdict() for each in letters],
    }


def _print(letters: Sequence[LetterCause], errors: ErrorsRead, now: datetime) -> None:
    console = screen.console()
    console.print(f"Errors of functions since {clock(errors.since)}", style="bold")
    for each in errors.causes:
        times = Text(f"{each.times:,} times, last {age(each.last, now)} ago, {each.function}: ")
        said = plain(": ".join(filter(None, (each.what, each.cause))))
        console.print(times + Text(said.plain, style="red" if each.severe else "yellow"))
    if not errors.causes:
        console.print("None.")
    total = sum(each.messages for each in letters)
    console.print(f"\nDead letters (sesguard redrive): {counted(total, 'message')}", style="bold")
    for letter in letters:
        console.print(f"{letter.messages:,} in {letter.queue}: {plain(letter.cause)}; {FATES[letter.fate]}")
