"""Shows how far the guard has come in making SES what the registry says: what is done, what waits, what failed and why.

SES takes one control call a second for an account and region, and a new stream takes four with one identity: 10,000 are
configured in about eleven hours, while pauses go first. What failed is tried again when its tenant changes, or by
"sesguard tenants repair". --watch shows a bar until nothing waits.

--json prints one object, with --watch when nothing waits: stack, account, region, at, waiting (removing: of these, what
is to go away), domains (that the guard has made and that wait for their DNS records), done, failed, left (streams of
other accounts or regions, which their own guards serve), calls, calls_a_second (null where nothing was done lately),
seconds_left, failures (key, tenant, problem, since). Keys are streams, @pool/NAME, @domain/NAME for an identity that
the guard makes, or @tenant/ID for what is wrong with a whole tenant.

--accounts shows it of each guard. With --json there are then guards (guard, and what one guard's document has) and
unread (guard, problem).

Exit code: 0 where all is done; 4 where something failed or a guard of several could not be read; 5 where something
waits and nothing failed; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from sesguard.cli.across import ONE, Across, find_guards
from sesguard.cli.connect import ATTENTION, DONE, STILL_DUE, UsageError, answered, now, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import WIDTH, age, clock, console, counted, iso, length, plain, print_json, wrapped
from sesguard.cli.tenants.over_guards import print_guards, read_each, say_unread
from sesguard.cli.tenants.session import RegistrySession, open_session, read_registry
from sesguard.provisioning.progress import Progress as Stands
from sesguard.provisioning.progress import progress
from sesguard.tenants.preflight import streams_at
from sesguard.wiring.operator import Guard, Stack

EVERY: Final = 3.0
"""Seconds between two looks of --watch; ten thousand streams are some 12 MB of reading each."""
_MOST_SHOWN: Final = 50


def run(
    *,
    watch: Annotated[bool, Parameter(help="show a bar until nothing waits")] = False,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    if across.several:
        return answered(where, lambda: _show_many(where, across, now(), watch=watch, json=json))
    return with_guard(where, lambda guard, at: _show(guard, at, watch=watch, json=json))


def _show(guard: Guard, at: datetime, *, watch: bool, json: bool) -> int:
    session = open_session(guard)
    stands = look(session, at)
    if watch:
        stands, at = _watch(session, stands)
    if json:
        print_json(as_dict(stands, guard.stack, at))
    else:
        show(console(), stands, guard.stack, at)
    return _code(stands)


def _show_many(where: Where, across: Across, at: datetime, *, watch: bool, json: bool) -> int:
    if watch:
        raise UsageError("--watch shows one guard: leave it out, or --accounts")
    found, unread = read_each(find_guards(where, across), lambda guard: look(open_session(guard), at))
    codes = {_code(stands) for _, stands in found.values()}
    code = next((it for it in (ATTENTION, STILL_DUE) if it in codes), DONE)
    if json:
        print_guards({name: as_dict(stands, guard.stack, at) for name, (guard, stands) in found.items()}, unread)
        return ATTENTION if unread else code
    for guard, stands in found.values():
        show(console(), stands, guard.stack, at)
    return say_unread(unread, code)


def _code(stands: Stands) -> int:
    return ATTENTION if stands.failed else STILL_DUE if stands.waiting else DONE


def look(session: RegistrySession, at: datetime) -> Stands:
    """Read how far it has come. Raises AwsError."""
    registry = read_registry(session).content.registry
    rows, problems = session.rows.everything()
    return progress(rows, problems, {str(each.stream): each for each in streams_at(registry, session.home)}, at)


def _watch(session: RegistrySession, stands: Stands) -> tuple[Stands, datetime]:
    """Look again and again until nothing waits; a bar where standard error is a terminal."""
    screen = console(error=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[left]}"))
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("setting up", total=stands.total, left="")
        while stands.waiting:
            left = f"{length(stands.time_left)} left" + (f", {stands.failed:,} failed" if stands.failed else "")
            bar.update(task, total=stands.total, completed=stands.total - stands.waiting, left=left)
            time.sleep(EVERY)
            stands = look(session, now())
    return stands, now()


def as_dict(stands: Stands, stack: Stack, at: datetime) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "stack": stack.name,
        "account": stack.account,
        "region": stack.region,
        "at": iso(at),
        "waiting": stands.waiting,
        "removing": stands.removing,
        "domains": stands.domains,
        "done": stands.done,
        "failed": stands.failed,
        "left": stands.left,
        "calls": stands.calls,
        "calls_a_second": round(stands.a_second, 3) if stands.a_second is not None else None,
        "seconds_left": int(stands.time_left.total_seconds()),
        "failures": [
            {"key": it.key, "tenant": it.tenant or None, "problem": it.problem, "since": iso(it.since)}
            for it in stands.failures
        ],
    }


def show(screen: Console, stands: Stands, stack: Stack, at: datetime) -> None:
    where = f"stack {stack.name}, {stack.account} {stack.region}, {clock(at)}"
    screen.print(Text.assemble(("tenants", "bold"), (f"  {where}", "dim")))
    screen.print(_counts(stands))
    screen.print(_pace(stands), style="dim")
    for failure in stands.failures[:_MOST_SHOWN]:
        screen.print()
        screen.print(plain(failure.key).append(f"  failed {age(failure.since, at)} ago", "dim"), style="yellow")
        screen.print(wrapped(failure.problem, WIDTH, indent=2))
    if len(stands.failures) > _MOST_SHOWN:
        screen.print(f"\n… and {len(stands.failures) - _MOST_SHOWN:,} more: --json")


def _counts(stands: Stands) -> str:
    going = f" ({stands.removing:,} to go away)" if stands.removing else ""
    others = f", {stands.left:,} of other guards" if stands.left else ""
    dns = f", {counted(stands.domains, 'domain')} waiting for DNS" if stands.domains else ""
    return f"{stands.done:,} done, {stands.waiting:,} waiting{going}, {stands.failed:,} failed{others}{dns}"


def _pace(stands: Stands) -> str:
    made = f"{counted(stands.calls, 'call')} to SES so far"
    lately = f", lately {stands.a_second:.2f} a second" if stands.a_second is not None and stands.waiting else ""
    left = f", about {length(stands.time_left)} left at one call a second" if stands.waiting else ""
    return made + lately + left
