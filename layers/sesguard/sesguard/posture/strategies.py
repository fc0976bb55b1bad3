"""From which domain to send: ways out where the domain is not the tenant's own to change. Which applies, and why."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.posture.bulk_senders import is_freemail
from sesguard.posture.dmarc import DmarcPolicy
from sesguard.posture.facts import DomainFacts
from sesguard.posture.handling import Authentication


class DomainStrategy(NamedTuple):
    """One way. applies: whether what is known speaks for it; why: in words, either way."""

    code: str
    applies: bool
    says: str
    why: str


_STRICT = (DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT)


def choose_strategies(
    facts: DomainFacts, authentication: Authentication | None, users: int = 1
) -> tuple[DomainStrategy, ...]:
    """Weigh the ways. authentication: None where no identity is known; users: tenants that send from the domain."""
    domain, policy = facts.domain, facts.dmarc.handled_as
    free = is_freemail(domain)
    speaks = authentication in (Authentication.DOMAIN_DKIM, Authentication.ADDRESS_UNDER_DKIM)
    inherited = facts.dmarc.organizational != domain
    strict_at_top = policy in _STRICT and not inherited and facts.receives is not False
    return (
        DomainStrategy(
            "delegated_subdomain",
            authentication is not None and not speaks and not free,
            f"Ask whoever keeps {domain} for a subdomain, such as marketing.{domain}, delegated with NS records.",
            _why_delegated(domain, authentication, speaks=speaks, free=free),
        ),
        DomainStrategy(
            "platform_subdomain",
            free or authentication in (Authentication.ADDRESS_ONLY, Authentication.UNVERIFIED),
            "Send from a subdomain of the platform's own, such as tenant1.platform.example, with the tenant's name as "
            "display name and its address as Reply-To.",
            f"{domain} is a freemail provider's"
            if free
            else "only an address is verified, and nobody here can publish records for its domain"
            if authentication in (Authentication.ADDRESS_ONLY, Authentication.UNVERIFIED)
            else "the tenant has a domain that it can change",
        ),
        DomainStrategy(
            "programme_subdomains",
            (users > 1 or strict_at_top) and not free,
            f"Send each programme from a subdomain (marketing.{domain}, receipts.{domain}), for a name of its own.",
            f"{users} tenants send from {domain}, and one's complaints fall on all"
            if users > 1
            else f"{domain} is also where people write from, with a policy of {policy}"
            if strict_at_top
            else "one programme uses the domain",
        ),
        DomainStrategy(
            "no_strict_policy_on_peoples_domain",
            strict_at_top and not free,
            f"Keep a strict policy off {domain} where its people write to mailing lists, which change their mail; "
            "put it on subdomains that only programmes send from (RFC 9989, 7.4).",
            f"{domain} takes mail, so people may write from it, and its policy is {policy}"
            if strict_at_top
            else "the policy is not strict there",
        ),
    )


def _why_delegated(domain: str, authentication: Authentication | None, *, speaks: bool, free: bool) -> str:
    if free:
        return f"{domain} is a freemail provider's, which delegates nothing"
    if speaks:
        return f"{domain} already speaks for the mail"
    if authentication is None:
        return "how the mail is authenticated is not known: SES was not asked"
    return f"nothing speaks for {domain} yet, and its zone may be somebody else's"
