"""Writes what SES has already as a file to apply: each configuration set as a stream with adopt: true. Changes nothing.

Read are the sets of the guard's own account and region, at the one call a second that SES takes, so a thousand of them
take a quarter of an hour: their pools, TLS, suppression and tags, so that applying the file leaves these as they are.
Left out are the guard's own set and streams that are registered. Each set becomes a tenant of its own; with --by-tag
NAME those with the same value of that tag become one. With --identities each verified identity is read, too, for the
set that is its default. --contact is written as every tenant's contact: put the owners' own in its place before you
apply the file.

YAML; with --jsonl JSON lines, a tenant a line.

Exit code: 0; 1 where there is nothing to import; 2 for a command line that cannot be used; 3 where AWS or the stack
cannot be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, TypeVar

from cyclopts import Parameter

from sesguard.cli.connect import DONE, REFUSED, UsageError, with_guard
from sesguard.cli.options import HERE, Where
from sesguard.cli.screen import counted
from sesguard.cli.tenants.progress import progress
from sesguard.cli.tenants.session import RegistrySession, near, open_session, read_registry
from sesguard.tenants.adopt import Seen, registry_of
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.tenants.model import DEDICATED, SHARED, Pool
from sesguard.text import usable
from sesguard.wiring.operator import Guard

T = TypeVar("T")


def run(
    *,
    contact: Annotated[str, Parameter(metavar="ADDRESS", help="whom to tell of every tenant, for now")],
    by_tag: Annotated[
        str | None, Parameter(metavar="NAME", help="put sets with the same value of that tag into one tenant")
    ] = None,
    identities: Annotated[bool, Parameter(help="also read which set is an identity's default")] = False,
    jsonl: Annotated[bool, Parameter(help="JSON lines instead of YAML")] = False,
    where: Where = HERE,
) -> int:
    def write(guard: Guard, _: datetime) -> int:
        return _write(guard, contact, by_tag or "", identities=identities, jsonl=jsonl)

    return with_guard(where, write)


def _write(guard: Guard, contact: str, by_tag: str, *, identities: bool, jsonl: bool) -> int:
    if not usable(contact):
        raise UsageError("--contact: expected one address in ASCII, such as owner@acme.example")
    session = open_session(guard)
    seen = _seen(session, identities=identities)
    if not seen.sets:
        print("sesguard: SES has no configuration set here that is not registered", file=sys.stderr)
        return REFUSED
    registry = registry_of(seen, session.home, contact, by_tag)
    write = as_json_lines if jsonl else as_yaml
    sys.stdout.writelines(f"{line}\n" for line in write(registry, session.home))
    sets, tenants = counted(len(seen.sets), "configuration set"), counted(len(registry.tenants), "tenant")
    print(f"{sets} as {tenants}. Nothing is changed: look through the file, then apply it.", file=sys.stderr)
    return DONE


def _seen(session: RegistrySession, *, identities: bool) -> Seen:
    """Read SES. Raises AwsError."""
    content = read_registry(session).content.registry
    streams = (each for tenant in content.tenants for each in tenant.streams)
    known = {each.configuration_set for each in streams if near(session, each.stream)}
    inventory = session.ses.look(identities=identities, pools=True)
    names = sorted(inventory.sets - known - {session.own_set})
    sets = tuple(_followed("configuration sets", len(names), session.ses.sets(names)))
    verified = sorted(name for name, is_verified in inventory.identities.items() if is_verified)
    defaults = dict(_followed("identities", len(verified), session.ses.default_sets(verified)))
    pools = {each.pool for each in sets} - {"", SHARED, DEDICATED} - content.pools.keys()
    scaling = {name: Pool(session.ses.scaling(name)) for name in sorted(pools)}
    return Seen(sets, defaults, scaling, dedicated=DEDICATED in inventory.pools)


def _followed(what: str, total: int, items: Iterable[T]) -> Iterator[T]:
    """The items, with a bar that says how many there were."""
    with progress(what, total) as advance:
        for item in items:
            yield item
            advance()
