"""Of which streams a change of the registry has the last month's clumps of bounces weighed anew. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sesguard.policy import ClumpRule, policy_from
from sesguard.stream import StreamId
from sesguard.tenants.model import Registry, policy_values


def recounted(was: Registry, wanted: Registry) -> frozenset[StreamId]:
    """Compare how far clumps are forgiven, of streams that are registered and stay.

    Tenants that ``wanted`` does not have are taken as they are, under its policies.
    """
    policies = {**was.policies, **wanted.policies}
    named = {entry.id for entry in wanted.tenants}
    tenants = (*(entry for entry in was.tenants if entry.id not in named), *wanted.tenants)
    new = {each.stream: each for entry in tenants for each in entry.streams}
    changed = set()
    for old in (each for entry in was.tenants for each in entry.streams if each.stream in new):
        before, after = policy_values(old, was.policies), policy_values(new[old.stream], policies)
        if before != after and _clumps(before) != _clumps(after):
            changed.add(old.stream)
    return frozenset(changed)


def _clumps(values: Mapping[str, Any]) -> ClumpRule:
    return policy_from(values).clumps
