"""One fleet of many guards: same-named sets of two accounts are two streams; who cannot be read is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sesguard.errors import SesguardError
from sesguard.fleet.fleet import Fleet, FleetRow, GuardPlace, ReadCost, arrange
from sesguard.fleet.ports import FleetSource
from sesguard.pausing.ports import Parallel
from sesguard.policy import Mode
from sesguard.stream import StreamId


class Opened(NamedTuple):
    """A guard that can be read. caller: asks for the ARN by which an operator acts there; raises AwsError."""

    source: FleetSource
    caller: Callable[[], str]


class MemberGuard(Protocol):
    """A guard of an account and region, opened when it is first needed."""

    @property
    def name(self) -> str:
        """Account, region and stack."""

    @property
    def home(self) -> StreamId: ...

    def open(self) -> Opened:
        """Raises SesguardError where it cannot be reached: its role, its stack, or AWS."""


class ManyRead(NamedTuple):
    """One reading of many guards. own: the fleet of each, by name; unread: why others were not read."""

    own: Mapping[str, Fleet]
    unread: Mapping[str, str]


def read_each(
    members: Iterable[MemberGuard], read: Callable[[MemberGuard, FleetSource], Fleet], parallel: Parallel
) -> ManyRead:
    """Read the fleet of each guard. Raises nothing that a guard raises: one that cannot be read stops no other."""
    own: dict[str, Fleet] = {}
    unread: dict[str, str] = {}

    def work(member: MemberGuard) -> None:
        try:
            own[member.name] = read(member, member.open().source)
        except SesguardError as error:
            unread[member.name] = str(error)

    parallel.each(work, members)
    return ManyRead(dict(sorted(own.items())), dict(sorted(unread.items())))


def join(members: Iterable[MemberGuard], found: ManyRead, now: datetime) -> Fleet:
    """Make one fleet of those of ``members``. Its place is what all of them have in common, those not read as well."""
    fleets, unread = list(found.own.values()), found.unread
    places = tuple(fleet.place for fleet in fleets)
    problems = [f"{name} is not read: {why}" for name, why in unread.items()]
    problems += [f"{fleet.place.name}: {problem}" for fleet in fleets for problem in fleet.problems]
    sets = [fleet.sets for fleet in fleets]
    return Fleet(
        place=common_place(members, places),
        now=now,
        rows=arrange(_rows(fleets)),
        sets=sum(each for each in sets if each is not None) if None not in sets else None,
        dead_letters=_dead_letters(fleets),
        problems=tuple(problems),
        without_default_set=tuple(dict.fromkeys(each for fleet in fleets for each in fleet.without_default_set)),
        without_volume=tuple(sorted({each for fleet in fleets for each in fleet.without_volume})),
        reading=ReadCost(
            sum(fleet.reading.requests for fleet in fleets),
            sum(fleet.reading.units for fleet in fleets),
            max((fleet.reading.seconds for fleet in fleets), default=0.0),  # they are read at once
        ),
        members=places,
        unread=dict(unread),
    )


def _rows(fleets: Sequence[Fleet]) -> Iterable[FleetRow]:
    """Every stream once: of its own guard, where another has it on record as well because its events came there."""
    rows: dict[StreamId, FleetRow] = {}
    for fleet in fleets:
        for row in fleet.rows:
            if row.stream not in rows or row.stream._replace(configuration_set="") == fleet.place.home:
                rows[row.stream] = row
    return rows.values()


def _dead_letters(fleets: Sequence[Fleet]) -> Mapping[str, int] | None:
    """Messages by guard and queue; None where they are not known of one, so that nothing passes for none."""
    found: dict[str, int] = {}
    for fleet in fleets:
        if fleet.dead_letters is None:
            return None
        found |= {f"{fleet.place.name} {queue}": number for queue, number in fleet.dead_letters.items()}
    return found


def common_place(members: Iterable[MemberGuard], places: Sequence[GuardPlace]) -> GuardPlace:
    """What all have in common; "" where they differ. The mode is the strictest of those that are read."""

    def same(values: Iterable[str]) -> str:
        found = set(values)
        return found.pop() if len(found) == 1 else ""

    homes = [member.home for member in members]
    account = same(home.account for home in homes)
    return GuardPlace(
        same(place.stack for place in places),
        account,
        same(home.region for home in homes) if account else "",
        Mode.ENFORCE if any(place.mode is Mode.ENFORCE for place in places) else Mode.OBSERVE,
    )
