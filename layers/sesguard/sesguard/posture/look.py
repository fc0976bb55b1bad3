"""Looks at domains: all of them daily, some at once, and those of a stream whose mail is refused.

Every message can come again: what was seen twice is seen once, and an event has the id of what it tells. A look that a
crash interrupts comes back as its own message of at most CHUNK identities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Final, NamedTuple

import msgspec

from sesguard.bus.details import Transition
from sesguard.errors import ConflictError
from sesguard.posture.announce import DomainsOf, change_event, refused_event
from sesguard.posture.assess import DomainAssessment, assess
from sesguard.posture.changes import ConfirmationRule, PostureChange, PostureRecord, aspects_of, compare
from sesguard.posture.domain_name import DomainNameError, domain_name
from sesguard.posture.facts import read_facts
from sesguard.posture.identity import SesIdentity
from sesguard.posture.messages import LookRequest, read_request
from sesguard.posture.owner import IdentityOwner
from sesguard.posture.ports import (
    IdentityOwners,
    IdentityReader,
    LookQueue,
    PostureBus,
    PostureStore,
    RefusalReports,
    Resolver,
)
from sesguard.stream import StreamId

CHUNK: Final = 50
"""Identities of one message: 50 seconds of SES's one call a second, where it is asked for all of them."""
SES_EVERY: Final = timedelta(days=7)
SES_AGAIN: Final = timedelta(minutes=5)
"""What SES said so lately is not asked again: a message that came back goes on where it was."""
BUSY_SECONDS: Final = 60
"""Until somebody else has done with SES."""
PATIENCE_SECONDS: Final = 60.0
"""To wait for SES's one control call a second where mail is being refused."""
MOST_OF_A_STREAM: Final = 20
"""Identities that are looked at at once where a stream's mail is refused."""
NOBODY: Final = IdentityOwner("", ())


class NamedResolver(NamedTuple):
    """A resolver, and what it is called on record. fresh: the same without a memory."""

    name: str
    resolver: Resolver
    fresh: Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class LookDeps:
    """What looking needs. resolvers: the first asks daily, the next confirm. threads: identities at a time."""

    account: str
    region: str
    identities: IdentityReader
    owners: IdentityOwners
    store: PostureStore
    queue: LookQueue
    bus: PostureBus
    refusals: RefusalReports
    resolvers: Sequence[NamedResolver]
    rule: ConfirmationRule
    threads: int = 20


@dataclass(slots=True)
class LookReport:
    """What became of a message, for the log. unusable: identities whose name is no domain."""

    looked_at: int = 0
    changes: int = 0
    pending: int = 0
    requested: int = 0
    refused: int = 0
    unusable: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


class _Seen(NamedTuple):
    record: PostureRecord
    assessment: DomainAssessment


def look(deps: LookDeps, body: str, now: datetime) -> LookReport:
    """Do what one message of PostureQueue asks for. Raises AwsError, UnreadableRequestError or ConflictError."""
    asked = read_request(body)
    if isinstance(asked, Transition):
        return _look_at_refused(deps, asked, now)
    if asked.all:
        return _divide(deps, now)
    return _look_at(deps, asked, now)


def _divide(deps: LookDeps, now: datetime) -> LookReport:
    """Make a message for each CHUNK of all identities: those of SES and those that the registry names."""
    names = sorted({*deps.identities.names(), *deps.owners.all()})
    known = deps.store.load(names)
    stale = [name for name in names if _is_stale(known.get(name), now)]
    fresh = [name for name in names if not _is_stale(known.get(name), now)]
    requests = [*_requests(fresh, refresh=False), *_requests(stale, refresh=True)]
    for request in requests:
        deps.queue.send(request)
    return LookReport(requested=len(requests))


def _requests(names: Sequence[str], *, refresh: bool) -> Iterable[LookRequest]:
    for start in range(0, len(names), CHUNK):
        yield LookRequest(names=tuple(names[start : start + CHUNK]), refresh=refresh)


def _is_stale(record: PostureRecord | None, now: datetime) -> bool:
    return record is None or record.ses_at is None or now - record.ses_at >= SES_EVERY


def _look_at(deps: LookDeps, request: LookRequest, now: datetime) -> LookReport:
    report = LookReport()
    if request.refresh and not deps.identities.begin():
        deps.queue.send(msgspec.structs.replace(request, after_seconds=BUSY_SECONDS))
        return LookReport(requested=1)
    owners = cache(deps.owners.all)  # reads the whole registry, and hardly any look finds a change
    resolver = deps.resolvers[request.resolver % len(deps.resolvers)]
    try:
        records = _records(deps, request.names, now, refresh=request.refresh)
    finally:
        if request.refresh:
            deps.identities.end()
    seen = _see(deps, records, resolver.resolver, report)
    unconfirmed = []
    for each in seen:
        name = each.record.name
        record, changes = compare(each.record, aspects_of(each.assessment), resolver.name, now, deps.rule)
        if changes or record.refused:
            owner = owners().get(name, NOBODY)
            changes += _told_anew(record, changes, owner)
            record = _report_refusal(deps, record, owner, changes, now)
            if changes:  # told before it is believed: a crash between the two tells again, under the same id
                where = DomainsOf(deps.account, deps.region, name, owner)
                deps.bus.publish([change_event(where, each.assessment, changes, now)])
        deps.store.save(_with_verdict(record, each.assessment))
        report.changes += len(changes)
        report.pending += len(record.pending)
        if record.pending:
            unconfirmed.append(name)
    if unconfirmed:
        _confirm_later(deps, unconfirmed, request.resolver)
    return report


