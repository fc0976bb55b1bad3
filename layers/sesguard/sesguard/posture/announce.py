"""The guard's event on a domain: what changed, or why mail is refused, with the records to publish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from sesguard.bus.details import DomainFinding, DomainPosture, RecordToPublish
from sesguard.bus.events import DetailType, Event, event_id, event_of, iso
from sesguard.posture.assess import DomainAssessment
from sesguard.posture.changes import PostureChange
from sesguard.posture.domain_name import shown_domain
from sesguard.posture.findings import PostureFinding
from sesguard.posture.handling import OWNERS_RIGHT, Urgency
from sesguard.posture.owner import IdentityOwner
from sesguard.posture.publish import PublishRecord
from sesguard.text import one_line

_MOST_FINDINGS: Final = 10
_MOST_RECORDS: Final = 20
_SAID: Final = {
    "policy": "its DMARC policy is now {after} (it was {before})",
    "dkim": "its DKIM records are {after} (they were {before})",
    "spf": "its SPF record is {after} (it was {before})",
    "mail_from_dns": "the records of its MAIL FROM domain are {after} (they were {before})",
    "refusal": "receivers that follow its policy refuse its mail: {after} (it was: {before})",
    "verified": "it is verified in SES: {after} (it was: {before})",
    "dkim_status": "SES calls its DKIM {after} (it was {before})",
    "mail_from": "SES calls its MAIL FROM domain {after} (it was {before})",
}


class Occasion(StrEnum):
    """Why an event on a domain is told."""

    WORSE = "worse"
    BETTER = "better"
    REFUSED = "refused"  # its mail is refused for want of authentication, and records are missing
    RECORDS_RIGHT = "records_right"  # its mail is refused so, and the records are right
    UNANSWERED = "unanswered"  # its mail is refused so, and DNS does not answer
    TO_PUBLISH = "to_publish"  # the guard has made it in SES, and its records are to be published
    STILL_MISSING = "still_missing"  # they are still not there
    READY = "ready"  # SES has found them, and sends for it


class DomainsOf(NamedTuple):
    """Where an identity is, and whose."""

    account: str
    region: str
    name: str
    owner: IdentityOwner


def change_event(
    where: DomainsOf, assessment: DomainAssessment, changes: Sequence[PostureChange], now: datetime
) -> Event:
    """Make the event of changes that are believed. One event for all of one look, told once."""
    worse = any(change.worse for change in changes)
    said = "; ".join(_SAID[it.aspect].format(before=it.before, after=it.after) for it in changes)
    what = f"{_shown(where.name)}: {said}."
    key = ",".join(f"{it.aspect}={it.before}>{it.after}" for it in changes)
    lines = [what, *([assessment.handling.says] if assessment.handling is not None and worse else [])]
    occasion = Occasion.WORSE if worse else Occasion.BETTER
    parts = ("domain", where.name, key, iso(now)[:10])
    return _event(where, occasion, lines, [assessment] if worse else [], parts, now)


def refused_event(where: DomainsOf, assessments: Sequence[DomainAssessment], incident: str, now: datetime) -> Event:
    """Make the event of mail that is refused for want of authentication: names what is missing, or says nothing is.

    incident: of the surge: a warning and the pause that follows it are answered once, unless the answer is another one.
    """
    to_blame = [each for each in assessments if each.urgency is Urgency.NOW]
    unanswered = any(each.facts.unanswered for each in assessments)
    domains = ", ".join(_shown(each.facts.domain) for each in (to_blame or assessments)[:3])
    if to_blame:
        occasion = Occasion.REFUSED
        lines = [f"Mail from {domains} is refused because it is not authenticated, and this is why:"]
    elif unanswered or not assessments:
        occasion = Occasion.UNANSWERED
        lines = [
            f"Mail from {domains} is refused because it is not authenticated. DNS did not answer, so why is not known."
            if assessments
            else "The mail is refused because it is not authenticated. The registry names no identity of the stream, "
            "so nothing could be looked at: name them there, or run sesguard posture DOMAIN."
        ]
    else:
        occasion = Occasion.RECORDS_RIGHT
        lines = [
            f"Mail from {domains} is refused as not authenticated, but its records in DNS are right as of now.",
            "Look at what is sent: a From address of another domain, or a system that changes mail after it is signed.",
        ]
    return _event(where, occasion, lines, to_blame, ("refused", incident, occasion.value), now)


def setup_event(
    where: DomainsOf,
    occasion: Occasion,
    lines: Sequence[str],
    records: Sequence[PublishRecord],
    parts: Sequence[str],
    now: datetime,
) -> Event:
    """Make the event of an identity that the guard sets up. Those with the same ``parts`` are told once."""
    detail = _detail(where, occasion, lines, records, ("setup", where.name, *parts), now)
    return event_of(DetailType.DOMAIN, detail)


def _event(
    where: DomainsOf,
    occasion: Occasion,
    lines: Sequence[str],
    blamed: Sequence[DomainAssessment],
    parts: Sequence[str],
    now: datetime,
) -> Event:
    findings = [it for each in blamed for it in each.findings if it.urgency is not Urgency.NONE][:_MOST_FINDINGS]
    records = list(dict.fromkeys(record for finding in findings for record in finding.records))[:_MOST_RECORDS]
    todo = [one_line(each.handling.do, 400) for each in blamed if each.handling is not None and each.handling.do]
    plain = _detail(where, occasion, [*lines, *([OWNERS_RIGHT] if blamed else [])], records, parts, now)
    detail = msgspec.structs.replace(
        plain, findings=tuple(_said(finding) for finding in findings), todo=tuple(dict.fromkeys(todo))
    )
    return event_of(DetailType.DOMAIN, detail)


def _detail(
    where: DomainsOf,
    occasion: Occasion,
    lines: Sequence[str],
    records: Sequence[PublishRecord],
    parts: Sequence[str],
    now: datetime,
) -> DomainPosture:
    return DomainPosture(
        id=event_id(*parts),
        at=now,
        account=where.account,
        region=where.region,
        domain=where.name.rpartition("@")[2],
        tenant=where.owner.tenant,
        configuration_sets=tuple(where.owner.sets),
        occasion=occasion.value,
        lines=tuple(one_line(line, 600) for line in lines),
        records=tuple(_record(record) for record in records),
    )


def _said(finding: PostureFinding) -> DomainFinding:
    return DomainFinding(finding.code, one_line(finding.says, 600), one_line(finding.do, 400))


def _record(record: PublishRecord) -> RecordToPublish:
    name, value = one_line(record.name, 300), one_line(record.value, 600)
    return RecordToPublish(name, record.kind, value, one_line(record.bind(), 900))


def _shown(name: str) -> str:
    """A domain as it is; of an address, which may be a person's, the domain alone."""
    domain = name.rpartition("@")[2]
    return f"an address at {shown_domain(domain)}" if "@" in name else shown_domain(domain)
