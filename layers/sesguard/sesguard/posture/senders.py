"""Domains that mail is seen to be from, whoever has registered them, and whether it can be left with one click. Pure.

Of the Send events a small sample is looked at; what is kept are counts, by stream and domain of the From address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

from sesguard.posture.bulk_senders import ONE_CLICK_SHARE
from sesguard.posture.domain_name import parents
from sesguard.posture.owner import IdentityOwner

NOBODY: Final = IdentityOwner("", ())
ENOUGH: Final = 20
"""Sampled mails with headers, from which on it can be told whether a domain's mail can be left with one click."""


class SenderCounts(NamedTuple):
    """Mails that were sampled, those of them whose headers were there, and those that can be left with one click."""

    mails: int
    headed: int
    one_click: int


class OneClickSample(NamedTuple):
    """Of ``mails`` that were sampled and whose headers SES published, those that can be left so (RFC 8058)."""

    mails: int
    one_click: int

    @property
    def holds(self) -> bool | None:
        """Whether nearly all of it can be; None while too little was seen."""
        return self.one_click >= ONE_CLICK_SHARE * self.mails if self.mails >= ENOUGH else None


NOTHING_SEEN: Final = OneClickSample(0, 0)


class SenderDomain(NamedTuple):
    """A domain that mail of a configuration set is from."""

    domain: str
    configuration_set: str
    sample: OneClickSample


def sample_of(seen: Iterable[SenderDomain], domain: str) -> OneClickSample:
    """Sum up what was seen of a domain's mail."""
    samples = [each.sample for each in seen if each.domain == domain]
    return OneClickSample(sum(it.mails for it in samples), sum(it.one_click for it in samples))


def unnamed(seen: Iterable[SenderDomain], identities: Collection[str]) -> set[str]:
    """The domains that no identity is, nor is an address at: nobody would look at them."""
    known = {name.rpartition("@")[2] for name in identities}
    return {each.domain for each in seen} - known


def owner_of(
    name: str, owners: Mapping[str, IdentityOwner], seen: Iterable[SenderDomain], tenants: Mapping[str, str]
) -> IdentityOwner:
    """Whose a domain is, by the registry: whose identity it is, or is below. tenants: of each configuration set.

    That mail was seen to be from it makes it nobody's: whoever may name a tenant's configuration set could otherwise
    have that tenant told of domains of his own, and watched for them.
    """
    if name in owners:
        return owners[name]
    owner = next((owners[above] for above in parents(name) if above in owners), NOBODY)
    sets = {each.configuration_set for each in seen if each.domain == name}
    mine = tuple(sorted(each for each in sets if tenants.get(each) == owner.tenant))
    return IdentityOwner(owner.tenant, mine or owner.sets) if owner.tenant else NOBODY
