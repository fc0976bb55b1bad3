"""Let dead letters come back into their queues, once what they failed of is mended.

Shows first what is there, by queue and by cause, and then asks. What a function itself has set aside, because no retry
ever helps (no SES event, no notice), stays, unless --all is said.

--json: found (queue, cause, messages, healable), moved (messages).
Exit code: 0 done, or nothing to do; 1 not confirmed; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter

from sesguard.cli import screen
from sesguard.cli.asking import agreed
from sesguard.cli.connect import DONE, REFUSED, with_guard
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.wiring.operator import Guard
from sesguard.wiring.redrive import SOURCES, DeadLetter, SqsRedrive, by_cause, redriving

Queue = Literal[
    "SesEventsDeadLetters", "AlarmDeadLetters", "NotifyDeadLetters", "DeliveryDeadLetters", "PostureDeadLetters"
]
MOST = 100_000
"""Messages of a queue that are taken at once: more take another call."""


def run(
    *,
    queue: Annotated[Queue | None, Parameter(help="only this one of the dead-letter queues")] = None,
    every: Annotated[bool, Parameter(name="--all", help="also what a function set aside as never to heal")] = False,
    dry_run: Annotated[bool, Parameter(name="--dry-run", help="only show what is there")] = False,
    yes: Yes = False,
    json: Json = False,
    where: Where = HERE,
) -> int:
    def work(guard: Guard, _: datetime) -> int:
        dead = redriving(guard)
        letters = list(dead.look([queue] if queue else sorted(SOURCES), MOST))
        moving = [letter for letter in letters if letter.healable or every]
        if not json:
            _show(letters, every=every)
        go = False
        try:
            go = bool(moving) and not dry_run and agreed(f"Move {len(moving):,} messages back?", yes=yes)
        finally:
            _move(dead, letters, set(moving) if go else set())
        if json:
            screen.print_json({"found": _found(letters), "moved": len(moving) if go else 0})
        elif go:
            screen.console().print(f"{len(moving):,} messages are on their way again.")
        return DONE if go or dry_run or not moving else REFUSED

    return with_guard(where, work)


def _move(dead: SqsRedrive, letters: list[DeadLetter], moving: set[DeadLetter]) -> None:
    for letter in letters:
        if letter in moving:
            dead.move(letter)
        else:
            dead.leave(letter)


def _found(letters: list[DeadLetter]) -> list[dict[str, object]]:
    healable = {(letter.queue, letter.cause): letter.healable for letter in letters}
    return [
        {"queue": queue, "cause": cause, "messages": count, "healable": healable[queue, cause]}
        for (queue, cause), count in by_cause(letters).items()
    ]


def _show(letters: list[DeadLetter], *, every: bool) -> None:
    console = screen.console()
    if not letters:
        console.print("No dead letters.")
        return
    for row in _found(letters):
        goes = "comes back" if row["healable"] or every else "stays: no retry helps (--all moves it, too)"
        console.print(f"{row['messages']:,} in {row['queue']}: {screen.plain(str(row['cause']))}; {goes}")
