"""Lets tenants go: takes them out of the registry, and so out of SES.

What goes, in the order that SES demands: the default configuration set of their identities, their part in SES tenants
(and those tenants, if the guard made them and nobody else uses them), the guard's event destination, their alarms, and
the configuration sets, if the guard made them. Mail that names a set which is gone is refused by SES. What stays: their
identities, configuration sets that others made, their counts until they expire, and the journal of what happened.

A terminal is asked; anything else has to say --yes. Where somebody else changes a tenant meanwhile, it stays.

--json prints one object: removed and kept (ids).

--accounts takes them out at every guard that has them; at one that cannot be read they stay, which is said. With --json
there are then guards (guard, removed, kept) and unread (guard, problem).

Exit code: 0; 1 where there is no such tenant, you said no, or somebody else changed one; 2 for a command line that
cannot be used; 3 where AWS, the stack or a guard of several cannot be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from cyclopts import Parameter

from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.asking import agreed
from sesguard.cli.connect import DONE, REFUSED, UNREACHABLE, UnknownTenantError, answered, with_guard
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.cli.screen import console, counted, plain, print_json, wrapped
from sesguard.cli.tenants.estimate import calls
from sesguard.cli.tenants.over_guards import print_guards, read_each, say_unread, show_guard
from sesguard.cli.tenants.session import ReadRegistry, RegistrySession, open_session, read_registry
from sesguard.errors import SesguardError
from sesguard.stream import StreamId
from sesguard.tenants.apply import ApplyOutcome, apply
from sesguard.tenants.items import RESERVED
from sesguard.tenants.plan import Change, removal
from sesguard.wiring.operator import Guard


def run(
    tenants: Annotated[tuple[str, ...], Parameter(name="ID", help="a tenant's id")],
    /,
    *,
    yes: Yes = False,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    names = list(dict.fromkeys(tenants))
    if across.several:
        return answered(where, lambda: _remove_many(find_guards(where, across), names, yes=yes, json=json))
    return with_guard(where, lambda guard, _: _remove(guard, names, yes=yes, json=json))


class _Removal(NamedTuple):
    """What goes at one guard, and the registry as it was read."""

    session: RegistrySession
    now: ReadRegistry
    changes: list[Change]

    @property
    def names(self) -> list[str]:
        return [change.item for change in self.changes]

    def apply(self, guard: Guard) -> list[str]:
        """Let them go; those that stay, as somebody else changed them. Raises AwsError."""
        applied = apply(self.session.store, self.changes, self.now.stored, guard.parallel.each)
        for each in applied:
            if each.problem is not None:
                raise each.problem
        return [each.change.item for each in applied if each.outcome is not ApplyOutcome.DONE]


def _read(guard: Guard, names: list[str]) -> _Removal:
    """Read what there is of those tenants at a guard. Raises AwsError."""
    session = open_session(guard)
    now = read_registry(session)
    entries = {entry.id: entry for entry in now.content.registry.tenants}
    there = [name for name in names if name in now.stored and not name.startswith(RESERVED)]
    return _Removal(session, now, [removal(name, entries.get(name)) for name in there])


def _remove_many(guards: Guards, names: list[str], *, yes: bool, json: bool) -> int:
    """Let them go at every guard that has them. At one that cannot be read, or fails, they stay, which is said."""
    found, unread = read_each(guards, lambda guard: _read(guard, names))
    here = {name: (guard, its) for name, (guard, its) in found.items() if its.changes}
    for name in names:
        if not unread and not any(name in its.names for _, its in here.values()):
            raise UnknownTenantError(name, {item for _, its in found.values() for item in its.now.stored})
    if not json:
        for guard_name, (_, its) in here.items():
            show_guard(guard_name)
            _show(its.changes, its.session.home)
    if not here:
        return _say_many({}, unread, json=json)
    if not agreed("Let them go?" if len(names) > 1 else "Let it go?", yes=yes):
        return REFUSED
    done: dict[str, tuple[list[str], list[str]]] = {}
    for guard_name, (guard, its) in here.items():
        try:
            kept = its.apply(guard)
        except SesguardError as error:  # one guard stops no other; what it left is found by the same command
            unread[guard_name] = str(error)
            continue
        done[guard_name] = [name for name in its.names if name not in kept], kept
    return _say_many(done, unread, json=json)


def _say_many(done: Mapping[str, tuple[list[str], list[str]]], unread: Mapping[str, str], *, json: bool) -> int:
    code = REFUSED if any(kept for _, kept in done.values()) else DONE
    if json:
        print_guards({name: {"removed": removed, "kept": kept} for name, (removed, kept) in done.items()}, unread)
        return UNREACHABLE if unread else code
    for name, (removed, kept) in done.items():
        show_guard(name)
        _say(len(removed), kept)
    say_unread(unread, code)
    return UNREACHABLE if unread else code


def _remove(guard: Guard, names: list[str], *, yes: bool, json: bool) -> int:
    found = _read(guard, names)
    for name in names:
        if name not in found.names:
            raise UnknownTenantError(name, found.now.stored)
    if not json:
        _show(found.changes, found.session.home)
    if not agreed("Let them go?" if len(names) > 1 else "Let it go?", yes=yes):
        return REFUSED
    kept = found.apply(guard)
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
