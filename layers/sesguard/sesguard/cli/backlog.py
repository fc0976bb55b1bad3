"""Shows the pauses that wait for you, and takes your word on them.

The guard pauses only so many streams an hour by itself (HourlyPauses of template.yaml). More than that mean that
something else is wrong; then the rest wait, you are called once, and these streams send on until you say what to do.
A pause whose evidence vanishes drops out by itself.

  list      shows them, the worst first: risk is how strong the evidence was when the pause was put off
  release   lets them go ahead, the worst first: those that you name, or --all
  drop      lets the streams be: only mail sent from now on weighs, so the same evidence asks for no second pause

release and drop need --reason, which a terminal is asked for. It goes into the journal with your ARN, as STS gives it.

--json prints one object: of list, backlog (stream, tenant, since, reason, risk, alarm); of release and drop, command,
who, why and streams (stream, answer: done, due, nothing_to_do, failed; outcome; problem).

Exit code: 0 where all is done, or nothing waits; 1 where a stream that you named does not wait; 2 for a command line
that cannot be used; 3 where AWS or the stack cannot be reached; 4 for list where pauses wait; 5 where a pause was let
go ahead and SES has yet to do it, or could not be reached for it: say it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from sesguard.cli.connect import (
    ATTENTION,
    DONE,
    REFUSED,
    STILL_DUE,
    UsageError,
    add_json,
    add_options,
    known_stream,
    with_guard,
)
from sesguard.cli.operator import given_reason
from sesguard.cli.screen import age, console, counted, iso, name, plain, print_json, table
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.backlog_command import backlog, drop, release
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Answer

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from sesguard.pausing.record import StreamRecord
    from sesguard.stream import StreamId
    from sesguard.wiring.operator import Guard

_FAILED: Final = "failed"
_SAID: Final = {
    Answer.DONE.value: {"release": "paused", "drop": "dropped; only mail sent from now on weighs"},
    Answer.DUE.value: {"release": "on record, SES has yet to turn it off; the guard tries on every minute"},
    Answer.NOTHING_TO_DO.value: {"release": "does not wait", "drop": "does not wait"},
    _FAILED: {"release": "not released", "drop": "not dropped"},
}


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one stream's pause. answer: one of Answer, or "failed"."""

    stream: StreamId
    answer: str
    outcome: str = ""
    problem: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(metavar="list|release|drop", dest="word", required=True)
    for word, summary in (("list", "show them"), ("release", "let them go ahead"), ("drop", "let the streams be")):
        each = words.add_parser(word, help=summary)
        each.description, each.formatter_class = __doc__, parser.formatter_class
        if word != "list":
            each.add_argument("streams", metavar="STREAM", nargs="*", help="a stream whose pause waits")
            each.add_argument("--all", action="store_true", help="every pause that waits")
            each.add_argument("--reason", metavar="TEXT", help="why, for the record; a terminal is asked for it")
        add_json(each)
        add_options(each)


def run(arguments: argparse.Namespace) -> int:
    """Show them or take the word, and give the exit code."""
    return with_guard(arguments, _list if arguments.word == "list" else _settle)


def _list(arguments: argparse.Namespace, guard: Guard, now: datetime) -> int:
    records = backlog(guard.deps)
    if arguments.json:
        print_json({"backlog": [_as_dict(record) for record in records]})
    elif records:
        _show(records, guard, now)
    else:
        console().print("No pause waits.")
    return ATTENTION if records else DONE


def _show(records: list[StreamRecord], guard: Guard, now: datetime) -> None:
    shown = table("stream", "tenant", "waits", "risk", "reason", "alarm", right=("risk",))
    for record in records:
        waiting = record.waiting
        if waiting is not None:
            shown.add_row(
                name(record.stream, guard.stack),
                plain(record.tenant, 24),
                age(waiting.since, now),
                f"{waiting.risk:.2f}",
                plain(waiting.reason.replace("_", " ")),
                plain(waiting.alarm, 40),
            )
    screen = console()
    screen.print(f"{counted(len(records), 'pause')} for which there was no room: these streams send on.")
    screen.print(shown)


def _as_dict(record: StreamRecord) -> dict[str, Any]:
    waiting = record.waiting
    return {
        "stream": str(record.stream),
        "tenant": record.tenant,
        "since": iso(waiting.since) if waiting else None,
        "reason": waiting.reason if waiting else None,
        "risk": waiting.risk if waiting else None,
        "alarm": waiting.alarm if waiting else None,
    }


def _settle(arguments: argparse.Namespace, guard: Guard, now: datetime) -> int:
    """Take the word on each stream; one that fails stops no other."""
    if bool(arguments.streams) == arguments.all:
        raise UsageError("name the streams, or say --all")
    streams = [known_stream(text, guard) for text in arguments.streams]
    word = Word(guard.caller(), given_reason(arguments.reason))
    if arguments.all:
        streams = [record.stream for record in backlog(guard.deps)]
    settled = [_one(arguments.word, guard, stream, word, now) for stream in streams]
    if arguments.json:
        print_json(_document(arguments.word, word, settled))
    else:
        _say(arguments.word, guard, settled)
    return _code(settled)


def _one(said: str, guard: Guard, stream: StreamId, word: Word, now: datetime) -> _Done:
    try:
        if said == "drop":
            done = drop(guard.deps, stream, word, now)
            return _Done(stream, (Answer.DONE if done else Answer.NOTHING_TO_DO).value)
        result = release(guard.deps, stream, word, now)
    except (AwsError, ConflictError) as error:
        due = said == "release" and guard.deps.streams.load(stream).switch_due
        return _Done(stream, Answer.DUE.value if due else _FAILED, problem=str(error))
    if result is None:
        return _Done(stream, Answer.NOTHING_TO_DO.value)
    return _Done(stream, Answer.DONE.value, result.outcome.value)


def _document(said: str, word: Word, settled: list[_Done]) -> dict[str, Any]:
    return {
        "command": said,
        "who": word.who,
        "why": word.why,
        "streams": [
            {
                "stream": str(done.stream),
                "answer": done.answer,
                "outcome": done.outcome or None,
                "problem": done.problem or None,
            }
            for done in settled
        ],
    }


def _say(said: str, guard: Guard, settled: list[_Done]) -> None:
    screen = console()
    if not settled:
        screen.print("No pause waits: nothing to do.")
    for done in settled:
        line = Text.assemble(name(done.stream, guard.stack), f": {_SAID[done.answer].get(said, done.answer)}")
        if done.outcome not in {"", "paused"}:
            line.append(f" ({plain(done.outcome.replace('_', ' ')).plain})")
        if done.problem:
            line.append(f" ({plain(done.problem).plain})", "yellow")
        screen.print(line)


def _code(settled: list[_Done]) -> int:
    answers = {done.answer for done in settled}
    if answers & {Answer.DUE.value, _FAILED}:
        return STILL_DUE
    return REFUSED if Answer.NOTHING_TO_DO.value in answers else DONE
