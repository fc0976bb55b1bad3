"""Checks a deployment: the account, sets, identities, what carries events and notices, and ways around the guard.

Each check says what it looks at, why, and exactly what mends what it finds. A check that these credentials may not make
is said as such, and the rest are made; sesguard permissions doctor prints what all of them need. SES takes one call a
second, so of many sets, identities and tenants some are looked at by chance: --sample says how many.

-o json prints one object: stack, account, region, at, attention, checks (id, name, title, why, remedy, outcome (passed,
found, not_permitted, not_made), severity (error, warning, note), trouble, actions, findings (subject, problem, remedy,
severity)). -o sarif and -o junit print the same for what reads those: code scanning, and continuous integration.

--accounts checks every guard. -o json then prints one object: guards (each as above), unread (guard, problem),
attention; -o sarif has a run a guard, and -o junit a testsuite a guard.

Exit code: 0 where nothing is wrong, notes aside; 4 where something is, a check could not be made, or a guard of several
not be reached; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from sesguard.cli import doctor_view as view
from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.connect import ATTENTION, DONE, UsageError, answered, with_guard
from sesguard.cli.connect import now as clock_now
from sesguard.cli.options import HERE, Where
from sesguard.cli.screen import console, plain
from sesguard.doctor.check import Check, CheckResult
from sesguard.doctor.run import CHECKS, find_checks, run_checks
from sesguard.text import one_line
from sesguard.wiring.doctor import SAMPLE, deployment_of
from sesguard.wiring.operator import Guard, Stack

_MOST: Final = 100_000
_PRINTED: Final = {
    "json": lambda *about: json.dumps(view.as_json(*about), indent=2),
    "sarif": lambda *about: json.dumps(view.as_sarif(*about), indent=2),
    "junit": view.as_junit,
}
_PRINTED_OF_MANY: Final = {
    "json": lambda *about: json.dumps(view.many_as_json(*about), indent=2),
    "sarif": lambda *about: json.dumps(view.many_as_sarif(*about), indent=2),
    "junit": view.many_as_junit,
}


def run(
    *,
    only: Annotated[
        list[str] | None, Parameter(metavar="CHECK", help="this check alone, by id or name; may be repeated")
    ] = None,
    output: Annotated[
        Literal["table", "json", "sarif", "junit"], Parameter(name=["--output", "-o"], help="how it is printed")
    ] = "table",
    sample: Annotated[
        int, Parameter(metavar="N", help="sets, identities, tenants and users whose details are read")
    ] = SAMPLE,
    list_: Annotated[bool, Parameter(name="--list", negative="", help="say what checks there are")] = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    if list_:
        view.show_checks(console(), CHECKS)
        return DONE
    if across.several:

        def check_many() -> int:
            checks = _chosen(only or [], sample)
            return _check_many(find_guards(where, across), clock_now(), checks, output, sample)

        return answered(where, check_many)
    return with_guard(where, lambda guard, now: _check(guard, now, _chosen(only or [], sample), output, sample))


def _check_many(guards: Guards, now: datetime, checks: Sequence[Check], output: str, sample: int) -> int:
    """Check each guard; those that cannot be reached are named, and stop no other."""
    found: dict[str, tuple[Stack, list[CheckResult]]] = {}

    def check(name: str, guard: Guard) -> None:
        found[name] = guard.stack, list(run_checks(checks, deployment_of(guard, now, sample)))

    unread = guards.each(check)
    several = [found[name] for name in sorted(found)]
    if output == "table":
        for stack, results in several:
            view.show(console(), stack, now, results)
            console().print()
        for name, why in unread.items():
            console().print(plain(f"{name} is not checked: {why}"), style="bold red")
    else:
        print(_PRINTED_OF_MANY[output](several, now, unread))
    return ATTENTION if unread or any(each.attention for _, results in several for each in results) else DONE


def _check(guard: Guard, now: datetime, checks: Sequence[Check], output: str, sample: int) -> int:
    deployment = deployment_of(guard, now, sample)
    screen = console()
    progress = output == "table" and screen.is_terminal
    results: list[CheckResult] = []
    with screen.status("") as status:
        for check in checks:
            if progress:
                status.update(f"{check.id} {check.title}")
            results += run_checks([check], deployment)
    if output == "table":
        view.show(screen, guard.stack, now, results)
    else:
        print(_PRINTED[output](guard.stack, now, results))
    return ATTENTION if any(each.attention for each in results) else DONE


def _chosen(only: list[str], sample: int) -> tuple[Check, ...]:
    """The checks of that names. Raises UsageError, of ``sample`` as well."""
    if not 1 <= sample <= _MOST:
        raise UsageError(f"--sample {sample}: expected 1 to {_MOST:,}")
    try:
        return find_checks(only)
    except KeyError as error:
        message = f"--only {one_line(str(error.args[0]), 60)}: there is no such check; sesguard doctor --list has them"
        raise UsageError(message) from None
