"""Makes streams of tenants true in SES again, although the registry has not changed.

What somebody deleted or changed by hand comes back as it should be, and streams that failed are tried again, of the
tenants that you name, or with --all of all. What waits already is not touched, and sending never. See "sesguard tenants
status" for how far it has come; at one call a second that takes some seconds a stream.

--json prints one object: repaired, the number of streams that were lined up.

Exit code: 0; 1 where there is no such tenant; 2 for a command line that cannot be used; 3 where AWS or the stack cannot
be reached.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from sesguard.cli.connect import DONE, UsageError, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import console, counted, print_json
from sesguard.cli.tenants.session import entries, open_session, read_registry
from sesguard.provisioning.repair import repair
from sesguard.stream import StreamId
from sesguard.tenants.model import Registry
from sesguard.tenants.preflight import streams_at
from sesguard.wiring.operator import Guard
from sesguard.wiring.registry import provisioning_tasks


def run(
    tenants: Annotated[tuple[str, ...], Parameter(name="ID", help="a tenant's id")] = (),
    /,
    *,
    all_: Annotated[bool, Parameter(name="--all", help="the streams of every tenant")] = False,
    json: Json = False,
    where: Where = HERE,
) -> int:
    return with_guard(where, lambda guard, now: _repair(guard, now, tenants, all_=all_, json=json))


def _repair(guard: Guard, now: datetime, tenants: tuple[str, ...], *, all_: bool, json: bool) -> int:
    if bool(tenants) == all_:
        raise UsageError("name the tenants, or say --all")
    session = open_session(guard)
    registry = read_registry(session).content.registry
    if tenants:
        registry = Registry(tenants=entries(registry, tenants))
    repaired = repair_streams(guard, [entry.stream for entry in streams_at(registry, session.home)], now)
    if json:
        print_json({"repaired": repaired})
    else:
        said = f"{counted(repaired, 'stream')} will be made true again"
        console().print(f"{said}, from the next minute on: see sesguard tenants status.")
    return DONE


def repair_streams(guard: Guard, streams: Iterable[StreamId], now: datetime) -> int:
    """Line streams up, which the guard sees within a minute; how many. Raises StackError or AwsError."""
    return repair(provisioning_tasks(guard), streams, now)
