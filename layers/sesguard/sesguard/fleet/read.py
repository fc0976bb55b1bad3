"""Read the fleet: what needs attention at once, and every stream with what it sent in a day."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from sesguard.errors import SesguardError
from sesguard.fleet.fleet import Fleet, FleetRow, ReadCost, arrange
from sesguard.fleet.hours import HourCounts
from sesguard.fleet.ports import FleetSource
from sesguard.fleet.snapshot import WORTH_A_SNAPSHOT
from sesguard.pausing.record import AlarmNow, QueuedAlarm
from sesguard.pausing.status import StreamStatus, expect_pauses, load_status, load_unhealthy
from sesguard.stream import StreamId

Clock = Callable[[], float]
T = TypeVar("T")

FRESH: Final = timedelta(seconds=20)
"""Counts of this age are not read again."""
COUNTED_AT_ONCE: Final = WORTH_A_SNAPSHOT
"""Streams that are counted directly at one reading: those that need attention, then whose counts are missing or old."""


def read_unhealthy(source: FleetSource, now: datetime) -> Fleet:
    """Read the streams that are not healthy or for which something is due. Raises AwsError where not even that works.

    What else cannot be read is in ``problems``.
    """
    problems = ReadProblems()
    statuses = _expected(source, load_unhealthy(source.deps, source.journal, source.parallel, now), now, problems)
    sets = problems.attempt(source.configuration_sets)
    letters = problems.attempt(source.dead_letters)
    lacking = problems.attempt(source.without_default_set) or ()
    rows = arrange(FleetRow(each.record.stream, each.record.tenant, each) for each in statuses)
    blind = problems.attempt(lambda: _without_volume(source, statuses), "who publishes no volume is not known") or ()
    many = len(sets) if sets is not None else None
    return Fleet(source.place, now, rows, many, letters, tuple(problems.said), tuple(lacking), blind)


def _without_volume(source: FleetSource, statuses: Sequence[StreamStatus]) -> tuple[StreamId, ...]:
    unhealthy = (each.record.stream for each in statuses if each.record.state.volume_told is not None)
    return tuple(sorted({*source.deps.streams.without_volume(), *unhealthy}))


def read_fleet(source: FleetSource, now: datetime, before: Fleet | None = None, clock: Clock = time.monotonic) -> Fleet:
    """Read every stream, those that nobody registered among them. before: an earlier reading, whose counts may serve.

    Raises AwsError where not even the streams that are not healthy can be read.
    """
    began, start = source.reading(), clock()
    fleet, problems = read_unhealthy(source, now), ReadProblems()
    on_record = problems.attempt(source.on_record, "streams on record are not known") or {}
    sets = problems.attempt(source.configuration_sets) or ()
    unhealthy = {row.stream: row for row in fleet.rows}
    home = source.place.home
    streams = sorted({*unhealthy, *on_record, *(home._replace(configuration_set=name) for name in sets)})
    known = {row.stream: row.counts for row in before.rows if row.counts is not None} if before is not None else {}
    counts = _counts(source, streams, unhealthy, known, now, problems)
    rows = arrange(
        replace(unhealthy.get(stream) or FleetRow(stream, on_record.get(stream, "")), counts=counts.get(stream))
        for stream in streams
    )
    said = tuple(dict.fromkeys((*fleet.problems, *problems.said)))
    ended = source.reading()
    took = ReadCost(ended.requests - began.requests, ended.units - began.units, clock() - start)
    return replace(fleet, rows=rows, problems=said, sets=len(streams) if sets else fleet.sets, reading=took)


def _counts(
    source: FleetSource,
    streams: Sequence[StreamId],
    first: Mapping[StreamId, FleetRow],
    known: Mapping[StreamId, HourCounts],
    now: datetime,
    problems: ReadProblems,
) -> dict[StreamId, HourCounts]:
    """What each stream sent: as is known, from the snapshot where that is newer, and of the most urgent directly."""
    found = dict(known)
    snapshot: Mapping[StreamId, HourCounts] = {}
    if len(streams) > WORTH_A_SNAPSHOT:
        snapshot = problems.attempt(source.snapshot, "the sweep's counts are not known") or {}
    for stream, counts in snapshot.items():
        if stream not in found or found[stream].at < counts.at:
            found[stream] = counts
    stale = [stream for stream in streams if stream not in found or now - found[stream].at > FRESH]
    stale.sort(key=lambda it: (it not in first, found[it].at.timestamp() if it in found else 0.0))
    direct = problems.attempt(lambda: source.count(stale[:COUNTED_AT_ONCE], now), "counts are not known")
    return found | dict(direct or {})


def _expected(
    source: FleetSource, statuses: list[StreamStatus], now: datetime, problems: ReadProblems
) -> list[StreamStatus]:
    """Say which streams are on their way to a pause; where that cannot be read, say so."""
    queue: Sequence[QueuedAlarm] = ()
    alarms: Mapping[StreamId, AlarmNow] = {}
    try:
        queue = source.queued_alarms()
        known = {each.record.stream for each in statuses}
        pauses = (each.stream for each in queue if each.turns_off)
        missing = [stream for stream in dict.fromkeys(pauses) if stream not in known]
        statuses = [*statuses, *(load_status(source.deps, source.journal, stream, now) for stream in missing)]
        alarms = source.alarms.now(each.record.stream for each in statuses if not each.record.state.off)
    except SesguardError as error:
        problems.said.append(f"which streams are on their way to a pause is not known: {error}")
    return expect_pauses(statuses, alarms, queue)


class ReadProblems:
    """What could not be read, in words; the rest is shown all the same."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def attempt(self, read: Callable[[], T], what: str = "") -> T | None:
        """What ``read`` returns; None where it fails, and why is noted."""
        try:
            return read()
        except SesguardError as error:
            self.said.append(f"{what}: {error}" if what else str(error))
            return None
