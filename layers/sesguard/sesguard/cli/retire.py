"""Prepare the guard's removal: show what has to be undone before its stack is deleted, then undo it.

A stack that is deleted without this leaves streams off with nobody to turn them on, event destinations that publish
to a topic that is gone, and alarms that go on costing. What becomes of streams that are off has to be said: --resume
turns them on (their lists are as bad as before), --leave-off hands them over as they are. SES takes one control call a
second, so a look takes as many seconds as there are configuration sets. Done again, it does what is left.

JSON: stack, schedules, off (stream, status), destinations, others (configuration_set, name), alarms, tables; with
what was done also steps (kind, name, problem).

Exit code: 0 done, or nothing left to do, 1 not agreed to, 2 usage, 3 AWS or the stack cannot be reached, 5 something
could not be undone: run it again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from sesguard.cli.asking import agreed
from sesguard.cli.connect import DONE, REFUSED, STILL_DUE, UsageError, with_guard
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.cli.output import console
from sesguard.cli.screen import counted, plain, print_json
from sesguard.pausing.journal import Word
from sesguard.provisioning.retire import RetirePlan, Step, WithThoseOff, carry_out, plan
from sesguard.wiring.operator import Guard
from sesguard.wiring.retire import event_targets, retirement

REASON = "sesguard is removed"


def run(
    *,
    resume: Annotated[bool, Parameter(help="turn streams on that are off because of the guard")] = False,
    leave_off: Annotated[bool, Parameter(help="leave them off, and list them")] = False,
    dry_run: Annotated[bool, Parameter(help="show what there is to undo; do nothing")] = False,
    yes: Yes = False,
    json: Json = False,
    where: Where = HERE,
) -> int:
    """Undo what the guard made, and give the exit code."""
    said = (resume, leave_off)
    return with_guard(where, lambda guard, now: _retire(guard, now, said, dry=dry_run, yes=yes, json=json))


def _retire(
    guard: Guard, now: datetime, said: tuple[bool, bool], dry: bool, *, yes: bool, json: bool
) -> int:  # as asked
    if all(said):
        raise UsageError("say --resume or --leave-off, not both")
    aws = retirement(guard)
    found = plan(aws, guard.deps, event_targets(guard))
    if not json:
        show(console(), found, guard.stack.name)
    if dry:
        if json:
            print_json(as_dict(found, guard.stack.name))
        return DONE
    if found.off and not any(said):
        off = counted(len(found.off), "stream")
        raise UsageError(off + " off because of the guard: say --resume or --leave-off")
    if not agreed("Undo this?", yes=yes):
        return REFUSED
    choice = WithThoseOff.RESUME if said[0] else WithThoseOff.LEAVE_OFF
    steps: list[Step] = []
    for step in carry_out(aws, guard.deps, found, choice, Word(guard.caller(), REASON), now):
        steps.append(step)
        if not json:
            console().print(_line(step), style="red" if step.problem else None)
    if json:
        print_json({**as_dict(found, guard.stack.name), "steps": [step._asdict() for step in steps]})
    elif not any(step.problem for step in steps):
        console().print(f"Now delete the stack: sam delete --stack-name {guard.stack.name}")
    return STILL_DUE if any(step.problem for step in steps) else DONE


def _line(step: Step) -> Text:
    done = {"schedule": "stopped", "stream": "turned on", "destination": "deleted", "alarm": "deleted"}[step.kind]
    return plain(f"{step.kind} {step.name}: {step.problem or done}")


def as_dict(found: RetirePlan, stack: str) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "stack": stack,
        "schedules": list(found.schedules),
        "off": [
            {"stream": str(it.stream), "status": it.state.status.value, "why": it.state.incident} for it in found.off
        ],
        "destinations": list(found.destinations),
        "others": [{"configuration_set": it.configuration_set, "name": it.name} for it in found.others],
        "alarms": list(found.alarms),
        "tables": list(found.tables),
    }


def show(screen: Console, found: RetirePlan, stack: str) -> None:
    """Print the plan for people."""
    screen.print(f"To undo before the stack {stack} is deleted:", style="bold")
    screen.print(f"  {counted(len(found.schedules), 'schedule')} to stop, so that nothing is repaired meanwhile")
    screen.print(f"  {counted(len(found.off), 'stream')} off because of the guard:")
    for record in found.off:
        screen.print(plain(f"    {record.stream} ({record.state.status.value})"))
    screen.print(f"  {counted(len(found.destinations), 'event destination')} of the guard in configuration sets")
    screen.print(f"  {counted(len(found.alarms), 'alarm')} of streams")
    screen.print("It stays:", style="bold")
    for each in found.others:
        whose = f"  the destination {each.name} of {each.configuration_set}, which others made"
        screen.print(plain(f"{whose}, to a topic that will be gone"), style="yellow")
    for table in found.tables:
        screen.print(plain(f"  the table {table}, which a new stack can take over (docs/removing.md)"))
    screen.print("  configuration sets, SES tenants, pools, default sets and tags that were set up for tenants")
    screen.print("  SMTP users and their secrets; take them away before by: sesguard tenants smtp revoke")
