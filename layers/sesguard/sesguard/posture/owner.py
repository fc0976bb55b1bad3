"""Whose an identity is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sesguard.tenants.model import TenantEntry


class IdentityOwner(NamedTuple):
    """The tenant of an identity, and the configuration sets of its streams that send with it."""

    tenant: str
    sets: tuple[str, ...]


def tenants_of(tenants: Iterable[TenantEntry], account: str, region: str) -> Mapping[str, str]:
    """Find the tenant of each configuration set of this account and region."""
    return {
        stream.configuration_set: tenant.id
        for tenant in tenants
        for stream in tenant.streams
        if (stream.account, stream.region) == (account, region)
    }


def owners_of(tenants: Iterable[TenantEntry], account: str, region: str) -> Mapping[str, IdentityOwner]:
    """Find the owner of each identity that a stream of this account and region names."""
    found: dict[str, IdentityOwner] = {}
    for tenant in tenants:
        for stream in tenant.streams:
            if (stream.account, stream.region) != (account, region):
                continue
            for name in stream.identities:
                known = found.get(name, IdentityOwner(tenant.id, ()))
                found[name] = known._replace(sets=(*known.sets, stream.configuration_set))
    return found
