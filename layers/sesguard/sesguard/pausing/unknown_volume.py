"""Tell people once of a stream whose mail bounces or brings complaints without its volume being published."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Event, operator_notice
from sesguard.detection.look import look_at
from sesguard.detection.ports import Counts
from sesguard.detection.volume import Unknown
from sesguard.errors import SesguardError
from sesguard.pausing.outbox import complete_announcements
from sesguard.pausing.ports import Bus, Streams
from sesguard.pausing.record import StreamRecord

_log = logging.getLogger(__name__)


class _Deps(Protocol):
    @property
    def streams(self) -> Streams: ...

    @property
    def bus(self) -> Bus: ...


class _LookDeps(_Deps, Protocol):
    @property
    def counts(self) -> Counts: ...


def tell_unknown_volume(deps: _Deps, record: StreamRecord, unknown: Unknown | None, now: datetime) -> StreamRecord:
    """Announce it and keep on record that it was; the record as it is then. Raises nothing: the next look tells too."""
    if unknown is None or not unknown.to_be_told or record.state.volume_told is not None:
        return record
    event = _notice(record, unknown, now)
    told = replace(record, state=replace_state(record.state, volume_told=now), announce=(*record.announce, event))
    try:
        return complete_announcements(deps, deps.streams.save(told), now)
    except SesguardError as error:
        _log.warning("stream %s: that its volume is unknown was not told: %s", record.stream, error)
        return record


def look_again(deps: _LookDeps, record: StreamRecord, now: datetime) -> bool:
    """Whether volume is still unknown of a stream of which people were told so; else forget that they were.

    Raises AwsError or ConflictError.
    """
    _, verdict = look_at(deps.counts, record.stream, now, record.state.counted_from, record.policy, record.limits)
    if verdict.unknown is not None and verdict.unknown.to_be_told:
        return True
    deps.streams.save(replace(record, state=replace_state(record.state, volume_told=None)))
    return False


def _notice(record: StreamRecord, unknown: Unknown, now: datetime) -> Event:
    name = record.stream.configuration_set
    whose = f" of tenant {record.tenant}" if record.tenant else ""
    outcomes = f"{unknown.bounces:,} hard bounces and {unknown.complaints:,} complaints"
    if unknown.publishes:
        since = datetime.fromtimestamp(unknown.first * 60, UTC).strftime("%Y-%m-%d %H:%M UTC")
        subject = f"Send events of {name} are missing"
        text = (
            f"Configuration set {name}{whose} does publish Send or Delivery events, but since {since} {outcomes} came "
            "in of mail of which there was none. They are weighed by what the set sent before. Look at its event "
            "destination, and at what became of its events."
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
