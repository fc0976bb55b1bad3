"""What changed in a domain's posture: told only once it was seen twice, by two resolvers, and never for no answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from sesguard.posture.assess import DomainAssessment
from sesguard.posture.dkim import DkimState
from sesguard.posture.dmarc import DmarcPolicy
from sesguard.posture.findings import NO_DEFAULT_SET
from sesguard.posture.identity import SesIdentity
from sesguard.posture.spf import SpfStatus

ASPECTS: Final[Mapping[str, tuple[str, ...]]] = {
    "policy": ("absent", "none", "quarantine", "reject"),
    "dkim": ("present", "partly", "missing"),
    "spf": ("valid", "absent", "invalid"),
    "mail_from_dns": ("right", "wrong"),
    "refusal": ("no", "yes"),
    "verified": ("yes", "no"),
    "dkim_status": ("SUCCESS", "PENDING", "NOT_STARTED", "TEMPORARY_FAILURE", "FAILED"),
    "mail_from": ("SUCCESS", "none", "PENDING", "TEMPORARY_FAILURE", "FAILED"),
}
"""What is compared, and its values from what hurts no mail to what hurts it most."""
OF_SES: Final = frozenset({"verified", "dkim_status", "mail_from"})
"""What SES itself says: there is no second opinion on it, so one look is enough."""


EXPECTED: Final = {"refusal": "no"}
"""What is taken for granted before the first look: a domain whose mail is going to be refused is told of at once."""


class ConfirmationRule(NamedTuple):
    """How often, by how many resolvers and how far apart a change has to be seen before it is one."""

    looks: int = 2
    resolvers: int = 2
    apart: timedelta = timedelta(minutes=10)


class Sighting(msgspec.Struct, frozen=True):
    """One look that saw something new: by which resolver, and when."""

    resolver: str
    at: datetime


class PendingChange(msgspec.Struct, frozen=True):
    """A value that was seen and is not believed yet."""

    value: str
    sightings: tuple[Sighting, ...]


class PostureRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of an identity between looks. Unknown fields of a newer version are left alone when read.

    aspects: the values that are believed; pending: those that were seen and are not yet. effect: of the last verdict.
    refusal_told: the tenant that was told that its mail is going to be refused; "" for nobody.
    """

    name: str
    identity: SesIdentity | None = None
    ses_at: datetime | None = None
    looked_at: datetime | None = None
    aspects: dict[str, str] = {}
    pending: dict[str, PendingChange] = {}
    effect: str = ""
    findings: tuple[str, ...] = ()
    refusal_told: str = ""

    @property
    def lacks_default_set(self) -> bool:
        return NO_DEFAULT_SET in self.findings

    @property
    def refused(self) -> bool:
        """Whether it is believed that the mail is going to be refused."""
        return self.aspects.get("refusal") == "yes"


class PostureChange(NamedTuple):
    """A change that is believed. worse: whether it hurts mail more than what was before."""

    aspect: str
    before: str
    after: str
    worse: bool


def aspects_of(assessment: DomainAssessment) -> dict[str, str]:
    """Read the values to compare; what nobody answered for is left out, so that it changes nothing."""
    facts, identity = assessment.facts, assessment.identity
    found: dict[str, str] = {}
    if facts.dmarc.handled_as is not DmarcPolicy.UNKNOWN:
        found["policy"] = facts.dmarc.handled_as.value
    if facts.spf.status is not SpfStatus.UNKNOWN:
        found["spf"] = facts.spf.status.value
    own = identity is not None and identity.domain == facts.domain  # else it is told of the domain above that it is of
    states = {key.state for key in facts.dkim}
    if assessment.handling is not None and DkimState.UNKNOWN not in states:
        found["refusal"] = "yes" if assessment.refusal_is_certain else "no"
    if own and states and DkimState.UNKNOWN not in states:
        found["dkim"] = (
            "present" if states == {DkimState.PRESENT} else "partly" if DkimState.PRESENT in states else "missing"
        )
    mail_from = facts.mail_from
    if own and mail_from is not None and mail_from.has_mx is not None and mail_from.spf.status is not SpfStatus.UNKNOWN:
        found["mail_from_dns"] = "right" if mail_from.has_mx and mail_from.spf.allows_ses else "wrong"
    if own and identity is not None:
        found["verified"] = "yes" if identity.verified else "no"
        found["mail_from"] = identity.mail_from_status or "none"
        if identity.dkim_signing:
            found["dkim_status"] = identity.dkim_status
    return {aspect: value for aspect, value in found.items() if value in ASPECTS[aspect]}


def compare(
    record: PostureRecord, seen: Mapping[str, str], resolver: str, now: datetime, rule: ConfirmationRule
) -> tuple[PostureRecord, tuple[PostureChange, ...]]:
    """Lay what was seen over what is believed: the new record, and the changes that are believed now.

    What is seen for the first time is believed and is no change, but for what is EXPECTED to be otherwise.
    """
    aspects, pending = dict(record.aspects), dict(record.pending)
    changes = []
    for aspect, value in seen.items():
        before = aspects.get(aspect, EXPECTED.get(aspect))
        if before is None or before == value:
            aspects[aspect] = value
            pending.pop(aspect, None)
            continue
        waiting = _seen_again(pending.get(aspect), value, Sighting(resolver, now), rule)
        if aspect in OF_SES or _enough(waiting, rule):
            order = ASPECTS[aspect]
            worse = before not in order or order.index(value) > order.index(before)
            changes.append(PostureChange(aspect, before, value, worse))
            aspects[aspect] = value
            pending.pop(aspect, None)
        else:
            pending[aspect] = waiting
    new = msgspec.structs.replace(record, aspects=aspects, pending=pending, looked_at=now)
    return new, tuple(changes)


def _seen_again(pending: PendingChange | None, value: str, sighting: Sighting, rule: ConfirmationRule) -> PendingChange:
    """Add a sighting; one too soon after the last of its resolver is the same look."""
    if pending is None or pending.value != value:
        return PendingChange(value, (sighting,))
    last = pending.sightings[-1]
    if sighting.at - last.at < rule.apart:
        return pending
    return PendingChange(value, (*pending.sightings, sighting)[-10:])


def _enough(pending: PendingChange, rule: ConfirmationRule) -> bool:
    seen = pending.sightings
    return len(seen) >= rule.looks and len({each.resolver for each in seen}) >= rule.resolvers
