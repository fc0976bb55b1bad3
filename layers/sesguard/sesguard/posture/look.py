"""Looks at domains: all of them daily, some at once, and those of a stream whose mail is refused.

Every message can come again: what was seen twice is seen once, and an event has the id of what it tells. A look that a
crash interrupts comes back as its own message of at most CHUNK identities.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Final

import msgspec

from sesguard.bus.details import Transition
from sesguard.posture.announce import DomainsOf, change_event
from sesguard.posture.assess import DomainAssessment
from sesguard.posture.changes import PostureChange, PostureRecord, aspects_of, compare
from sesguard.posture.looking import LookDeps, LookReport, load_records, see_domains
from sesguard.posture.messages import LookRequest, read_request
from sesguard.posture.owner import IdentityOwner
from sesguard.posture.refused import RefusedStream, look_at_refused, refused_of
from sesguard.posture.senders import owner_of, unnamed
from sesguard.stream import StreamId

CHUNK: Final = 50
"""Identities of one message: 50 seconds of SES's one call a second, where it is asked for all of them."""
SES_EVERY: Final = timedelta(days=7)
BUSY_SECONDS: Final = 60
"""Until somebody else has done with SES."""


def look(deps: LookDeps, body: str, now: datetime) -> LookReport:
    """Do what one message of PostureQueue asks for. Raises AwsError, UnreadableRequestError or ConflictError."""
    asked = read_request(body)
    if isinstance(asked, Transition):
        refused = RefusedStream(asked.stream, asked.tenant, asked.incident or asked.id)
        return look_at_refused(deps, refused, now)
    if asked.refused:
        return look_at_refused(deps, refused_of(asked), now)
    if asked.all:
        return _divide(deps, now)
    return _look_at(deps, asked, now)


def _divide(deps: LookDeps, now: datetime) -> LookReport:
    """Make a message for each CHUNK of all: identities of SES, those that the registry names, domains seen in mail."""
    identities = {*deps.identities.names(), *deps.owners.all()}
    names = sorted(identities | unnamed(deps.senders.read(now), identities))
    for gone in deps.store.without_default_set() - set(names):
        deps.store.note_without_default_set(gone, lacks=False)
    stale = _stale(deps, names, now)
    fresh = [name for name in names if name not in stale]
    requests = [*_requests(fresh, refresh=False), *_requests(list(stale), refresh=True)]
    for request in requests:
        deps.queue.send(request)
    return LookReport(requested=len(requests))


def _stale(deps: LookDeps, names: Sequence[str], now: datetime) -> dict[str, None]:
    """Those of which SES is asked again, in order. No more than CHUNK records are held, of however many domains."""
    found: dict[str, None] = {}
    for start in range(0, len(names), CHUNK):
        some = names[start : start + CHUNK]
        known = deps.store.load(some)
        found |= dict.fromkeys(name for name in some if _is_stale(known.get(name), now))
    return found


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
    owners, tenants = cache(deps.owners.all), cache(deps.owners.tenants)  # hardly any look needs the whole registry
    senders = deps.senders.read(now)
    resolver = deps.resolvers[request.resolver % len(deps.resolvers)]
    try:
        records = load_records(deps, request.names, now, refresh=request.refresh)
    finally:
        if request.refresh:
            deps.identities.end()
    seen = see_domains(deps, records, resolver.resolver, senders, report)
    unconfirmed = []
    for each in seen:
        name = each.record.name
        record, changes = compare(each.record, aspects_of(each.assessment), resolver.name, now, deps.rule)
        if changes or record.refused:
            owner = owner_of(name, owners(), senders, tenants())
            changes += _told_anew(record, changes, owner)
            record = _report_refusal(deps, record, owner, changes, now)
            if changes:  # told before it is believed: a crash between the two tells again, under the same id
                where = DomainsOf(deps.account, deps.region, name, owner)
                deps.bus.publish([change_event(where, each.assessment, changes, now)])
        judged = _with_verdict(record, each.assessment)
        if judged.lacks_default_set != each.record.lacks_default_set:
            deps.store.note_without_default_set(name, lacks=judged.lacks_default_set)
        deps.store.save(judged)
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


def _with_verdict(record: PostureRecord, assessment: DomainAssessment) -> PostureRecord:
    effect = assessment.handling.effect.value if assessment.handling is not None else ""
    codes = tuple(dict.fromkeys(finding.code for finding in assessment.findings))
    return msgspec.structs.replace(record, effect=effect, findings=codes)
