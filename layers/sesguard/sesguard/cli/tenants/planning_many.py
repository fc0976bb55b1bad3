"""From one file to a plan for each of many guards: each takes its own part, and one that cannot be read takes none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sesguard.cli.across import Guards
from sesguard.cli.tenants.planning import Planned, Scope, against_ses, plan_file, refuse_emptying
from sesguard.cli.tenants.session import ReadRegistry, RegistrySession, open_session, read_file, read_registry
from sesguard.errors import SesguardError
from sesguard.tenants.document import Wanted
from sesguard.tenants.inventory import Inventory
from sesguard.tenants.model import Registry
from sesguard.tenants.parts import check_left, check_places, own_streams, part_of, pools_of_nobody, usual_home
from sesguard.tenants.problems import RegistryError
from sesguard.tenants.quotas import Home
from sesguard.wiring.members import in_parallel
from sesguard.wiring.operator import Guard


@dataclass(frozen=True, slots=True)
class PlannedMany:
    """The plan of each guard, by its name.

    unread: guards that take nothing, by name, with why. pools: those of the file that no stream names, so that they are
    made nowhere.
    """

    plans: Mapping[str, Planned]
    guards: Mapping[str, Guard]
    unread: Mapping[str, str]
    pools: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether SES would refuse a part of it for good."""
        return any(planned.refused for planned in self.plans.values())

    @property
    def changes(self) -> bool:
        return any(planned.plan.changes for planned in self.plans.values())


@dataclass(slots=True)
class _Part:
    """What is known of one guard, and its part of the file as soon as that is read."""

    guard: Guard
    session: RegistrySession
    now: ReadRegistry
    file: Wanted | None = None
    inventory: Inventory | None = None

    @property
    def home(self) -> Home:
        return Home(self.session.home.account, self.session.home.region)

    def take(self, file: Wanted, scope: Scope) -> None:
        """Take its part of the file. Raises UsageError."""
        registered = self.now.content.registry
        part = part_of(file.registry, self.home, registered)
        if not scope.prune:
            check_left(file, part, self.home, registered)
        where = f"{self.home.account}/{self.home.region}"
        refuse_emptying(scope, part, self.now, f"the file's part of {where}")
        self.file = replace(file, registry=part)

    def look(self) -> None:
        """Look at what SES has there. Raises AwsError."""
        if self.file is not None:
            self.inventory = against_ses(self.file, self.now, self.session)

    def plan(self, scope: Scope) -> Planned | None:
        """Plan its part. Raises AwsError."""
        if self.file is None:
            return None
        planned = plan_file(scope, self.file, self.now, self.inventory, self.session)
        own = tuple(over for over in planned.quotas if over.home == self.home)  # others are told by their own guards
        return replace(planned, quotas=own)


class _Parts:
    def __init__(self, guards: Guards) -> None:
        self.of: dict[str, _Part] = {}
        self.unread = guards.each(self._open)

    def _open(self, name: str, guard: Guard) -> None:
        session = open_session(guard)
        self.of[name] = _Part(guard, session, read_registry(session))

    def each(self, work: Callable[[str, _Part], None]) -> None:
        """Do ``work`` with each part, several at once; one that fails takes nothing and stops no other."""

        def attempt(named: tuple[str, _Part]) -> None:
            try:
                work(*named)
            except SesguardError as error:
                self.unread[named[0]] = str(error)

        in_parallel().each(attempt, sorted(self.of.items()))
        self.of = {name: part for name, part in self.of.items() if name not in self.unread}


def make_plans(scope: Scope, guards: Guards) -> PlannedMany:
    """Plan the file for every guard. Raises RegistryError with all that is wrong for any of them, or UsageError."""
    parts = _Parts(guards)
    homes = {Home(member.home.account, member.home.region) for member in guards.members}
    file = _read(scope, homes, parts)
    for part in parts.of.values():
        part.take(file, scope)
    parts.each(lambda _, part: part.look())
    if problems := file.found.all():
        raise RegistryError(tuple(sorted(problems)))  # guards are looked at side by side, so in no order
    plans: dict[str, Planned] = {}

    def plan(name: str, part: _Part) -> None:
        planned = part.plan(scope)
        if planned is not None:
            plans[name] = planned

    parts.each(plan)
    taken = [part.file.registry for part in parts.of.values() if part.file is not None]
    return PlannedMany(
        dict(sorted(plans.items())),
        {name: parts.of[name].guard for name in sorted(plans)},
        dict(sorted(parts.unread.items())),
        tuple(pools_of_nobody(file.registry, taken)) if not parts.unread else (),
    )


def _read(scope: Scope, homes: set[Home], parts: _Parts) -> Wanted:
    """Read the file once, against what all guards have registered. Raises UsageError or RegistryError."""
    own = [own_streams(part.now.content.registry, part.home) for part in parts.of.values()]
    known = Registry() if scope.prune else Registry(tenants=tuple(each for it in own for each in it.tenants))
    file = read_file(scope.file, usual_home(homes), known)
    check_places(file, homes)
    return file
