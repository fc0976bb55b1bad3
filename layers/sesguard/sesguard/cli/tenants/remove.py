"""Lets tenants go: takes them out of the registry, and so out of SES.

What goes, in the order that SES demands: the default configuration set of their identities, their part in SES tenants
(and those tenants, if the guard made them and nobody else uses them), the guard's event destination, their alarms, and
the configuration sets, if the guard made them. Mail that names a set which is gone is refused by SES. What stays: their
identities, configuration sets that others made, their counts until they expire, and the journal of what happened.

A terminal is asked; anything else has to say --yes. Where somebody else changes a tenant meanwhile, it stays.

--json prints one object: removed and kept (ids).

Exit code: 0; 1 where there is no such tenant, you said no, or somebody else changed one; 2 for a command line that
cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from sesguard.cli.asking import agreed
from sesguard.cli.connect import DONE, REFUSED, UnknownTenantError, with_guard
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.cli.screen import console, counted, plain, print_json, wrapped
from sesguard.cli.tenants.estimate import calls
from sesguard.cli.tenants.session import open_session, read_registry
from sesguard.tenants.apply import ApplyOutcome, apply
from sesguard.tenants.items import RESERVED
from sesguard.tenants.plan import removal

if TYPE_CHECKING:
    from sesguard.stream import StreamId
    from sesguard.tenants.plan import Change
    from sesguard.wiring.operator import Guard


def run(
    tenants: Annotated[tuple[str, ...], Parameter(name="ID", help="a tenant's id")],
    /,
    *,
    yes: Yes = False,
    json: Json = False,
    where: Where = HERE,
) -> int:
    """Remove them, and give the exit code."""
    names = list(dict.fromkeys(tenants))
    return with_guard(where, lambda guard, _: _remove(guard, names, yes=yes, json=json))


def _remove(guard: Guard, names: list[str], *, yes: bool, json: bool) -> int:
    session = open_session(guard)
    now = read_registry(session)
    for name in names:
        if name not in now.stored or name.startswith(RESERVED):
            raise UnknownTenantError(name, now.stored)
    entries = {entry.id: entry for entry in now.content.registry.tenants}
    changes = [removal(name, entries.get(name)) for name in names]
    if not json:
        _show(changes, session.home)
    if not agreed("Let them go?" if len(names) > 1 else "Let it go?", yes=yes):
        return REFUSED
    applied = apply(session.store, changes, now.stored, guard.parallel.each)
    for each in applied:
        if each.problem is not None:
            raise each.problem
    kept = [each.change.item for each in applied if each.outcome is not ApplyOutcome.DONE]
    if json:
        print_json({"removed": [name for name in names if name not in kept], "kept": kept})
    else:
        _say(len(names) - len(kept), kept)
    return REFUSED if kept else DONE


def _show(changes: list[Change], home: StreamId) -> None:
    screen = console()
    for change in changes:
        sets = ", ".join(each.stream.configuration_set for each in change.streams) or "no stream"
        screen.print(plain(f"- {change.item}  {change.name}".rstrip() + f": {sets}", 400))
    total = sum(calls(each, home) for change in changes for each in change.streams)
    text = (
        "Goes: default configuration sets of their identities, SES tenants and configuration sets that the guard made, "
        "its event destinations and alarms. Mail that names a set which is gone is refused. Stays: identities, "
        f"configuration sets that others made, the journal. About {counted(total, 'call')} to SES."
    )
    screen.print(wrapped(text, screen.width))


def _say(removed: int, kept: list[str]) -> None:
    screen = console()
    for name in kept:
        screen.print(plain(f"{name}: somebody else changed it meanwhile, so it stays. Look at it again.", 200))
    if removed:
        screen.print(f"{counted(removed, 'tenant')} taken out; the guard now makes SES so: sesguard tenants status.")
