"""Follow what SES says of a tenant: ask SES how it stands, record it, tell people, and undo nothing of SES's.

What this account did itself comes back as an event as well. It is asked about like any other, and differs from nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sesguard.bus.events import Event, iso, operator_notice
from sesguard.errors import AwsError, SesguardError
from sesguard.pausing.journal import FindingEntry, head_of
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import TenantStreams
from sesguard.pausing.reconcile import reconcile
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.saving import until_saved
from sesguard.signals.ses_status_event import Said, SesStatusEvent
from sesguard.stream import StreamId

_FINDINGS: Final = {Said.FOUND: "SES has a finding on tenant", Said.RESOLVED: "SES has closed a finding on tenant"}
_MOST_NAMED: Final = 20

_log = logging.getLogger(__name__)


def follow_ses_status(
    deps: PausingDeps, tenant_streams: TenantStreams, event: SesStatusEvent, now: datetime
) -> list[StreamId]:
    """Act on ``event``; returns the streams whose record it changed. Raises AwsError or ConflictError.

    Only streams that are turned by the tenant stand or fall with it; of others the operator is told. Whatever SES
    answers about the tenant's streams, the event is told and on record; what time can heal comes again after that.
    """
    home = StreamId(event.account, event.region, "")
    try:
        streams = tenant_streams.streams_of(home, event.name)
    except AwsError as error:
        _note(deps, home, event, now)
        deps.bus.publish([_streams_not_read(event, error, now)])
        if error.retryable:
            raise
        return []
    if event.said in _FINDINGS:
        deps.bus.publish([_finding(event, streams, now)])
        tried = [_try(partial(_note, deps, stream, event, now)) for stream in streams]
        failures = [it for it in tried if it is not None]
        return _unless(failures, [])
    changed: list[StreamId] = []
    followers = 0
    failures = []
    for stream in streams:
        # One that cannot be read or compared stops no other.
        try:
            record = deps.streams.load(stream)
            if record.target.tenant_arn == event.arn:
                followers += 1
                if _follow(deps, record, now):
                    changed.append(stream)
        except SesguardError as error:
            _log.warning("stream %s: %s", stream, error)
            failures.append(error)
    if event.by_aws and not followers:
        deps.bus.publish([_nobody_follows(event, streams, now)])
    return _unless(failures, changed)


def _try(work: Callable[[], None]) -> SesguardError | None:
    try:
        work()
    except SesguardError as error:
        _log.warning("status event of SES: %s", error)
        return error
    return None


def _unless(failures: Sequence[SesguardError], changed: list[StreamId]) -> list[StreamId]:
    """Return ``changed``, or raise the first failure that time can heal."""
    for failure in failures:
        if failure.retryable:
            raise failure
    return changed


def _follow(deps: PausingDeps, record: StreamRecord, now: datetime) -> bool:
    """Compare the stream with SES, again from the start if another writer was first."""
    last: StreamRecord | None = record

    def once() -> bool:
        nonlocal last
        current, last = last or deps.streams.load(record.stream), None
        return reconcile(deps, current, now) is not None

    return until_saved(once)


def _note(deps: PausingDeps, stream: StreamId, event: SesStatusEvent, now: datetime) -> None:
    """Put a finding into the stream's journal, of the incident that is going on if there is one."""
    record = deps.streams.load(stream)
    if record.known or not stream.attributed:
        entry = FindingEntry(
            *head_of(FindingEntry, record, now),
            tenant_arn=event.arn,
            finding=event.said.value,
            impact=event.impact,
            type=event.kind,
            text=event.text,
        )
        deps.streams.save(record, (entry,))


def _finding(event: SesStatusEvent, streams: Sequence[StreamId], now: datetime) -> Event:
    subject = f"{_FINDINGS[event.said]} {event.name}"
    about = " ".join(part for part in (event.impact, event.kind) if part)
    text = f"{subject}{f' ({about})' if about else ''}: {event.text or 'no words'}\n{_named(streams)}"
    return operator_notice(subject, text, _key(event), now)


def _streams_not_read(event: SesStatusEvent, error: AwsError, now: datetime) -> Event:
    subject = f"SES says of tenant {event.name}: {event.said.value}"
    text = (
        f"{subject}: {event.text or 'no words'}\nIts configuration sets could not be read ({error}), so that none of "
        "them was compared with this. Their records follow with the next comparison; look at the tenant in SES."
    )
    return operator_notice(subject, text, _key(event), now)


def _nobody_follows(event: SesStatusEvent, streams: Sequence[StreamId], now: datetime) -> Event:
    stopped = event.said is Said.DISABLED
    subject = f"SES has {'stopped' if stopped else 'let go'} tenant {event.name}"
    text = (
        f"{subject} by its own verdict: {event.text or 'no words'}\n{_named(streams)}\n"
        "None of them is turned by this tenant, so the guard's records stay as they are. The guard never undoes what "
        "SES decides."
    )
    return operator_notice(subject, text, _key(event), now)


def _named(streams: Sequence[StreamId]) -> str:
    names = ", ".join(stream.configuration_set for stream in streams[:_MOST_NAMED])
    more = f" and {len(streams) - _MOST_NAMED} more" if len(streams) > _MOST_NAMED else ""
    return f"Its configuration sets: {names or 'none'}{more}."


def _key(event: SesStatusEvent) -> str:
    return f"verdict/{event.arn}/{event.said}/{event.kind}/{iso(event.at)}"
