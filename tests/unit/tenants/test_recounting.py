"""Of which streams clumps of bounces are weighed anew, as a file changes the registry."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.tenants.model import Registry, StreamEntry, TenantEntry
from sesguard.tenants.recounting import recounted
from tests.fakes.registry_documents import HOME


def a_stream(name: str, policy: str = "careful", **overrides: Any) -> StreamEntry:
    return StreamEntry(
        account=HOME.account, region=HOME.region, configuration_set=name, policy=policy, overrides=overrides
    )


def a_registry(*streams: StreamEntry, tenant: str = "acme", **policies: Any) -> Registry:
    return Registry(tenants=(TenantEntry(id=tenant, streams=streams),), policies=policies)


def names(was: Registry, wanted: Registry) -> set[str]:
    return {stream.configuration_set for stream in recounted(was, wanted)}


WAS = a_registry(a_stream("news"), a_stream("receipts", "default"), careful={"clump_per_domain": 5})


def test_those_whose_policy_forgives_by_another_rule_are():
    wanted = a_registry(a_stream("news"), a_stream("receipts", "default"), careful={"clump_per_domain": 2})
    assert names(WAS, wanted) == {"news"}


@pytest.mark.parametrize(
    "policy", [{"clump_per_domain": 5, "mode": "observe"}, {"clump_per_domain": 5, "clump_forgiven_a_day": 200}]
)
def test_nobody_is_where_the_rule_stays(policy):
    assert names(WAS, a_registry(a_stream("news"), a_stream("receipts", "default"), careful=policy)) == set()


def test_a_stream_that_names_another_policy_or_overrides_the_rule_is():
    moved = a_registry(a_stream("news", "default"), a_stream("receipts", "default", clump_young_days=3))
    assert names(WAS, moved) == {"news", "receipts"}


def test_a_tenant_of_whom_the_file_says_nothing_is_by_the_policies_of_the_file():
    others = a_registry(a_stream("new"), tenant="beta", careful={"clump_per_domain": 2})
    assert names(WAS, others) == {"news"}


def test_a_stream_that_comes_or_goes_is_not():
    assert names(WAS, a_registry(a_stream("new"), careful={"clump_per_domain": 2})) == set()
