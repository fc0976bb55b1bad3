"""From a file to a plan: what it wants, what is registered, what SES has, and what is wrong between them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from sesguard.cli.connect import USAGE, UsageError
from sesguard.cli.screen import counted, print_json
from sesguard.cli.tenants.desk import Registers, RegistrySession, registers, wanted
from sesguard.cli.tenants.estimate import calls, calls_of_pool
from sesguard.provisioning.task import TaskState
from sesguard.tenants.inventory import Inventory
from sesguard.tenants.model import Registry
from sesguard.tenants.plan import Plan, PlanAction, adopting, plan
from sesguard.tenants.preflight import Preflight, asked, streams_at
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.tenants.quotas import ADJUSTABLE, Home, Over, over_quota
from sesguard.text import one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from sesguard.stream import StreamId
    from sesguard.tenants.document import Wanted

_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and all that is to be said of it.

    streams: all that the file has. existing: those whose sets exist already and are neither registered nor adopted.
    elsewhere: how many of those that change other guards serve. calls: to SES.
    """

    plan: Plan
    registers: Registers
    desk: RegistrySession
    quotas: tuple[Over, ...]
    streams: frozenset[StreamId]
    existing: tuple[StreamId, ...]
    elsewhere: int
    calls: int

    @property
    def refused(self) -> bool:
        """Whether SES would refuse a part of it for good."""
        return any(over.what not in ADJUSTABLE for over in self.quotas)


def add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove tenants, policies and pools that are registered and not in the file",
    )
    parser.add_argument(
        "--adopt", action="store_true", help="set up configuration sets that exist already, though others made them"
    )


def refused(arguments: argparse.Namespace, command: Callable[[], int]) -> int:
    """Run ``command``; say all that is wrong with the file, where it is."""
    try:
        return command()
    except RegistryError as error:
        _say(arguments, error.problems)
        return USAGE


def planned(arguments: argparse.Namespace, desk: RegistrySession) -> Planned:
    """Plan the file. Raises RegistryError with all that is wrong, UsageError, StackError or AwsError."""
    now = registers(desk)
    file = wanted(arguments, desk, now, prune=arguments.prune)
    inventory = _against_ses(file, now, desk)
    if problems := file.found.all():
        raise RegistryError(problems)
    if arguments.prune and now.content.registry.tenants and not file.registry.tenants:
        raise UsageError(
            "the file has no tenant, and --prune would remove all that are registered: remove them by name"
        )
    foreign = _foreign(file, now, inventory, desk, failed=arguments.adopt)
    registry = _adopting(file.registry, foreign) if arguments.adopt else file.registry
    made = plan(registry, now.content, desk.home, prune=arguments.prune)
    return Planned(
        made,
        now,
        desk,
        tuple(_quotas(registry, made, now, inventory, desk)),
        frozenset(file.places),
        () if arguments.adopt else foreign,
        sum(each.stream[:2] != desk.home[:2] for each in made.streams),
        sum(calls(each, desk.home) for each in made.streams) + sum(calls_of_pool(each) for each in made.changes),
    )


def _against_ses(file: Wanted, now: Registers, desk: RegistrySession) -> Inventory | None:
    """Look at what SES has, and add what it would refuse to the file's problems. None where nothing is asked of it."""
    ask = asked(file, desk.home)
    if not ask.any:
        return None
    inventory = desk.ses.look(identities=ask.identities, pools=ask.pools)
    Preflight(desk.home, now.content.registry, inventory, desk.ses.scaling, desk.own_set).check(file)
    return inventory


def _foreign(
    file: Wanted, now: Registers, inventory: Inventory | None, desk: RegistrySession, *, failed: bool
) -> tuple[StreamId, ...]:
    """Streams whose sets exist though the guard did not make them: it was not told to, or ``failed`` to."""
    if inventory is None:
        return ()
    not_made = {row.key for row in desk.rows.everything()[0] if row.state is TaskState.FAILED} if failed else set()
    registered = (each.stream for each in streams_at(now.content.registry, desk.home))
    known = {stream for stream in registered if str(stream) not in not_made}
    return tuple(
        each.stream
        for each in streams_at(file.registry, desk.home)
        if each.configuration_set in inventory.sets and each.stream not in known and not each.adopt
    )


def _adopting(registry: Registry, streams: tuple[StreamId, ...]) -> Registry:
    tenants = tuple(adopting(entry, streams) for entry in registry.tenants)
    return msgspec.structs.replace(registry, tenants=tenants)


def _quotas(
    registry: Registry, made: Plan, now: Registers, inventory: Inventory | None, desk: RegistrySession
) -> list[Over]:
    """What all tenants need together, those beside the file included, against SES's quotas."""
    left = frozenset(made.left)
    beside = [entry for entry in now.content.registry.tenants if entry.id in left]
    home = Home(desk.home.account, desk.home.region)
    going = {each.stream.configuration_set for each in made.streams if each.action is PlanAction.REMOVE}
    existing = {home: inventory.sets - going} if inventory is not None else {}
    onboarded = frozenset(entry.id for entry in now.content.registry.tenants)
    return over_quota([*registry.tenants, *beside], existing, onboarded)


def _say(arguments: argparse.Namespace, problems: tuple[Problem, ...]) -> None:
    """Each problem in a line of its own, as compilers do, so that editors and CI can point at it."""
    if arguments.json:
        print_json({"problems": [problem._asdict() for problem in problems]})
        return
    name = one_line(arguments.file, 200)
    for problem in problems[:_MOST_SHOWN]:
        place = f"{name}:{problem.line}" if problem.line else name
        value = f" {problem.value}:" if problem.value else ""
        print(f"{place}: {problem.key}:{value} {problem.remedy}", file=sys.stderr)
    if len(problems) > _MOST_SHOWN:
        print(f"… and {counted(len(problems) - _MOST_SHOWN, 'more problem')}; --json has all of them", file=sys.stderr)
    print(f"sesguard: {counted(len(problems), 'problem')} in {name}; nothing is applied", file=sys.stderr)
