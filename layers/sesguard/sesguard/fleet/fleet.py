"""Every stream of a platform as an operator sees it, what needs attention first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from sesguard.account.sums import Sums
from sesguard.fleet.hours import HourCounts
from sesguard.pausing.state import Status
from sesguard.pausing.status import Awaited, StreamStatus
from sesguard.policy import Mode
from sesguard.stream import StreamId

UNHEALTHY: Final = (Status.HELD, Status.PAUSED, Status.PROBATION, Status.WATCHED)
_WAITS_FOR_YOU: Final = frozenset({Awaited.OPERATOR, Awaited.BACKLOG, Awaited.OUTSIDE, Awaited.AWS})


class GuardPlace(NamedTuple):
    """Which guard: its stack's name, the account and region that it is deployed in, and how it is told to act."""

    stack: str
    account: str
    region: str
    mode: Mode

    @property
    def home(self) -> StreamId:
        """The account and region, as a stream without a configuration set."""
        return StreamId(self.account, self.region, "")

    @property
    def name(self) -> str:
        """Account, region and stack, as ``sesguard accounts list`` has them."""
        return f"{self.account}/{self.region}/{self.stack}"


@dataclass(frozen=True, slots=True)
class FleetRow:
    """One stream. status: None where it is healthy and nothing is due. counts: None where they were not read."""

    stream: StreamId
    tenant: str = ""
    status: StreamStatus | None = None
    counts: HourCounts | None = None

    @property
    def state(self) -> Status:
        return self.status.record.state.status if self.status is not None else Status.HEALTHY

    @property
    def risk(self) -> float | None:
        """0 of a healthy stream; None where it could not be weighed."""
        if self.status is None:
            return 0.0
        return self.status.weighed.verdict.risk if self.status.weighed is not None else None

    @property
    def sums(self) -> Sums | None:
        """What was sent in the last day."""
        return self.counts.sums if self.counts is not None else None

    @property
    def waits_for_you(self) -> bool:
        """Whether only an operator moves it on, or something about it failed."""
        status = self.status
        return status is not None and (
            any(wait.what in _WAITS_FOR_YOU for wait in status.waits) or bool(status.failed or status.record.trouble)
        )

    @property
    def on_the_way(self) -> bool:
        """Whether its pause has begun and SES has yet to turn it off."""
        return self.status is not None and any(wait.what is Awaited.PAUSE for wait in self.status.waits)

    @property
    def needs_attention(self) -> bool:
        return self.status is not None and self.status.needs_attention


class ReadCost(NamedTuple):
    """What reading took: calls to DynamoDB, its read request units, and seconds."""

    requests: int = 0
    units: float = 0.0
    seconds: float = 0.0

    def dollars(self, dollars_a_unit: float) -> float:
        return self.units * dollars_a_unit


NOTHING_READ: Final = ReadCost()


@dataclass(frozen=True, slots=True)
class Fleet:
    """All streams, as ``arrange`` orders them; only those that are not healthy where the rest was not asked for.

    sets: streams that there are; None where SES did not list them. dead_letters: messages by queue; None where they
    could not be counted. problems: what could not be read, in words. without_default_set: domains of identities that
    lack a default configuration set, so that mail that names none is counted nowhere. without_volume: streams of whose
    mail no volume is published, so that outcomes cannot be held against any.

    Of several guards (``many.join``), members are those that are shown, and unread says by name why others are not; of
    place, what they do not have in common is "".
    """

    place: GuardPlace
    now: datetime
    rows: tuple[FleetRow, ...]
    sets: int | None = None
    dead_letters: Mapping[str, int] | None = None
    problems: tuple[str, ...] = ()
    without_default_set: tuple[str, ...] = ()
    without_volume: tuple[StreamId, ...] = ()
    reading: ReadCost = NOTHING_READ
    members: tuple[GuardPlace, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def modes(self) -> str:
        """How the guard, or each of several, is told to act: ``enforce``, or ``enforce and observe``."""
        return " and ".join(sorted({each.mode.value for each in self.members or (self.place,)}))

    @property
    def where(self) -> str:
        """Which guard, or how many of how many accounts and regions."""
        if not (self.members or self.unread):
            return f"{self.place.stack}, {self.place.account} {self.place.region}"
        accounts, regions = ({it[which] for it in self.members} for which in (1, 2))
        read = f"{_counted(len(self.members), 'guard')} of {_counted(len(accounts), 'account')}"
        return f"{read}, {_counted(len(regions), 'region')}" + (f"; {len(self.unread)} not read" if self.unread else "")

    @property
    def statuses(self) -> list[StreamStatus]:
        """Of the streams that are not healthy, or for which something is due."""
        return [row.status for row in self.rows if row.status is not None]

    @property
    def counts(self) -> dict[str, int | None]:
        """Streams by state; what is not on record as anything else is healthy."""
        found = Counter(each.record.state.status for each in self.statuses)
        unhealthy = sum(found[each] for each in UNHEALTHY)
        healthy = max(0, self.sets - unhealthy) if self.sets is not None else None
        return {**{each.value: found[each] for each in UNHEALTHY}, Status.HEALTHY.value: healthy}

    @property
    def attention(self) -> bool:
        """Whether somebody has to do something, or it is not known whether."""
        troubled = any(each.needs_attention for each in self.statuses)
        return troubled or bool(self.unread) or self.dead_letters is None or any(self.dead_letters.values())

    @property
    def oldest(self) -> datetime | None:
        """When the oldest counts on show were read."""
        return min((row.counts.at for row in self.rows if row.counts is not None), default=None)

    def row(self, stream: StreamId) -> FleetRow | None:
        return next((row for row in self.rows if row.stream == stream), None)

    def total(self) -> Sums:
        """What all streams together sent in the last day."""
        whole = Sums()
        for row in self.rows:
            whole = whole.plus(row.sums) if row.sums is not None else whole
        return whole


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def arrange(rows: Iterable[FleetRow]) -> tuple[FleetRow, ...]:
    """Order rows: what waits for an operator, pauses on their way, paused, probation, watched by risk; rest by volume.

    Of one kind, whoever is so for longest is first.
    """
    return tuple(sorted(rows, key=_place))


_PLACES: Final = {Status.HELD: 0, Status.PAUSED: 2, Status.PROBATION: 3, Status.WATCHED: 4, Status.HEALTHY: 5}


def _place(row: FleetRow) -> tuple[int, int, float, StreamId]:
    if row.status is None:
        return len(_PLACES), 0, -float(row.sums.volume if row.sums is not None else 0), row.stream
    place = 0 if row.waits_for_you else 1 if row.on_the_way else _PLACES[row.state]
    if row.state is Status.WATCHED:
        return place, 4, -(row.risk or 0.0), row.stream
    since = row.status.record.state.since
    return place, _PLACES[row.state], since.timestamp() if since else 0.0, row.stream
