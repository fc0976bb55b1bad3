"""Tells the guard an operator's word on streams. It is obeyed in every mode, also where the guard only observes.

  hold         turn sending off, until an operator turns it on again; nothing the guard decides ends it
  pause        the same as hold: an operator's pause has no end of its own
  release      end a hold: a stream that the guard had paused goes back to its cool-down and what else it waits for,
               any other is turned on, on probation
  resume       turn sending on now, whatever it waits for, on probation: only mail sent from now on weighs
  acknowledge  say for the owner what was fixed; the pause still lasts until its cool-down is over

Which streams: those that you name, all of a tenant with --tenant, and with - those that standard input names, separated
by white space. More than one are shown first, and you are asked; where nobody can be asked, say --yes. --dry-run shows
them, and what there is to do, and does nothing. One stream that fails stops no other.

Every word needs --reason, which a terminal is asked for. It goes into the journal with your ARN, as STS gives it, and
into no notice. The decision is on record before SES is called; where SES does not answer, the guard tries on every
minute.

--json prints one object. Where you name one stream: stream, command, answer (done, due, nothing_to_do; unknown_stream
and failed among several), from and to (states), outcome, waits_for, who, why, problem. Else, and with --dry-run:
command, who, why, dry_run, and streams, such an object each; with --dry-run answer is what it would be, and to and
outcome are null.

Exit code: 0 where all is done; 1 where for one there is nothing to do, no such stream or tenant, you said no, or others
kept writing to it meanwhile; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached; 5
where it is decided and SES has yet to do it, or one of several failed: say it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.text import Text

from sesguard.bus.events import Outcome
from sesguard.cli.asking import agreed, given_reason
from sesguard.cli.connect import DONE, REFUSED, STILL_DUE, UnknownStreamError, with_guard
from sesguard.cli.options import HERE, Json, Reason, Where, Yes
from sesguard.cli.screen import console, counted, name, plain, print_json, status
from sesguard.cli.selection import Selection, StreamNames, TenantIds, select_streams
from sesguard.cli.status_view import wait_as_dict, waits_in_words
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Answer, Operated, Order, foresee, operate
from sesguard.pausing.state import Status
from sesguard.pausing.status import waits_for
from sesguard.stream import StreamId
from sesguard.text import one_line
from sesguard.wiring.operator import Guard, Stack

_NOTHING: Final = {
    Order.HOLD: "is held already, and sending is off",
    Order.RELEASE: "is not held",
    Order.RESUME: "may send already",
    Order.ACKNOWLEDGE: "does not wait for its owner's word",
}
_FAILED: Final = "failed"
DryRun = Annotated[bool, Parameter(name="--dry-run", help="show which streams, and what there is to do; do nothing")]


@dataclass(frozen=True, slots=True)
class _Said:
    """A word, and how to give it."""

    order: Order
    reason: str | None
    yes: bool
    dry_run: bool
    json: bool


@dataclass(frozen=True, slots=True)
class _Failed:
    """A stream of several for which nothing could be decided."""

    stream: StreamId
    problem: str


def hold(
    streams: StreamNames = (), /, *, tenant: TenantIds = (), reason: Reason = None, yes: Yes = False,
    dry_run: DryRun = False, json: Json = False, where: Where = HERE,
) -> int:  # fmt: skip
    return _give(_Said(Order.HOLD, reason, yes, dry_run, json), Selection(streams, tenant), where)


pause = hold


def release(
    streams: StreamNames = (), /, *, tenant: TenantIds = (), reason: Reason = None, yes: Yes = False,
    dry_run: DryRun = False, json: Json = False, where: Where = HERE,
) -> int:  # fmt: skip
    return _give(_Said(Order.RELEASE, reason, yes, dry_run, json), Selection(streams, tenant), where)


def resume(
    streams: StreamNames = (), /, *, tenant: TenantIds = (), reason: Reason = None, yes: Yes = False,
    dry_run: DryRun = False, json: Json = False, where: Where = HERE,
) -> int:  # fmt: skip
    return _give(_Said(Order.RESUME, reason, yes, dry_run, json), Selection(streams, tenant), where)


def acknowledge(
    streams: StreamNames = (), /, *, tenant: TenantIds = (), reason: Reason = None, yes: Yes = False,
    dry_run: DryRun = False, json: Json = False, where: Where = HERE,
) -> int:  # fmt: skip
    return _give(_Said(Order.ACKNOWLEDGE, reason, yes, dry_run, json), Selection(streams, tenant), where)


def _give(said: _Said, selection: Selection, where: Where) -> int:
    def command(guard: Guard, now: datetime) -> int:
        streams = select_streams(selection, guard)
        if said.dry_run:
            return _rehearse(said, guard, streams, now)
        if selection.single:
            return _operate_one(said, guard, streams[0], now)
        return _operate_all(said, guard, streams, now)

    return with_guard(where, command)


def _operate_one(said: _Said, guard: Guard, stream: StreamId, now: datetime) -> int:
    word = Word(guard.caller(), given_reason(said.reason))
    operated = operate(guard.deps, stream, said.order, word, now)
    if operated.answer is Answer.UNKNOWN_STREAM:
        raise UnknownStreamError(stream, ": SES has no such configuration set")
    if said.json:
        print_json(as_dict(operated, said.order, word, now))
    else:
        _print(operated, said.order, guard, now)
    return _code([operated])


def _operate_all(said: _Said, guard: Guard, streams: list[StreamId], now: datetime) -> int:
    reason = given_reason(said.reason)
    if not said.yes:
        _list(said, guard, streams)
        if not agreed(f"{said.order.value.capitalize()} {counted(len(streams), 'stream')}?", yes=False):
            return REFUSED
    word = Word(guard.caller(), reason)
    done = []
    for stream in streams:
        done.append(_attempt(said, guard, stream, word, now))
        if not said.json:
            _print(done[-1], said.order, guard, now)
    if said.json:
        _print_all(said, word, [as_dict(each, said.order, word, now) for each in done])
    return _code(done)


def _attempt(said: _Said, guard: Guard, stream: StreamId, word: Word, now: datetime) -> Operated | _Failed:
    try:
        return operate(guard.deps, stream, said.order, word, now)
    except (AwsError, ConflictError) as error:
        return _Failed(stream, str(error))


def _rehearse(said: _Said, guard: Guard, streams: list[StreamId], now: datetime) -> int:
    """Show what there would be to do."""
    seen = [foresee(guard.deps, stream, said.order) for stream in streams]
    if said.json:
        word = Word(guard.caller(), said.reason or "")
        rows = [{**as_dict(each, said.order, word, now), "to": None} for each in seen]
        _print_all(said, word, rows)
    else:
        for each in seen:
            does = said.order.value if each.answer is Answer.DONE else each.answer.value.replace("_", " ")
            now_ = status(each.before.state.status)
            console().print(Text.assemble(name(each.before.stream, guard.stack), " (", now_, f"): {does}"))
        console().print("Nothing is changed: --dry-run.")
    return _code(seen)


def _list(said: _Said, guard: Guard, streams: list[StreamId]) -> None:
    """Show what is about to be changed; with --json on the other channel."""
    screen = console(error=said.json)
    for stream in streams:
        record = guard.deps.streams.load(stream)
        whose = plain(f"  {record.tenant}" if record.tenant else "", 66)
        screen.print(Text.assemble(name(stream, guard.stack), "  ", status(record.state.status), whose))


def _print_all(said: _Said, word: Word, rows: list[dict[str, Any]]) -> None:
    print_json(
        {"command": said.order.value, "who": word.who, "why": word.why, "dry_run": said.dry_run, "streams": rows}
    )


def _print(operated: Operated | _Failed, order: Order, guard: Guard, now: datetime) -> None:
    screen = console()
    if isinstance(operated, _Failed):
        problem = one_line(operated.problem, 300)
        screen.print(Text.assemble(name(operated.stream, guard.stack), (f": nothing is changed: {problem}", "yellow")))
        return
    screen.print(describe(operated, order, guard.stack, now))
    if operated.after.stream in guard.deps.spared and operated.after.state.off:
        screen.print("The guard's own mail goes through it: no owner is told of anything until it is on again.")


def _code(done: list[Operated | _Failed] | list[Operated]) -> int:
    answers = {each.answer for each in done if isinstance(each, Operated)}
    if Answer.DUE in answers or any(isinstance(each, _Failed) for each in done):
        return STILL_DUE
    return REFUSED if answers - {Answer.DONE} else DONE


def as_dict(operated: Operated | _Failed, order: Order, word: Word, now: datetime) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    if isinstance(operated, _Failed):
        keys: dict[str, Any] = dict.fromkeys(("from", "to", "outcome"))
        shared: dict[str, Any] = {
            "command": order.value,
            "answer": _FAILED,
            **keys,
            "waits_for": [],
            "who": word.who,
            "why": word.why,
        }
        return {"stream": str(operated.stream), **shared, "problem": operated.problem}
    after = operated.after
    return {
        "stream": str(after.stream),
        "command": order.value,
        "answer": operated.answer.value,
        "from": operated.before.state.status.value,
        "to": after.state.status.value,
        "outcome": operated.result.outcome.value if operated.result else None,
        "waits_for": [wait_as_dict(wait) for wait in waits_for(after, now)],
        "who": word.who,
        "why": word.why,
        "problem": operated.problem or None,
    }


def describe(operated: Operated, order: Order, stack: Stack, now: datetime) -> Text:
    """What became of it, in a sentence or two."""
    after = operated.after
    who = name(after.stream, stack)
    if operated.answer is Answer.UNKNOWN_STREAM:
        return Text.assemble(who, ": SES has no such configuration set.")
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
