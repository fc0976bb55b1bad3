"""Tells the guard an operator's word on a stream. It is obeyed in every mode, also where the guard only observes.

  hold         turn sending off, until an operator turns it on again; nothing the guard decides ends it
  pause        the same as hold: an operator's pause has no end of its own
  release      end a hold: a stream that the guard had paused goes back to its cool-down and what else it waits for,
               any other is turned on, on probation
  resume       turn sending on now, whatever it waits for, on probation: only mail sent from now on weighs
  acknowledge  say for the owner what was fixed; the pause still lasts until its cool-down is over

Every word needs --reason, which a terminal is asked for. It goes into the journal with your ARN, as STS gives it, and
into no notice. The decision is on record before SES is called; where SES does not answer, the guard tries on every
minute.

--json prints one object: stream, command, answer (done, due, nothing_to_do), from and to (states), outcome, waits_for,
who, why, problem.

Exit code: 0 where it is done; 1 where there is nothing to do, no such stream, or others kept writing to it meanwhile;
2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached; 5 where it is decided and SES has
yet to do it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from sesguard.bus.events import Outcome
from sesguard.cli.connect import (
    DONE,
    REFUSED,
    STILL_DUE,
    UnknownStreamError,
    UsageError,
    add_json,
    add_options,
    add_stream,
    known_stream,
    with_guard,
)
from sesguard.cli.screen import console, iso, name, print_json, status
from sesguard.cli.status_view import waits_in_words
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Answer, Operated, Order, operate
from sesguard.pausing.state import Status
from sesguard.pausing.status import waits_for
from sesguard.text import one_line

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from sesguard.aws.stack import Stack
    from sesguard.wiring.operator import Guard

ORDERS: Final = {
    "hold": Order.HOLD,
    "pause": Order.HOLD,
    "release": Order.RELEASE,
    "resume": Order.RESUME,
    "acknowledge": Order.ACKNOWLEDGE,
}
_CODES: Final = {Answer.DONE: DONE, Answer.DUE: STILL_DUE, Answer.NOTHING_TO_DO: REFUSED}
_LONGEST_REASON: Final = 500
_NOTHING: Final = {
    Order.HOLD: "is held already, and sending is off",
    Order.RELEASE: "is not held",
    Order.RESUME: "may send already",
    Order.ACKNOWLEDGE: "does not wait for its owner's word",
}


def configure(parser: argparse.ArgumentParser) -> None:
    add_stream(parser)
    parser.add_argument("--reason", metavar="TEXT", help="why, for the record; a terminal is asked for it")
    add_json(parser)
    add_options(parser)
    parser.set_defaults(order=ORDERS[parser.prog.split()[-1]])


def run(arguments: argparse.Namespace) -> int:
    """Give the word, and the exit code."""
    return with_guard(arguments, _run)


def _run(arguments: argparse.Namespace, guard: Guard, now: datetime) -> int:
    stream = known_stream(arguments.stream, guard)
    word = Word(guard.caller(), given_reason(arguments.reason))
    operated = operate(guard.deps, stream, arguments.order, word, now)
    if operated.answer is Answer.UNKNOWN_STREAM:
        raise UnknownStreamError(stream, ": SES has no such configuration set")
    if arguments.json:
        print_json(as_dict(operated, arguments.order, word, now))
    else:
        console().print(said(operated, arguments.order, guard.stack, now))
        if stream in guard.deps.spared and operated.after.state.off:
            console().print("The guard's own mail goes through it: no owner is told of anything until it is on again.")
    return _CODES[operated.answer]


def given_reason(given: str | None) -> str:
    """The reason, in one line. Raises UsageError where there is none."""
    if given is None and sys.stdin.isatty():
        print("Why? ", end="", file=sys.stderr, flush=True)
        given = sys.stdin.readline()
    reason = one_line(given, _LONGEST_REASON)
    if not reason:
        raise UsageError('say why, for the record: --reason "…"')
    return reason


def as_dict(operated: Operated, order: Order, word: Word, now: datetime) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    after = operated.after
    return {
        "stream": str(after.stream),
        "command": order.value,
        "answer": operated.answer.value,
        "from": operated.before.state.status.value,
        "to": after.state.status.value,
        "outcome": operated.result.outcome.value if operated.result else None,
        "waits_for": [{"what": wait.what.value, "until": iso(wait.until)} for wait in waits_for(after, now)],
        "who": word.who,
        "why": word.why,
        "problem": operated.problem or None,
    }


def said(operated: Operated, order: Order, stack: Stack, now: datetime) -> Text:
    """What became of it, in a sentence or two."""
    after = operated.after
    who = name(after.stream, stack)
    if operated.answer is Answer.NOTHING_TO_DO:
        return Text.assemble(who, f" {_NOTHING[order]}: nothing to do. It is ", status(after.state.status), ".")
    before = operated.before.state.status
    was = Text.assemble(": ", status(before), " → ") if before is not after.state.status else Text(" is ")
    line = Text.assemble(who, was, status(after.state.status), f". {_consequence(operated, order)}")
    if waits := waits_in_words(waits_for(after, now), now):
        line.append(f" It waits for {waits}.")
    if operated.problem:
        line.append(f" Not all is done: {one_line(operated.problem, 300)}. The guard tries on every minute.", "yellow")
    return line


def _consequence(operated: Operated, order: Order) -> str:
    if operated.answer is Answer.DUE:
        return f"It is on record, and SES has yet to turn sending {operated.after.switch_due}."
    if order is Order.ACKNOWLEDGE:
        return "Acknowledged for its owner."
    if operated.result is not None and operated.result.outcome is Outcome.ALREADY_OFF:
        return "Sending was off already, turned off outside the guard."
    if order is Order.RELEASE and operated.after.state.status is Status.PAUSED:
        return "The hold is over, the guard's own pause is not."
    return "Sending is on." if not operated.after.state.off else "Sending is off."
