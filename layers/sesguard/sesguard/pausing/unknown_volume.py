"""Outcomes without volume: it is waited for where it may be on its way, and people are told once where it is not."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Event, operator_notice
from sesguard.detection.look import look_at
from sesguard.detection.ports import Counts
from sesguard.detection.rows import HOUR
from sesguard.detection.volume import Unknown
from sesguard.errors import SesguardError
from sesguard.pausing.outbox import complete_announcements
from sesguard.pausing.ports import Bus, Streams
from sesguard.pausing.record import StreamRecord

_log = logging.getLogger(__name__)

WAITED_FOR: Final = timedelta(minutes=10)
"""How long volume is waited for: a message that failed is tried again within seven minutes (SesEventsQueue)."""
RECENT_MINUTES: Final = 2 * HOUR
"""How old mail may be whose volume is still waited for; of older mail it is not on its way."""


class _Deps(Protocol):
    @property
    def streams(self) -> Streams: ...

    @property
    def bus(self) -> Bus: ...


class _LookDeps(_Deps, Protocol):
    @property
    def counts(self) -> Counts: ...


def note_unknown_volume(deps: _Deps, record: StreamRecord, unknown: Unknown | None, now: datetime) -> StreamRecord:
    """Note that outcomes have no volume, as a look found: tell people, or wait for it; the record as it is then.

    A bounce may overtake the Send event of its mail, and volume that arrives later is no reason to look at a stream.
    So the sweep looks every minute meanwhile (``end_wait_for_volume``).
    Raises AwsError or ConflictError where that cannot be put on record: the outcomes have to come again.
    """
    if unknown is None:
        return record
    if unknown.publishes:
        record = _tell(deps, record, unknown, now)
    known = record.state.volume_missing is not None or (record.state.volume_told is not None and not unknown.publishes)
    if known or int(now.timestamp()) // 60 - unknown.last > RECENT_MINUTES:
        return record
    return deps.streams.save(replace(record, state=replace_state(record.state, volume_missing=now)))


def end_wait_for_volume(deps: _Deps, record: StreamRecord, unknown: Unknown | None, now: datetime) -> StreamRecord:
    """End the waiting for volume where it has come, or long enough: then people are told. The record as it is then.

    Raises AwsError or ConflictError.
    """
    since = record.state.volume_missing
    if since is None or (unknown is not None and now - since < WAITED_FOR):
        return record
    ended = deps.streams.save(replace(record, state=replace_state(record.state, volume_missing=None)))
    return _tell(deps, ended, unknown, now)


def look_again(deps: _LookDeps, record: StreamRecord, now: datetime) -> bool:
    """Whether volume is still unknown of a stream of which people were told so; else forget that they were.

    Then the sweep looks at it once more, as it may have come with nothing after it.
    Raises AwsError or ConflictError.
    """
    _, verdict = look_at(deps.counts, record.stream, now, record.state.counted_from, record.policy, record.limits)
    if verdict.unknown is not None and verdict.unknown.to_be_told:
        return True
    deps.streams.save(replace(record, state=replace_state(record.state, volume_told=None, volume_missing=now)))
    return False


def _tell(deps: _Deps, record: StreamRecord, unknown: Unknown | None, now: datetime) -> StreamRecord:
    """Announce it once and keep on record that it was. Raises nothing: the next look tells too."""
    if unknown is None or not unknown.to_be_told or record.state.volume_told is not None:
        return record
    event = _notice(record, unknown, now)
    told = replace(record, state=replace_state(record.state, volume_told=now), announce=(*record.announce, event))
    try:
        return complete_announcements(deps, deps.streams.save(told), now)
    except SesguardError as error:
        _log.warning("stream %s: that its volume is unknown was not told: %s", record.stream, error)
        return record


def _notice(record: StreamRecord, unknown: Unknown, now: datetime) -> Event:
    name = record.stream.configuration_set
    whose = f" of tenant {record.tenant}" if record.tenant else ""
    outcomes = f"{unknown.bounces:,} hard bounces and {unknown.complaints:,} complaints"
    if unknown.publishes:
        since = datetime.fromtimestamp(unknown.first * 60, UTC).strftime("%Y-%m-%d %H:%M UTC")
        subject = f"Send events of {name} are missing"
        text = (
            f"Configuration set {name}{whose} does publish Send or Delivery events, but since {since} {outcomes} came "
            "in of mail of which there was none. They are weighed by what the set sent on whole days before, if there "
            "were any. Look at its event destination, and at what became of its events."
        )
    else:
        subject = f"{name} publishes no volume"
        text = (
            f"Configuration set {name}{whose} publishes bounces or complaints, but neither Send nor Delivery events: "
            f"{outcomes} of its mail can be held against no volume, so they do not weigh, and it cannot be paused for "
            "a rate. Let its event destination publish Send events too."
        )
    return operator_notice(
        subject, text, f"unknown volume {record.stream} {now.isoformat()}", now, record.stream, record.tenant
    )
