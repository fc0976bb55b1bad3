"""How a stream stands, for people: its record, what it waits for, why it is where it is, and its risk now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR
from sesguard.errors import SesguardError
from sesguard.pausing.decision import Reason
from sesguard.pausing.enforce import Weighed, weigh_now
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import JournalReader, Parallel
from sesguard.pausing.record import AlarmNow, QueuedAlarm, StreamRecord
from sesguard.pausing.state import Origin, Status, next_look
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

TAIL: Final = 25
"""Entries of the journal within which the last decision is looked for: one decision makes a handful."""
PAUSES_AT: Final = 1.0
"""Risk that is enough to pause."""
_OF_THE_WAIT: Final = frozenset({Reason.ACKNOWLEDGED, Reason.NOT_ACKNOWLEDGED})


class Awaited(StrEnum):
    """What a stream that is not healthy waits for."""

    COOL_DOWN = "cool_down"
    ACKNOWLEDGEMENT = "acknowledgement"
    ALARM = "alarm"  # its OK resumes; the sweep sees to it
    OPERATOR = "operator"
    BACKLOG = "backlog"  # an operator's word on its pause, for which there was no room
    OUTSIDE = "outside"  # whoever turned it off outside the guard
    AWS = "aws"
    PROBATION = "probation"
    CALM = "calm"
    RECORDS = "records"  # the DNS records of a domain
    PAUSE = "pause"  # its own: its alarm is up, and enforce has yet to act upon it


class Wait(NamedTuple):
    """One thing that is waited for, and until when at least, where that is known.

    place: of a pause, its place in the queue of those that wait for SES, from 1; None where it is not in it yet.
    """

    what: Awaited
    until: datetime | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """A stream now.

    decision: the journal's latest entry that says what led to this state; None where it is not on record any more.
    weighed: its evidence now; None where it could not be read, and then ``failed`` says why.
    """

    record: StreamRecord
    waits: tuple[Wait, ...]
    decision: JournalEntry | None = None
    weighed: Weighed | None = None
    failed: str = ""

    @property
    def undelivered(self) -> bool:
        """Whether something was decided that SES or the bus has not taken yet."""
        return bool(self.record.switch_due or self.record.announce)

    @property
    def needs_attention(self) -> bool:
        record = self.record
        waits = record.backlog is not None or any(wait.what is Awaited.PAUSE for wait in self.waits)
        return record.state.off or waits or self.undelivered or self.failed != ""


class MailSums(NamedTuple):
    """What became of the mail sent from ``since`` on; bounces after forgiving clumps."""

    since: datetime
    volume: int
    bounces: int
    complaints: int


def load_status(deps: PausingDeps, journal: JournalReader, stream: StreamId, now: datetime) -> StreamStatus:
    """See how one stream stands. Raises AwsError where not even its record can be read."""
    record = deps.streams.load(stream)
    waits = waits_for(record, now)
    try:
        decision = latest_decision(journal.last(stream, TAIL))
        return StreamStatus(record, waits, decision, weigh_now(deps, record, now))
    except SesguardError as error:
        return StreamStatus(record, waits, failed=str(error))


def load_unhealthy(deps: PausingDeps, journal: JournalReader, parallel: Parallel, now: datetime) -> list[StreamStatus]:
    """See how every stream stands that is not healthy or for which something is due, the worst first.

    Raises AwsError where the list of them or a record cannot be read.
    """
    found: dict[StreamId, StreamStatus] = {}

    def look(stream: StreamId) -> None:
        found[stream] = load_status(deps, journal, stream, now)

    parallel.each(look, sorted(deps.streams.not_healthy()))
    return sorted(found.values(), key=_worst_first)


def expect_pauses(
    statuses: Iterable[StreamStatus], alarms: Mapping[StreamId, AlarmNow], queue: Sequence[QueuedAlarm]
) -> list[StreamStatus]:
    """Say of each stream whose alarm is up that it waits for its own pause, with its place in the queue.

    queue: alarms that wait for SES, the first first. An alarm that nothing bears out any more pauses nobody.
    """
    pauses = (each.stream for each in queue if each.turns_off)
    places = {stream: place for place, stream in enumerate(dict.fromkeys(pauses), 1)}
    return [_expecting(each, alarms.get(each.record.stream), places.get(each.record.stream)) for each in statuses]


def _expecting(status: StreamStatus, alarm: AlarmNow | None, place: int | None) -> StreamStatus:
    record = status.record
    if record.state.off or record.waiting is not None:
        return status
    borne_out = status.weighed is None or status.weighed.verdict.risk >= PAUSES_AT
    up = alarm is not None and alarm.value is AlarmValue.ALARM and borne_out
    return replace(status, waits=(Wait(Awaited.PAUSE, place=place),)) if up or place is not None else status


def waits_for(record: StreamRecord, now: datetime) -> tuple[Wait, ...]:
    """Say what the stream waits for, by its state; nothing where it is healthy."""
    state = record.state
    if record.backlog is not None:
        return (Wait(Awaited.BACKLOG),)
    match state.status:
        case Status.HELD:
            return (Wait(Awaited.OPERATOR),)
        case Status.PAUSED if state.origin is Origin.AWS:
            return (Wait(Awaited.AWS),)
        case Status.PAUSED if state.origin is not Origin.GUARD:
            return (Wait(Awaited.OUTSIDE),)
        case Status.PAUSED:
            word = (Wait(Awaited.ACKNOWLEDGEMENT),) if state.acknowledge else ()
            until = state.cool_down_until
            cooling = (Wait(Awaited.COOL_DOWN, until),) if until is not None and now < until else ()
            return (*word, *cooling) or (Wait(Awaited.ALARM),)
        case Status.PROBATION:
            return (Wait(Awaited.PROBATION, next_look(state, record.policy)),)
        case Status.WATCHED if state.for_domain:
            return (Wait(Awaited.RECORDS),)
        case Status.WATCHED:
            return (Wait(Awaited.CALM, next_look(state, record.policy)),)
    return ()


def latest_decision(entries: Iterable[JournalEntry]) -> JournalEntry | None:
    """The newest of ``entries`` (oldest first) that led to a state; the owner's word and its want lead to none."""
    newest_first = reversed(list(entries))
    return next((it for it in newest_first if it.to and it.reason not in _OF_THE_WAIT), None)


