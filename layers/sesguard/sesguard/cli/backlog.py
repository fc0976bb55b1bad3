"""Shows the pauses that wait for you, and takes your word on them.

The guard pauses only so many streams an hour by itself (HourlyPauses of template.yaml). More than that mean that
something else is wrong; then the rest wait, you are called once, and these streams send on until you say what to do.
A pause whose evidence vanishes drops out by itself. Pauses of a tenant in another account or region are proposed here
where the stream's policy says elsewhere: propose; they wait for your word alone.

  list      shows them, the worst first: risk is how strong the evidence was when the pause was put off
  approve   lets them go ahead, the worst first: those that you name, or --all
  dismiss   lets the streams be: only mail sent from now on weighs, so the same evidence asks for no second pause

approve and dismiss need --reason, which a terminal is asked for. It goes into the journal with your ARN, as STS
gives it.

--json prints one object: of list, backlog (stream, tenant, since, reason, risk, alarm); of approve and dismiss,
command,
who, why and streams (stream, answer: done, due, nothing_to_do, failed; outcome; problem).

Exit code: 0 where all is done, or nothing waits; 1 where a stream that you named does not wait; 2 for a command line
that cannot be used; 3 where AWS or the stack cannot be reached; 4 for list where pauses wait; 5 where a pause was let
go ahead and SES has yet to do it, or could not be reached for it: say it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.text import Text

from sesguard.cli.asking import given_reason
from sesguard.cli.connect import (
    ATTENTION,
    DONE,
    REFUSED,
    STILL_DUE,
    UsageError,
    known_stream,
    with_guard,
)
from sesguard.cli.options import HERE, Json, Reason, Where
from sesguard.cli.screen import age, console, counted, iso, name, plain, print_json, table
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.backlog_command import approve as approve_pause
from sesguard.pausing.backlog_command import backlog
from sesguard.pausing.backlog_command import dismiss as dismiss_pause
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Answer
from sesguard.pausing.record import StreamRecord
from sesguard.stream import StreamId
from sesguard.wiring.operator import Guard

_FAILED: Final = "failed"
_SAID: Final = {
    Answer.DONE.value: {"approve": "paused", "dismiss": "dismissed; only mail sent from now on weighs"},
    Answer.DUE.value: {"approve": "on record, SES has yet to turn it off; the guard tries on every minute"},
    Answer.NOTHING_TO_DO.value: {"approve": "does not wait", "dismiss": "does not wait"},
    _FAILED: {"approve": "not approved", "dismiss": "not dismissed"},
}


@dataclass(frozen=True, slots=True)
class _Said:
    """A word, on which pauses, and how to show what becomes of it."""

    word: str
    streams: tuple[str, ...]
    all: bool
    reason: str | None
    json: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of one stream's pause. answer: one of Answer, or "failed"."""

    stream: StreamId
    answer: str
    outcome: str = ""
    problem: str = ""


Names = Annotated[tuple[str, ...], Parameter(name="STREAM", help="a stream whose pause waits")]
All = Annotated[bool, Parameter(name="--all", help="every pause that waits")]


def show(*, json: Json = False, where: Where = HERE) -> int:
    return with_guard(where, lambda guard, now: _list(guard, now, json=json))


def approve(
    streams: Names = (), /, *, all_: All = False, reason: Reason = None, json: Json = False, where: Where = HERE
) -> int:
    said = _Said("approve", streams, all_, reason, json)
    return with_guard(where, lambda guard, now: _take(said, guard, now))


def dismiss(
    streams: Names = (), /, *, all_: All = False, reason: Reason = None, json: Json = False, where: Where = HERE
) -> int:
    said = _Said("dismiss", streams, all_, reason, json)
    return with_guard(where, lambda guard, now: _take(said, guard, now))


def _list(guard: Guard, now: datetime, *, json: bool) -> int:
    records = backlog(guard.deps)
    if json:
        print_json({"backlog": [_as_dict(record) for record in records]})
    elif records:
        _show(records, guard, now)
    else:
        console().print("No pause waits.")
    return ATTENTION if records else DONE


def _show(records: list[StreamRecord], guard: Guard, now: datetime) -> None:
    shown = table("stream", "tenant", "waits", "risk", "reason", "alarm", right=("risk",))
    for record in records:
        waiting = record.backlog
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
    screen.print(f"{counted(len(records), 'pause')} that wait for room or for your word: these streams send on.")
    screen.print(shown)


def _as_dict(record: StreamRecord) -> dict[str, Any]:
    waiting = record.backlog
    return {
        "stream": str(record.stream),
        "tenant": record.tenant,
        "since": iso(waiting.since) if waiting else None,
        "reason": waiting.reason if waiting else None,
        "risk": waiting.risk if waiting else None,
        "alarm": waiting.alarm if waiting else None,
    }


def _take(said: _Said, guard: Guard, now: datetime) -> int:
    """Take the word on each stream; one that fails stops no other."""
    if bool(said.streams) == said.all:
        raise UsageError("name the streams, or say --all")
    streams = [known_stream(text, guard) for text in said.streams]
    word = Word(guard.caller(), given_reason(said.reason))
    if said.all:
        streams = [record.stream for record in backlog(guard.deps)]
    taken = [_attempt(said.word, guard, stream, word, now) for stream in streams]
    if said.json:
        print_json(_document(said.word, word, taken))
    else:
        _print(said.word, guard, taken)
    return _code(taken)


def _attempt(said: str, guard: Guard, stream: StreamId, word: Word, now: datetime) -> _Done:
    try:
        if said == "dismiss":
            done = dismiss_pause(guard.deps, stream, word, now)
            return _Done(stream, (Answer.DONE if done else Answer.NOTHING_TO_DO).value)
        result = approve_pause(guard.deps, stream, word, now)
    except (AwsError, ConflictError) as error:
        due = said == "approve" and guard.deps.streams.load(stream).switch_due
        return _Done(stream, Answer.DUE.value if due else _FAILED, problem=str(error))
    if result is None:
        return _Done(stream, Answer.NOTHING_TO_DO.value)
    return _Done(stream, Answer.DONE.value, result.outcome.value)


def _document(said: str, word: Word, taken: list[_Done]) -> dict[str, Any]:
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
            for done in taken
        ],
    }


def _print(said: str, guard: Guard, taken: list[_Done]) -> None:
    screen = console()
    if not taken:
        screen.print("No pause waits: nothing to do.")
    for done in taken:
        line = Text.assemble(name(done.stream, guard.stack), f": {_SAID[done.answer].get(said, done.answer)}")
        if done.outcome not in {"", "paused"}:
            line.append(f" ({plain(done.outcome.replace('_', ' ')).plain})")
        if done.problem:
            line.append(f" ({plain(done.problem).plain})", "yellow")
        screen.print(line)


def _code(taken: list[_Done]) -> int:
    answers = {done.answer for done in taken}
    if answers & {Answer.DUE.value, _FAILED}:
        return STILL_DUE
    return REFUSED if Answer.NOTHING_TO_DO.value in answers else DONE
