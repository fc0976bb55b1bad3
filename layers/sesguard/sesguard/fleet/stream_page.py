"""Everything on record about one stream, and what its last decision rested on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sesguard.detection.history import History
from sesguard.detection.ports import Counts
from sesguard.fleet.ports import StreamSource
from sesguard.fleet.series import WIDTHS, BucketWidth, MailBucket, RiskPoint, recent_months, risks, series
from sesguard.fleet.what_if import WhatIf, what_if
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.enforce import evidence_of, weigh_now
from sesguard.pausing.incidents import Incident, incidents
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import JournalReader
from sesguard.pausing.record import AlarmNow, Sending, StreamRecord
from sesguard.pausing.status import MailSums, StreamStatus, latest_decision, latest_verdict, load_status, sums
from sesguard.pausing.tenant_standing import TenantStanding
from sesguard.policy import Policy
from sesguard.posture.changes import PostureRecord
from sesguard.stream import StreamId

JOURNAL: Final = 12
"""Entries that are shown."""
MOST_NAMED: Final = 8
"""Receiving domains or codes that are shown."""


@dataclass(frozen=True, slots=True)
class StreamPage:
    """All of a stream. overrides: names of the policy's fields that are not as the default."""

    status: StreamStatus
    sending: Sending
    alarm_name: str
    alarm: AlarmNow | None
    tenant: TenantContacts | None
    overrides: frozenset[str]
    counts: Mapping[str, MailSums]
    journal: Sequence[JournalEntry]
    domains: Sequence[PostureRecord]
    now: datetime


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """A stream's last decision and the last that rested on evidence, as they are on record, and its evidence now.

    domains: how its identities stood when posture last looked at them. together: how its tenant's streams stood when
    they were weighed together last; None where they never were, or it has but one.
    """

    record: StreamRecord
    last: JournalEntry | None
    weighed: JournalEntry | None
    now: Mapping[str, Any]
    domains: Sequence[PostureRecord]
    together: TenantStanding | None = None


def read_stream(source: StreamSource, stream: StreamId, now: datetime) -> StreamPage:
    """Read all of a stream. Raises AwsError."""
    return _read_stream(source, source.deps, source.journal, stream, now)


def _read_stream(
    source: StreamSource, deps: PausingDeps, journal: JournalReader, stream: StreamId, now: datetime
) -> StreamPage:
    status = load_status(deps, journal, stream, now)
    record = status.record
    history = deps.counts.history(stream, now, None, record.policy)
    return StreamPage(
        status,
        deps.switch.look(stream, record.target),
        source.alarms.name(stream),
        source.alarms.now([stream]).get(stream),
        source.tenants.find(record.tenant) or TenantContacts(record.tenant) if record.tenant else None,
        overrides(record.policy, source.policy),
        sums(history, int(now.timestamp() // 60)),
        journal.last(stream, JOURNAL),
        source.domains(record.tenant, stream),
        now,
    )


def read_evidence(source: StreamSource, stream: StreamId, now: datetime) -> EvidencePage:
    """Read what a stream's decisions rested on, and weigh it now. Raises AwsError."""
    record = source.deps.streams.load(stream)
    return _read_evidence(source, source.deps, source.journal, record, now)


def _read_evidence(
    source: StreamSource, deps: PausingDeps, journal: JournalReader, record: StreamRecord, now: datetime
) -> EvidencePage:
    stream = record.stream
    entries = journal.of(stream)
    evidence = evidence_of(weigh_now(deps, record, now))
    domains = source.domains(record.tenant, stream)
    together = source.together(record.tenant)
    if together is not None and together.alone:
        together = None
    return EvidencePage(record, latest_decision(entries), latest_verdict(entries), evidence, domains, together)


class NamedOutcomes(NamedTuple):
    """Bad outcomes by name, the most first, and how many there are of which a name is known."""

    what: str
    counts: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True, slots=True)
class StreamDetail:
    """A stream with its evidence, its mail and risk over time, and its incidents, the newest first.

    worst: receiving domains and codes of what is known by name. unknown: nothing is known of such a stream: neither
    SES nor the guard nor the registry has it, and no mail of it was counted.
    """

    page: StreamPage
    evidence: EvidencePage
    history: Mapping[BucketWidth, Sequence[MailBucket]]
    risks: Mapping[BucketWidth, Sequence[RiskPoint]]
    worst: Sequence[NamedOutcomes]
    incidents: Sequence[Incident]
    unknown: bool = False


def read_detail(source: StreamSource, stream: StreamId, now: datetime) -> StreamDetail:
    """Read all that there is of a stream. Raises AwsError."""
    deps, entries = replace(source.deps, counts=CountsOnce(source.deps.counts)), JournalOnce(source.journal)
    page = _read_stream(source, deps, entries, stream, now)
    record = page.status.record
    evidence = _read_evidence(source, deps, entries, record, now)
    history = deps.counts.history(stream, now, None, record.policy)
    minute = int(now.timestamp() // 60)
    journal = entries.of(stream)
    buckets = {step: series(history, minute, step) for step in WIDTHS}
    months = recent_months(source, stream, now)
    counted = any(bucket.mails or bucket.bounces for bucket in (*buckets[BucketWidth.DAY], *months))
    return StreamDetail(
        page,
        evidence,
        {**buckets, BucketWidth.MONTH: months},
        {step: risks(history, record.policy, journal, minute, step) for step in WIDTHS},
        _worst(history),
        incidents(journal)[::-1],
        unknown=page.sending is Sending.UNKNOWN_SET and not (record.known or counted or journal),
    )


def read_what_if(source: StreamSource, stream: StreamId, policy: Policy, now: datetime) -> WhatIf:
    """Replay what is kept of a stream under ``policy``. Raises AwsError."""
    own = source.deps.streams.load(stream).policy
    history = source.deps.counts.history(stream, now, None, own)
    return what_if(history, policy, int(now.timestamp() // 60))


def _worst(history: History) -> list[NamedOutcomes]:
    named = (
        ("bounces at", history.bounce_domains),
        ("bounces with", history.codes),
        ("complaints from", history.complaint_domains),
    )
    found = []
    for what, breakdown in named:
        totals = {name: count for name, count in breakdown.totals(0).items() if name}
        found.append(NamedOutcomes(what, tuple(totals.items())[:MOST_NAMED], sum(totals.values())))
    return found


def overrides(policy: Policy, default: Policy) -> frozenset[str]:
    """The names of what is not as the default."""
    names = (each.name for each in fields(Policy))
    return frozenset(name for name in names if getattr(policy, name) != getattr(default, name))


class CountsOnce:
    """The port ``Counts``, for one moment: a history that was read is given again."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._read: dict[tuple[StreamId, datetime | None, bool], History] = {}

    def history(
        self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy, *, names: bool = True
    ) -> History:
        key = stream, since, names
        if key not in self._read:
            self._read[key] = self._counts.history(stream, now, since, policy, names=names)
        return self._read[key]

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        return self._counts.tenants_mail(stream, tenant, now)


class JournalOnce:
    """The port ``JournalReader``: the entries of a stream are read whole, and once."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._read: dict[StreamId, Sequence[JournalEntry]] = {}

    def of(self, stream: StreamId) -> Sequence[JournalEntry]:
        if stream not in self._read:
            self._read[stream] = self._journal.of(stream)
        return self._read[stream]

    def last(self, stream: StreamId, most: int) -> Sequence[JournalEntry]:
        return self.of(stream)[-most:]

    def all(self) -> Iterable[JournalEntry]:
        return self._journal.all()
