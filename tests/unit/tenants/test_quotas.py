"""SES's quotas for an account and region, and how tenants past them are split."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from sesguard.tenants.model import StreamEntry, TenantEntry
from sesguard.tenants.quotas import (
    IDENTITIES,
    MAILS,
    SES_TENANTS,
    SETS,
    Home,
    Over,
    daily_mails,
    over_mails,
    over_quota,
)
from tests.fakes.registry_documents import HOME

HERE = Home(HOME.account, HOME.region)
NONE: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("needs", "quota", "over"), [(50_000, 50_000, False), (50_001, 50_000, True), (10**9, -1, False), (1, 0, True)]
)
def test_mails_of_a_day_past_the_accounts_quota_are_said(needs, quota, over):
    assert over_mails(needs, quota, HERE) == ([Over(HERE, MAILS, needs, quota)] if over else [])


def test_only_mails_of_this_account_and_region_are_added_up():
    here = StreamEntry(account=HOME.account, region=HOME.region, configuration_set="a", daily_mails=40_000)
    there = StreamEntry(account=HOME.account, region="eu-south-1", configuration_set="a", daily_mails=90_000)
    unsaid = StreamEntry(account=HOME.account, region=HOME.region, configuration_set="b")
    assert daily_mails([TenantEntry(id="acme", streams=(here, there, unsaid))], HERE) == 40_000


def a_tenant(
    name: str, sets: int, *, identities: int = 0, ses_tenants: int = 0, account: str = HOME.account
) -> TenantEntry:
    streams = tuple(
        StreamEntry(
            account=account,
            region=HOME.region,
            configuration_set=f"{name}-{number}",
            identities=tuple(f"{name}-{number}-{each}.example" for each in range(identities)),
            ses_tenant=f"{name}-{number}" if number < ses_tenants else "",
        )
        for number in range(sets)
    )
    return TenantEntry(id=name, contacts=("a@b.example",), streams=streams)


def over(tenants: Iterable[TenantEntry], existing: int = 1, registered: Iterable[str] = ()) -> list[Over]:
    sets = frozenset(f"other-{number}" for number in range(existing))
    return over_quota(tenants, {HERE: sets}, frozenset(registered))


def test_up_to_the_quota_there_is_nothing_to_say():
    assert over([a_tenant("a", 9_999)]) == []
    assert over([a_tenant("a", 9_999)], existing=0) == []


def test_the_guards_own_set_counts_where_nobody_knows_what_there_is():
    elsewhere = a_tenant("a", 10_000, account="444455556666")
    (found,) = over_quota([elsewhere], {}, NONE)
    assert (found.home.account, found.needs) == ("444455556666", 10_001)


def test_past_the_quota_the_fewest_and_smallest_whole_tenants_move():
    tenants = [a_tenant("large", 6_000), a_tenant("middle", 3_000), a_tenant("small", 1_100), a_tenant("tiny", 10)]
    (found,) = over(tenants)
    assert (found.what, found.needs, found.most) == (SETS, 10_111, 10_000)
    assert found.groups == ((("small",), 1_100),)


def test_where_no_single_tenant_is_enough_the_largest_move_first():
    tenants = [*(a_tenant(f"t{number:02}", 1_000) for number in range(12)), a_tenant("tail", 500)]
    (found,) = over(tenants)
    (group,) = found.groups
    assert (len(group.tenants), group.sets) == (3, 2_501 // 1_000 * 1_000 + 1_000)


def test_tenants_that_are_onboarded_stay_as_long_as_new_ones_are_enough():
    tenants = [a_tenant("old", 5_000), a_tenant("new-1", 2_600), a_tenant("new-2", 2_600)]
    (found,) = over(tenants, registered=["old"])
    assert found.groups == ((("new-1",), 2_600),)
    (found,) = over(tenants, existing=4_900, registered=["old"])
    assert found.groups == ((("new-1", "new-2"), 5_200),)
    (found,) = over(tenants, existing=9_000, registered=["old"])
    assert {name for group in found.groups for name in group.tenants} == {"old", "new-1", "new-2"}


def test_what_moves_is_put_into_as_few_accounts_as_will_do():
    tenants = [a_tenant(f"t{number:02}", 3_000) for number in range(10)]
    (found,) = over(tenants)
    assert [len(group.tenants) for group in found.groups] == [3, 3, 1]
    assert all(group.sets <= 9_999 for group in found.groups)


def test_a_tenant_that_fits_into_no_account_is_named():
    (found,) = over([a_tenant("huge", 10_001), a_tenant("b", 1)])
    assert found.too_large == ("huge",)


def test_of_very_many_small_tenants_just_enough_move():
    tenants = [a_tenant(f"t{number:05}", 1) for number in range(12_000)]
    (found,) = over(tenants)
    assert [group.sets for group in found.groups] == [2_001]


def test_ses_tenants_may_be_raised_so_nobody_has_to_move():
    found = over_quota([a_tenant(f"t{n:05}", 1, ses_tenants=1, account="444455556666") for n in range(9_999)], {}, NONE)
    assert found == []
    more = [a_tenant(f"s{n}", 1, ses_tenants=1) for n in range(10_001)]
    sets, ses_tenants = over_quota(more, {HERE: NONE}, NONE)
    assert (sets.what, ses_tenants.what) == (SETS, SES_TENANTS)


@pytest.mark.parametrize("identities", [3])
def test_identities_past_their_quota_move_with_their_tenants(identities):
    tenants = [a_tenant(f"t{number}", 1_000, identities=identities) for number in range(4)]
    (found,) = over(tenants)
    assert (found.what, found.needs) == (IDENTITIES, 12_000)
    (group,) = found.groups
    assert len(group.tenants) == 1
