"""What every look at domains does: SES's word of an identity where it is asked for, then DNS, for many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from sesguard.posture.assess import DomainAssessment, assess
from sesguard.posture.changes import ConfirmationRule, PostureRecord
from sesguard.posture.dns_ports import Resolver
from sesguard.posture.domain_name import DomainNameError, domain_name, parents
from sesguard.posture.facts import read_facts
from sesguard.posture.identity import SesIdentity
from sesguard.posture.ports import (
    IdentityOwners,
    IdentityReader,
    LookQueue,
    PostureBus,
    PostureStore,
    RefusalReports,
    SendersSeen,
)
from sesguard.posture.senders import SenderDomain, sample_of

SES_AGAIN: Final = timedelta(minutes=5)
"""What SES said so lately is not asked again: a message that came back goes on where it was."""
MOST_ABOVE: Final = 4
"""Domains above one that was seen in mail, of which SES is asked."""


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
    senders: SendersSeen
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


class LookedAt(NamedTuple):
    """What is on record of an identity or domain, and what a look at it found."""

    record: PostureRecord
    assessment: DomainAssessment


def load_records(deps: LookDeps, names: Sequence[str], now: datetime, *, refresh: bool) -> list[PostureRecord]:
    """Load the identities' records, with SES's word as of now where that is asked for."""
    known = deps.store.load(names)
    records = [known.get(name, PostureRecord(name=name)) for name in names]
    return [_refreshed(deps, record, now) for record in records] if refresh else records


def see_domains(
    deps: LookDeps,
    records: Sequence[PostureRecord],
    asked: Resolver,
    senders: Sequence[SenderDomain],
    report: LookReport,
) -> list[LookedAt]:
    """Ask DNS, for many at a time."""

    def one(record: PostureRecord) -> LookedAt | None:
        try:
            domain = domain_name(record.name.rpartition("@")[2])
        except DomainNameError:
            report.unusable.append(record.name.rpartition("@")[2][:100])
            return None
        facts = read_facts(domain, asked, record.identity)
        return LookedAt(record, assess(facts, record.identity, sample=sample_of(senders, domain)))

    with ThreadPoolExecutor(max_workers=deps.threads) as pool:
        seen = [each for each in pool.map(one, records) if each is not None]
    report.looked_at = len(seen)
    return seen


def _refreshed(deps: LookDeps, record: PostureRecord, now: datetime) -> PostureRecord:
    """Ask SES for one identity. What it said is kept at once, so that a crash costs one call."""
    if record.ses_at is not None and now - record.ses_at < SES_AGAIN:
        return record
    identity = deps.identities.read(record.name)
    if identity is None and "@" not in record.name:
        identity = _above(deps, record.name)
    fresh = msgspec.structs.replace(record, identity=_with_parent(deps, identity), ses_at=now)
    deps.store.save(fresh)
    return fresh


def _above(deps: LookDeps, domain: str) -> SesIdentity | None:
    """The identity that a domain's mail is sent by: the nearest above it that SES has.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html: a verified domain speaks for those below it.
    """
    for parent in parents(domain)[:MOST_ABOVE]:
        if "." in parent and (identity := deps.identities.read(parent)) is not None:
            return identity
    return None


def _with_parent(deps: LookDeps, identity: SesIdentity | None) -> SesIdentity | None:
    """Say of an address whether its domain signs for it, by what is on record of the domain."""
    if identity is None or not identity.is_address:
        return identity
    record = deps.store.load([identity.domain]).get(identity.domain)
    parent = record.identity if record is not None else None
    if parent is None or parent.dkim_status != "SUCCESS":
        return identity
    return identity.signed_by(parent)
