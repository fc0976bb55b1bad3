"""Heed what SES says about a tenant: ask SES how it stands, record it, tell people, and undo nothing of SES's.

What this account did itself comes back as an event as well. It is asked about like any other, and differs from nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sesguard.bus.events import Event, iso, operator_notice
from sesguard.errors import ConflictError
from sesguard.pausing.intent import journal_entry
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import TenantStreams
from sesguard.pausing.reconcile import reconcile
from sesguard.pausing.record import StreamRecord
from sesguard.signals.ses_status_event import Said, SesStatusEvent
from sesguard.stream import StreamId

ATTEMPTS: Final = 5
_FINDINGS: Final = {Said.FOUND: "SES has a finding on tenant", Said.RESOLVED: "SES has closed a finding on tenant"}
_MOST_NAMED: Final = 20


def follow_ses_status(
    deps: PausingDeps, tenant_streams: TenantStreams, verdict: SesStatusEvent, now: datetime
) -> list[StreamId]:
    """Act on ``verdict``; returns the streams whose record it changed. Raises AwsError or ConflictError.

    Only streams that are turned by the tenant stand or fall with it; of others the operator is told.
    """
    streams = tenant_streams.streams_of(StreamId(verdict.account, verdict.region, ""), verdict.name)
    if verdict.said in _FINDINGS:
        for stream in streams:
            _note(deps, stream, verdict, now)
        deps.bus.publish([_finding(verdict, streams, now)])
        return []
    records = [deps.streams.load(stream) for stream in streams]
    followers = [record for record in records if record.means.tenant_arn == verdict.arn]
    changed = [record.stream for record in followers if _follow(deps, record, now)]
    if verdict.by_aws and not followers:
        deps.bus.publish([_nobody_follows(verdict, streams, now)])
    return changed


def _follow(deps: PausingDeps, record: StreamRecord, now: datetime) -> bool:
    """Compare the stream with SES, again from the start if another writer was first."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return reconcile(deps, record, now) is not None
        except ConflictError:
            if attempt == ATTEMPTS:
                raise
            record = deps.streams.load(record.stream)
    raise AssertionError("unreachable")


def _note(deps: PausingDeps, stream: StreamId, verdict: SesStatusEvent, now: datetime) -> None:
    """Put a finding into the stream's journal, of the incident that is going on if there is one."""
    record = deps.streams.load(stream)
    if record.known:
        fields = {"finding": verdict.said.value, "impact": verdict.impact, "type": verdict.kind, "text": verdict.text}
        deps.streams.save(record, (journal_entry(record, "finding", now, tenant_arn=verdict.arn, **fields),))


def _finding(verdict: SesStatusEvent, streams: Sequence[StreamId], now: datetime) -> Event:
    subject = f"{_FINDINGS[verdict.said]} {verdict.name}"
    about = " ".join(part for part in (verdict.impact, verdict.kind) if part)
    text = f"{subject}{f' ({about})' if about else ''}: {verdict.text or 'no words'}\n{_named(streams)}"
    return operator_notice(subject, text, _key(verdict), now)


def _nobody_follows(verdict: SesStatusEvent, streams: Sequence[StreamId], now: datetime) -> Event:
    stopped = verdict.said is Said.DISABLED
    subject = f"SES has {'stopped' if stopped else 'let go'} tenant {verdict.name}"
    text = (
        f"{subject} by its own verdict: {verdict.text or 'no words'}\n{_named(streams)}\n"
        "None of them is turned by this tenant, so the guard's records stay as they are. The guard never undoes what "
        "SES decides."
    )
    return operator_notice(subject, text, _key(verdict), now)


def _named(streams: Sequence[StreamId]) -> str:
    names = ", ".join(stream.configuration_set for stream in streams[:_MOST_NAMED])
    more = f" and {len(streams) - _MOST_NAMED} more" if len(streams) > _MOST_NAMED else ""
    return f"Its configuration sets: {names or 'none'}{more}."


def _key(verdict: SesStatusEvent) -> str:
    return f"verdict/{verdict.arn}/{verdict.said}/{verdict.kind}/{iso(verdict.at)}"
