"""Looks at the domains of a stream whose mail is refused as not authenticated, and tells what is missing."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sesguard.errors import ConflictError
from sesguard.posture.announce import DomainsOf, refused_event
from sesguard.posture.looking import LookDeps, LookReport, load_records, see_domains
from sesguard.posture.messages import LookRequest, UnreadableRequestError
from sesguard.posture.owner import IdentityOwner
from sesguard.posture.senders import owner_of
from sesguard.stream import StreamId

PATIENCE_SECONDS: Final = 60.0
"""To wait for SES's one control call a second where mail is being refused."""
MOST_OF_A_STREAM: Final = 20
"""Domains that are looked at at once where a stream's mail is refused."""


class RefusedStream(NamedTuple):
    """A stream whose mail is refused as not authenticated, since ``incident``."""

    stream: StreamId
    tenant: str
    incident: str


def refused_of(asked: LookRequest) -> RefusedStream:
    """Read the stream of a request. Raises UnreadableRequestError."""
    try:
        return RefusedStream(StreamId.parse(asked.refused), asked.tenant, asked.incident)
    except ValueError as error:
        raise UnreadableRequestError(str(error)) from None


def look_at_refused(deps: LookDeps, news: RefusedStream, now: datetime) -> LookReport:
    """Look at the identities of a stream whose mail is refused as not authenticated, and tell what is missing.

    Raises ConflictError where SES has never been asked for one of them and somebody else calls it: to come again.
    """
    report = LookReport()
    names = _domains_of(deps, news, now)[:MOST_OF_A_STREAM]
    alone = deps.identities.begin(PATIENCE_SECONDS)  # else SES's word of last week has to do
    try:
        records = load_records(deps, names, now, refresh=alone)
    finally:
        if alone:
            deps.identities.end()
    if any(record.ses_at is None for record in records):  # whether it signs is not known: never say that all is right
        raise ConflictError("SES's one control call a second")
    seen = see_domains(deps, records, deps.resolvers[0].fresh, (), report)
    assessments = [each.assessment for each in seen]
    sets = (news.stream.configuration_set,)
    where = DomainsOf(deps.account, deps.region, names[0] if names else "", IdentityOwner(news.tenant, sets))
    deps.bus.publish([refused_event(where, assessments, news.incident, now)])
    for each in seen:
        deps.store.save(each.record)
    report.refused = 1
    return report


def _domains_of(deps: LookDeps, news: RefusedStream, now: datetime) -> list[str]:
    """The identities that the registry names for the stream, and what its mail is seen to be from below them."""
    owners, senders = deps.owners.all(), deps.senders.read(now)
    named = [name for name, owner in owners.items() if news.stream.configuration_set in owner.sets]
    seen = sorted({it.domain for it in senders if it.configuration_set == news.stream.configuration_set} - {*owners})
    if not news.tenant or not seen:
        return named
    tenants = deps.owners.tenants()
    return [*named, *(name for name in seen if owner_of(name, owners, senders, tenants).tenant == news.tenant)]
