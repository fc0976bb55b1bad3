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
from typing import TYPE_CHECKING

from sesguard.cli.connect import DONE, REFUSED, UsageError, add_options, with_guard
from sesguard.cli.screen import counted
from sesguard.cli.tenants.desk import RegistrySession, near, registers, session_of
from sesguard.cli.tenants.progress import progress
from sesguard.tenants.adopt import Seen, registry_of
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.tenants.model import DEDICATED, SHARED, Pool
from sesguard.text import usable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from typing import TypeVar

    from sesguard.wiring.operator import Guard

    T = TypeVar("T")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--contact", metavar="ADDRESS", required=True, help="whom to tell of every tenant, for now")
    parser.add_argument("--by-tag", metavar="NAME", help="put sets with the same value of that tag into one tenant")
    parser.add_argument("--identities", action="store_true", help="also read which set is an identity's default")
    parser.add_argument("--jsonl", action="store_true", help="JSON lines instead of YAML")
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, and give the exit code."""
    return with_guard(arguments, _run)


def _run(arguments: argparse.Namespace, guard: Guard, _: datetime) -> int:
    if not usable(arguments.contact):
        raise UsageError("--contact: expected one address in ASCII, such as owner@acme.example")
    desk = session_of(guard)
    seen = _seen(desk, identities=arguments.identities)
    if not seen.sets:
        print("sesguard: SES has no configuration set here that is not registered", file=sys.stderr)
        return REFUSED
    registry = registry_of(seen, desk.home, arguments.contact, arguments.by_tag or "")
    write = as_json_lines if arguments.jsonl else as_yaml
    sys.stdout.writelines(f"{line}\n" for line in write(registry, desk.home))
    sets, tenants = counted(len(seen.sets), "configuration set"), counted(len(registry.tenants), "tenant")
    print(f"{sets} as {tenants}. Nothing is changed: look through the file, then apply it.", file=sys.stderr)
    return DONE


def _seen(desk: RegistrySession, *, identities: bool) -> Seen:
    """Read SES. Raises AwsError."""
    content = registers(desk).content.registry
    known = {each.configuration_set for tenant in content.tenants for each in tenant.streams if near(desk, each.stream)}
    inventory = desk.ses.look(identities=identities, pools=True)
    names = sorted(inventory.sets - known - {desk.own_set})
    sets = tuple(_followed("configuration sets", len(names), desk.ses.sets(names)))
    verified = sorted(name for name, is_verified in inventory.identities.items() if is_verified)
    defaults = dict(_followed("identities", len(verified), desk.ses.default_sets(verified)))
    pools = {each.pool for each in sets} - {"", SHARED, DEDICATED} - content.pools.keys()
    scaling = {name: Pool(desk.ses.scaling(name)) for name in sorted(pools)}
    return Seen(sets, defaults, scaling, dedicated=DEDICATED in inventory.pools)


def _followed(what: str, total: int, items: Iterable[T]) -> Iterator[T]:
    """The items, with a bar that says how many there were."""
    with progress(what, total) as advance:
        for item in items:
            yield item
            advance()
