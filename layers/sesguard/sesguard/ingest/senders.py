"""Whose outcome an event is: SES leaves some out, some are of another tenant's mail, some name no configuration set."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from sesguard.ses_events.observation import CountsFor, Observation
from sesguard.stream import StreamId
from sesguard.tenants.sender import RegisteredSender


class Senders(msgspec.Struct, frozen=True):
    """What is known of an account and region's identities.

    verified: domains that are verified there. identities: by identity, a domain or an address, who the registry says
    sends from it. sets: the tenant of each registered configuration set.
    """

    verified: frozenset[str] = frozenset()
    identities: Mapping[str, RegisteredSender] = {}
    sets: Mapping[str, str] = {}

    def owns(self, domain: str) -> bool:
        """Whether ``domain``, or what it is a subdomain of, is verified in the account.

        SES leaves hard bounces there out of its rate: https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
        """
        verified = self.verified
        while domain:
            if domain in verified:
                return True
            _, _, domain = domain.partition(".")
        return False

    def sender_of(self, identity: str) -> RegisteredSender | None:
        """Who sends from ``identity``: an address that is none itself belongs to its domain."""
        found = self.identities.get(identity)
        return found or self.identities.get(identity.rpartition("@")[2])


NOBODY_KNOWN = Senders()


def attribute(seen: Observation, senders: Senders) -> Observation:
    """An outcome as it is to be counted.

    Untagged, it goes to the stream of its identity. Of mail that was sent from another tenant's identity it is
    ``foreign``: whoever may name a set could otherwise charge bounces to it. Bounces at domains of the account's own
    are counted beside the others.
    """
    sender = senders.sender_of(seen.source) if seen.source else None
    if sender is not None:
        if not seen.stream.attributed:
            stream = StreamId(seen.stream.account, seen.stream.region, sender.configuration_set)
            seen = msgspec.structs.replace(seen, stream=stream)
        owner = senders.sets.get(seen.stream.configuration_set, sender.tenant)
        if owner != sender.tenant:
            return msgspec.structs.replace(seen, foreign=True)
    if seen.counts_for is CountsFor.HARD_BOUNCE and senders.verified:
        return _without_own_domains(seen, senders)
    return seen


def _without_own_domains(seen: Observation, senders: Senders) -> Observation:
    others = tuple((domain, count) for domain, count in seen.domains if not senders.owns(domain))
    own = sum(count for _, count in seen.domains) - sum(count for _, count in others)
    if not own:
        return seen
    left = seen.count - own
    return msgspec.structs.replace(
        seen, count=left, domains=others, codes=seen.codes if left else (), at_own_domains=own
    )
