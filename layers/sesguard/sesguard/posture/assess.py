"""Whether a domain is fit to send: from what DNS and SES say to what mailbox providers do, and what to do about it."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.posture.bulk_senders import BulkRule, BulkSenderCheck, check_rules, is_freemail
from sesguard.posture.dkim import DkimState
from sesguard.posture.dmarc import DmarcPolicy
from sesguard.posture.facts import DomainFacts, keys_are_gone, spf_speaks
from sesguard.posture.findings import PostureFinding, find
from sesguard.posture.handling import Authentication, Effect, Handling, Urgency, handling
from sesguard.posture.identity import SesIdentity
from sesguard.posture.publish import PublishRecord
from sesguard.posture.senders import NOTHING_SEEN, OneClickSample
from sesguard.posture.strategies import DomainStrategy, choose_strategies


class DomainAssessment(NamedTuple):
    """What comes of it. authentication, handling: None without an identity, or while nobody answers for the policy.

    dkim_aligned, spf_aligned: whether each speaks for the From domain; None where no identity is known.
    """

    facts: DomainFacts
    identity: SesIdentity | None
    authentication: Authentication | None
    dkim_aligned: bool | None
    spf_aligned: bool | None
    handling: Handling | None
    findings: tuple[PostureFinding, ...]
    strategies: tuple[DomainStrategy, ...]
    bulk_senders: tuple[BulkSenderCheck, ...]

    @property
    def urgency(self) -> Urgency:
        """The most urgent of all."""
        all_of_them = [each.urgency for each in self.findings]
        if self.handling is not None:
            all_of_them.append(self.handling.urgency)
        return max(all_of_them, key=list(Urgency).index, default=Urgency.NONE)

    @property
    def refusal_is_certain(self) -> bool:
        """Whether receivers that follow the policy refuse all of this mail; what SES does not send nobody refuses."""
        return self.handling is not None and self.handling.effect is Effect.REFUSED

    @property
    def records(self) -> tuple[PublishRecord, ...]:
        """All records to publish, each once."""
        return tuple(dict.fromkeys(record for finding in self.findings for record in finding.records))


def assess(
    facts: DomainFacts, identity: SesIdentity | None = None, *, users: int = 1, sample: OneClickSample = NOTHING_SEEN
) -> DomainAssessment:
    """Assess a domain. users: tenants that send from it; sample: of its mail, how much can be left with one click."""
    dkim = dkim_aligned(facts, identity) if identity is not None else None
    spf = spf_speaks(facts, identity) if identity is not None else None
    way = authentication_of(facts, identity) if identity is not None else None
    policy = facts.dmarc.handled_as
    cell = handling(way, policy) if way is not None and policy is not DmarcPolicy.UNKNOWN else None
    held: dict[BulkRule, bool | None] = {
        BulkRule.SPF_AND_DKIM: dkim,  # SPF passes for amazonses.com at least
        BulkRule.DMARC: None if policy is DmarcPolicy.UNKNOWN else policy is not DmarcPolicy.ABSENT,
        BulkRule.ALIGNED: None if dkim is None else dkim or bool(spf),
        BulkRule.ONE_CLICK: sample.holds,
        BulkRule.NO_FREEMAIL: not is_freemail(facts.domain),
    }
    return DomainAssessment(
        facts,
        identity,
        way,
        dkim,
        spf,
        cell,
        tuple(find(facts, identity, sample)),
        choose_strategies(facts, way, users),
        check_rules(held),
    )


def authentication_of(facts: DomainFacts, identity: SesIdentity) -> Authentication:
    """Tell how an identity speaks for the domain that its mail is from."""
    if not identity.verified:
        return Authentication.UNVERIFIED
    if dkim_aligned(facts, identity):
        return Authentication.ADDRESS_UNDER_DKIM if identity.is_address else Authentication.DOMAIN_DKIM
    if spf_speaks(facts, identity):
        return Authentication.SPF_ONLY
    if keys_are_gone(facts):
        return Authentication.DKIM_BROKEN
    if _signs(identity):
        return Authentication.UNALIGNED
    return Authentication.ADDRESS_ONLY if identity.is_address else Authentication.LEGACY_TXT


def dkim_aligned(facts: DomainFacts, identity: SesIdentity) -> bool:
    """Whether SES signs for the From domain, and the signature can be verified.

    SES signs for the identity's domain. Relaxed alignment takes any domain of the same organizational domain, strict
    only the very same (RFC 9989, 4.4.1).
    """
    if not _signs(identity) or keys_are_gone(facts):
        return False
    if any(key.state is DkimState.INVALID for key in facts.dkim) and identity.dkim_own_key:
        return False
    strict = facts.dmarc.record is not None and facts.dmarc.record.strict_dkim
    if strict or facts.domain == identity.domain:
        return facts.domain == identity.domain
    # the From domain is below the identity's: another organizational domain only where a record cuts between them
    return not facts.dmarc.organizational.endswith(f".{identity.domain}")


def _signs(identity: SesIdentity) -> bool:
    """Whether SES signs for the identity's domain: it does not while DKIM is pending or has failed."""
    if identity.is_address:
        return identity.parent_dkim or (identity.dkim_signing and identity.dkim_status == "SUCCESS")
    return identity.dkim_signing and identity.dkim_status in ("SUCCESS", "TEMPORARY_FAILURE")
