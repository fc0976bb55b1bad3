"""Applies a file of tenants: shows the plan, asks, and changes in the registry what differs and nothing else.

The registry's own stream then lets the guard make SES so, at the one call a second that SES takes; see
"sesguard tenants status". What is said of FILE, --prune and --adopt in "sesguard tenants plan --help" holds here.

A terminal is asked; anything else, as CI, has to say --yes. Applying twice changes nothing the second time. Each item
is changed only if it is still as the plan read it: where somebody else was first, that item stays as it is, and is
named. Where AWS fails half way, what was applied stays, and the next run goes on from there. --repair also makes those
streams of the file true again that stay as they are in the registry.

--json prints the plan as "sesguard tenants plan --json" does, with applied: id and outcome (done; conflict: somebody
else changed it; failed, with problem; not_tried, as something had failed by then) of each change, and repaired: how
many streams are made true again.

--accounts applies one file to all guards, each its own part, as "sesguard tenants plan --help" says. The plan of all is
shown before anything is applied anywhere; where it is past a quota of SES somewhere, or something is wrong for one of
them, nothing is applied. At a guard that cannot be read nothing is applied; it is named, and the others are. One that
fails stops no other. --json prints guards (of each: the plan's keys, applied, repaired, and problem where its streams
could not be made true again) and unread, as the plan does.

Exit code: 0 where all is applied, or nothing differs; 1 where you said no, somebody else was first, or the plan is past
a quota of SES; 2 for a command line or a file that cannot be used; 3 where AWS, the stack or some guard cannot be
reached.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Final

from cyclopts import Parameter

from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.asking import agreed
from sesguard.cli.connect import DONE, REFUSED, UNREACHABLE, UsageError, answered, now, with_guard
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.cli.screen import console, counted, plain, print_json
from sesguard.cli.tenants.many_view import many_as_dict, show_many
from sesguard.cli.tenants.plan_view import as_dict, called, show
from sesguard.cli.tenants.planning import Adopt, FileName, Planned, Prune, Scope, make_plan, say_refused
from sesguard.cli.tenants.planning_many import make_plans
from sesguard.cli.tenants.progress import progress
from sesguard.cli.tenants.repair import repair_streams
from sesguard.cli.tenants.session import STANDARD_INPUT, open_session
from sesguard.errors import SesguardError
from sesguard.stream import StreamId
from sesguard.tenants.apply import Applied, ApplyOutcome, apply
from sesguard.tenants.preflight import streams_at
from sesguard.text import one_line
from sesguard.wiring.operator import Guard

_STANDARD_INPUT: Final = "a file from standard input needs --yes"


def run(
    file: FileName,
    /,
    *,
    prune: Prune = False,
    adopt: Adopt = False,
    repair: Annotated[bool, Parameter(help="make all streams of the file true again")] = False,
    yes: Yes = False,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    scope = Scope(file, prune=prune, adopt=adopt)

    def change(guard: Guard, now: datetime) -> int:
        return _change(guard, now, scope, repair=repair, yes=yes, json=json)

    def change_many() -> int:
        if scope.file == STANDARD_INPUT and not yes:
            raise UsageError(_STANDARD_INPUT)
        return _change_many(find_guards(where, across), now(), scope, repair=repair, yes=yes, json=json)

    def command() -> int:
        return answered(where, change_many) if across.several else with_guard(where, change)

    return say_refused(scope, command, json=json)


def _change(guard: Guard, now: datetime, scope: Scope, *, repair: bool, yes: bool, json: bool) -> int:
    if scope.file == STANDARD_INPUT and not yes:
        raise UsageError(_STANDARD_INPUT)
    found = make_plan(scope, open_session(guard))
    if not json:
        show(console(), found)
    if found.refused:
        if json:
            print_json({**as_dict(found), "applied": [], "repaired": 0})
        return REFUSED
    if found.plan.changes and not agreed("Apply this?", yes=yes):
        return REFUSED
    applied = _apply(found, guard)
    repaired = repair_streams(guard, _untouched(found), now) if repair else 0
    if json:
        print_json({**as_dict(found), "applied": [_as_dict(each) for each in applied], "repaired": repaired})
    else:
        _say(applied, repaired)
    return _code(applied)


def _change_many(guards: Guards, at: datetime, scope: Scope, *, repair: bool, yes: bool, json: bool) -> int:
    found = make_plans(scope, guards)
    if not json:
        show_many(console(), found)
    left = {name: {"applied": [], "repaired": 0} for name in found.plans}
    if found.refused:
        if json:
            print_json(many_as_dict(found, left))
        return REFUSED
    if found.changes and not agreed("Apply this?", yes=yes):
        return REFUSED
    codes = {UNREACHABLE} if found.unread else {DONE}
    became: dict[str, dict[str, Any]] = {}
    for name, planned in found.plans.items():
        applied = _apply(planned, found.guards[name])
        codes.add(_code(applied))
        repaired, problem = _repair(found.guards[name], planned, at) if repair else (0, "")
        codes.add(UNREACHABLE if problem else DONE)
        became[name] = {"applied": [_as_dict(each) for each in applied], "repaired": repaired}
        became[name] |= {"problem": problem} if problem else {}
        if not json and (applied or repaired or problem):
            console().print(plain(name, 200), style="bold")
            _say(applied, repaired)
        if problem:
            print(f"sesguard: {one_line(f'{name}: not made true again: {problem}', 400)}", file=sys.stderr)
    if json:
        print_json(many_as_dict(found, became))
    return max(codes)


def _repair(guard: Guard, planned: Planned, at: datetime) -> tuple[int, str]:
    """How many streams are made true again, and what stood in the way, "" for nothing."""
    try:
        return repair_streams(guard, _untouched(planned), at), ""
    except SesguardError as error:
        return 0, str(error)


def _apply(found: Planned, guard: Guard) -> list[Applied]:
    changes = found.plan.changes
    with progress("applying", len(changes)) as advance:
        return apply(found.session.store, changes, found.registry.stored, guard.parallel.each, advance)


def _untouched(found: Planned) -> list[StreamId]:
    """Streams of this guard that stay as the registry has them."""
    changed = {change.stream for change in found.plan.streams}
    home = found.session.home
    return [
        entry.stream
        for entry in streams_at(found.registry.content.registry, home)
        if entry.stream in found.streams and entry.stream not in changed
    ]


def _say(applied: list[Applied], repaired: int) -> None:
    screen = console()
    number = Counter(each.outcome for each in applied)
    for each in applied:
        if each.outcome is ApplyOutcome.CONFLICT:
            screen.print(f"{called(each.change.item)}: somebody else changed it since the plan read it. Plan again.")
    if failed := next((each for each in applied if each.problem is not None), None):
        print(f"sesguard: {called(failed.change.item)}: {one_line(str(failed.problem), 300)}", file=sys.stderr)
        left = number[ApplyOutcome.FAILED] + number[ApplyOutcome.NOT_TRIED]
        screen.print(f"{counted(left, 'change')} not applied: apply again, and it goes on from there.")
    if applied:
        screen.print(f"{counted(number[ApplyOutcome.DONE], 'change')} applied.")
    if number[ApplyOutcome.DONE] or repaired:
        again = f" {counted(repaired, 'more stream')} is looked at again." if repaired else ""
        screen.print(f"The guard now makes SES so: sesguard tenants status.{again}")


def _as_dict(applied: Applied) -> dict[str, Any]:
    problem = str(applied.problem) if applied.problem else None
    return {"id": applied.change.item, "outcome": applied.outcome.value, "problem": problem}


def _code(applied: list[Applied]) -> int:
    outcomes = {each.outcome for each in applied}
    if ApplyOutcome.FAILED in outcomes:
        return UNREACHABLE
    return REFUSED if ApplyOutcome.CONFLICT in outcomes else DONE