def latest_verdict(entries: Iterable[JournalEntry]) -> JournalEntry | None:
    """The newest of ``entries`` (oldest first) that has weighed evidence with it: an operator's word has none."""
    return next((it for it in reversed(list(entries)) if "risk" in (it.evidence or {})), None)


def sums(history: History, now: int) -> dict[str, MailSums]:
    """Sum up at epoch minute ``now`` the last hour, 24 hours from the full hour, 7 and 31 UTC days, today included."""
    rows = history.rows(now)
    starts = {
        "hour": now - HOUR + 1,
        "day": now // HOUR * HOUR - 23 * HOUR,
        "week": now // DAY * DAY - 6 * DAY,
        "month": now // DAY * DAY - 30 * DAY,
    }
    return {name: _sum(start, (row[1:4] for row in rows if row[0] >= start)) for name, start in starts.items()}


def _sum(start: int, counts: Iterable[tuple[float, float, int]]) -> MailSums:
    columns = list(zip(*counts, strict=True)) or [(0,), (0,), (0,)]
    volume, bounces, complaints = (round(sum(column)) for column in columns)
    return MailSums(datetime.fromtimestamp(start * 60, UTC), volume, bounces, complaints)


_ORDER: Final = (Status.HELD, Status.PAUSED, Status.PROBATION, Status.WATCHED, Status.HEALTHY)


def _worst_first(load_status: StreamStatus) -> tuple[int, float, StreamId]:
    state = load_status.record.state
    return _ORDER.index(state.status), state.since.timestamp() if state.since else 0.0, load_status.record.stream
