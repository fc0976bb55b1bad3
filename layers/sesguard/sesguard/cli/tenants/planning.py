"""From a file to a plan: what it wants, what is registered, what SES has, and what is wrong between them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import msgspec
from cyclopts import Parameter

from sesguard.cli.connect import USAGE, UsageError
from sesguard.cli.options import one
from sesguard.cli.screen import counted, print_json
from sesguard.cli.tenants.estimate import calls, calls_of_pool
from sesguard.cli.tenants.session import ReadRegistry, RegistrySession, read_registry, read_wanted
from sesguard.provisioning.task import TaskState
from sesguard.stream import StreamId
from sesguard.tenants.document import Wanted
from sesguard.tenants.inventory import Inventory
from sesguard.tenants.model import Registry
from sesguard.tenants.plan import Plan, PlanAction, adopting, plan
from sesguard.tenants.preflight import Preflight, asked, streams_at
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.tenants.quotas import ADJUSTABLE, Home, Over, daily_mails, over_mails, over_quota
from sesguard.tenants.recounting import recounted
from sesguard.text import one_line

_MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and all that is to be said of it.

    streams: all that the file has. existing: those whose sets exist already and are neither registered nor adopted.
    elsewhere: how many of those that change other guards serve. calls: to SES. recounted: streams of which clumps of
    bounces are forgiven by another rule than before.
    """

    plan: Plan
    registry: ReadRegistry
    session: RegistrySession
    quotas: tuple[Over, ...]
    streams: frozenset[StreamId]
    existing: tuple[StreamId, ...]
    elsewhere: int
    calls: int
    recounted: int

    @property
    def refused(self) -> bool:
        """Whether SES would refuse a part of it for good."""
        return any(over.what not in ADJUSTABLE for over in self.quotas)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which file is to be applied, and how far. prune, adopt: as the options of that name."""

    file: str
    prune: bool
    adopt: bool


FileName = Annotated[str, one("FILE", "tenants.yaml; JSON lines where its name ends in .jsonl; - for standard input")]
Prune = Annotated[
    bool, Parameter(name="--prune", help="remove tenants, policies and pools that are registered and not in the file")
]
Adopt = Annotated[
    bool, Parameter(name="--adopt", help="set up configuration sets that exist already, though others made them")
]


def say_refused(scope: Scope, command: Callable[[], int], *, json: bool) -> int:
    """Run ``command``; say all that is wrong with the file, where it is."""
    try:
        return command()
    except RegistryError as error:
        _say(scope.file, error.problems, json=json)
        return USAGE


def make_plan(scope: Scope, session: RegistrySession) -> Planned:
    """Plan the file. Raises RegistryError with all that is wrong, UsageError, StackError or AwsError."""
    now = read_registry(session)
    file = read_wanted(scope.file, session, now, prune=scope.prune)
    inventory = against_ses(file, now, session)
    if problems := file.found.all():
        raise RegistryError(problems)
    refuse_emptying(scope, file.registry, now, "the file")
    return plan_file(scope, file, now, inventory, session)


def refuse_emptying(scope: Scope, wanted: Registry, now: ReadRegistry, what: str) -> None:
    """Raise UsageError where --prune would remove every tenant. what: which has none."""
    if scope.prune and now.content.registry.tenants and not wanted.tenants:
        raise UsageError(f"{what} has no tenant, and --prune would remove all that are registered: remove them by name")


def plan_file(
    scope: Scope, file: Wanted, now: ReadRegistry, inventory: Inventory | None, session: RegistrySession
) -> Planned:
    """Plan a file in which nothing is wrong. Raises AwsError."""
    foreign = _foreign(file, now, inventory, session, failed=scope.adopt)
    registry = _adopting(file.registry, foreign) if scope.adopt else file.registry
    made = plan(registry, now.content, session.home, prune=scope.prune)
    return Planned(
        made,
        now,
        session,
        tuple(_quotas(registry, made, now, inventory, session)),
        frozenset(file.places),
        () if scope.adopt else foreign,
        sum(each.stream[:2] != session.home[:2] for each in made.streams),
        sum(calls(each, session.home) for each in made.streams) + sum(calls_of_pool(each) for each in made.changes),
        len(recounted(now.content.registry, registry)),
    )


def against_ses(file: Wanted, now: ReadRegistry, session: RegistrySession) -> Inventory | None:
    """Look at what SES has, and add what it would refuse to the file's problems. None where nothing is asked of it.

    Raises AwsError.
    """
    ask = asked(file, session.home)
    if not ask.any:
        return None
    inventory = session.ses.look(identities=ask.identities, pools=ask.pools)
    ses = session.ses
    Preflight(session.home, now.content.registry, inventory, ses.scaling, session.own_set, ses.addresses).check(file)
    return inventory


def _foreign(
    file: Wanted, now: ReadRegistry, inventory: Inventory | None, session: RegistrySession, *, failed: bool
) -> tuple[StreamId, ...]:
    """Streams whose sets exist though the guard did not make them: it was not told to, or ``failed`` to."""
    if inventory is None:
        return ()
    not_made = {row.key for row in session.rows.everything()[0] if row.state is TaskState.FAILED} if failed else set()
    registered = (each.stream for each in streams_at(now.content.registry, session.home))
    known = {stream for stream in registered if str(stream) not in not_made}
    return tuple(
        each.stream
        for each in streams_at(file.registry, session.home)
        if each.configuration_set in inventory.sets and each.stream not in known and not each.adopt
    )


def _adopting(registry: Registry, streams: tuple[StreamId, ...]) -> Registry:
    tenants = tuple(adopting(entry, streams) for entry in registry.tenants)
    return msgspec.structs.replace(registry, tenants=tenants)


def _quotas(
    registry: Registry, made: Plan, now: ReadRegistry, inventory: Inventory | None, session: RegistrySession
) -> list[Over]:
    """What all tenants need together, those beside the file included, against SES's quotas."""
    left = frozenset(made.left)
    beside = [entry for entry in now.content.registry.tenants if entry.id in left]
    home = Home(session.home.account, session.home.region)
    going = {each.stream.configuration_set for each in made.streams if each.action is PlanAction.REMOVE}
    existing = {home: inventory.sets - going} if inventory is not None else {}
    onboarded = frozenset(entry.id for entry in now.content.registry.tenants)
    every = [*registry.tenants, *beside]
    needs = daily_mails(every, home)
    mails = over_mails(needs, session.ses.daily_quota(), home) if needs else []
    return [*over_quota(every, existing, onboarded), *mails]


def _say(file: str, problems: tuple[Problem, ...], *, json: bool) -> None:
    """Each problem in a line of its own, as compilers do, so that editors and CI can point at it."""
    if json:
        print_json({"problems": [problem._asdict() for problem in problems]})
        return
    name = one_line(file, 200)
    for problem in problems[:_MOST_SHOWN]:
        place = f"{name}:{problem.line}" if problem.line else name
        value = f" {problem.value}:" if problem.value else ""
        print(f"{place}: {problem.key}:{value} {problem.remedy}", file=sys.stderr)
    if len(problems) > _MOST_SHOWN:
        print(f"… and {counted(len(problems) - _MOST_SHOWN, 'more problem')}; --json has all of them", file=sys.stderr)
    print(f"sesguard: {counted(len(problems), 'problem')} in {name}; nothing is applied", file=sys.stderr)