def _told_anew(
    record: PostureRecord, changes: Sequence[PostureChange], owner: IdentityOwner
) -> tuple[PostureChange, ...]:
    """Whoever sends from the domain now has to know that its mail is going to be refused, too."""
    known = not owner.tenant or record.refusal_told == owner.tenant or any(it.aspect == "refusal" for it in changes)
    return () if known or not record.refused else (PostureChange("refusal", "no", "yes", worse=True),)


def _report_refusal(
    deps: LookDeps, record: PostureRecord, owner: IdentityOwner, changes: Sequence[PostureChange], now: datetime
) -> PostureRecord:
    """Have the domain's streams watched while its mail is going to be refused, and say so again each day."""
    if not record.refused and not any(it.aspect == "refusal" for it in changes):
        return record
    for name in owner.sets:
        stream = StreamId(deps.account, deps.region, name)
        deps.refusals.send(stream, record.name.rpartition("@")[2], refused=record.refused, at=now)
    return msgspec.structs.replace(record, refusal_told=owner.tenant if record.refused else "")


def _confirm_later(deps: LookDeps, names: Sequence[str], resolver: int) -> None:
    """Have another resolver look, once enough time has gone by."""
    after = int(deps.rule.apart.total_seconds()) + 1
    deps.queue.send(LookRequest(names=tuple(names), resolver=resolver + 1, after_seconds=after))


def _look_at_refused(deps: LookDeps, news: Transition, now: datetime) -> LookReport:
    """Look at the identities of a stream whose mail is refused as not authenticated, and tell what is missing.

    Raises ConflictError where SES has never been asked for one of them and somebody else calls it: to come again.
    """
    report = LookReport()
    owners = deps.owners.all()
    used = [name for name, owner in owners.items() if news.stream.configuration_set in owner.sets]
    names = used[:MOST_OF_A_STREAM]
    alone = deps.identities.begin(PATIENCE_SECONDS)  # else SES's word of last week has to do
    try:
        records = _records(deps, names, now, refresh=alone)
    finally:
        if alone:
            deps.identities.end()
    if any(record.ses_at is None for record in records):  # whether it signs is not known: never say that all is right
        raise ConflictError("SES's one control call a second")
    seen = _see(deps, records, deps.resolvers[0].fresh, report)
    assessments = [each.assessment for each in seen]
    sets = (news.stream.configuration_set,)
    where = DomainsOf(deps.account, deps.region, names[0] if names else "", IdentityOwner(news.tenant, sets))
    deps.bus.publish([refused_event(where, assessments, news.incident or news.id, now)])
    for each in seen:
        deps.store.save(each.record)
    report.refused = 1
    return report


def _records(deps: LookDeps, names: Sequence[str], now: datetime, *, refresh: bool) -> list[PostureRecord]:
    """Load the identities' records, with SES's word as of now where that is asked for."""
    known = deps.store.load(names)
    records = [known.get(name, PostureRecord(name=name)) for name in names]
    return [_refreshed(deps, record, now) for record in records] if refresh else records


def _see(deps: LookDeps, records: Sequence[PostureRecord], asked: Resolver, report: LookReport) -> list[_Seen]:
    """Ask DNS, for many at a time."""

    def one(record: PostureRecord) -> _Seen | None:
        try:
            domain = domain_name(record.name.rpartition("@")[2])
        except DomainNameError:
            report.unusable.append(record.name.rpartition("@")[2][:100])
            return None
        return _Seen(record, assess(read_facts(domain, asked, record.identity), record.identity))

    with ThreadPoolExecutor(max_workers=deps.threads) as pool:
        seen = [each for each in pool.map(one, records) if each is not None]
    report.looked_at = len(seen)
    return seen


def _refreshed(deps: LookDeps, record: PostureRecord, now: datetime) -> PostureRecord:
    """Ask SES for one identity. What it said is kept at once, so that a crash costs one call."""
    if record.ses_at is not None and now - record.ses_at < SES_AGAIN:
        return record
    identity = deps.identities.read(record.name)
    fresh = msgspec.structs.replace(record, identity=_with_parent(deps, identity), ses_at=now)
    deps.store.save(fresh)
    return fresh


def _with_parent(deps: LookDeps, identity: SesIdentity | None) -> SesIdentity | None:
    """Say of an address whether its domain signs for it, by what is on record of the domain."""
    if identity is None or not identity.is_address:
        return identity
    record = deps.store.load([identity.domain]).get(identity.domain)
    parent = record.identity if record is not None else None
    if parent is None or parent.dkim_status != "SUCCESS":
        return identity
    return identity.signed_by(parent)


def _with_verdict(record: PostureRecord, assessment: DomainAssessment) -> PostureRecord:
    effect = assessment.handling.effect.value if assessment.handling is not None else ""
    codes = tuple(dict.fromkeys(finding.code for finding in assessment.findings))
    return msgspec.structs.replace(record, effect=effect, findings=codes)
