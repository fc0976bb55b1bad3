"""Who sends from which identity, by what is lined up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sesguard.errors import AwsError
from sesguard.provisioning.desired import LastApplied, entry_of, written
from sesguard.provisioning.senders import SendersInForce, senders_in_force
from sesguard.provisioning.task import ProvisioningTask, TaskState
from sesguard.tenants.sender import RegisteredSender
from tests.fakes.onboarding import HOME, Platform

ACME = RegisteredSender("acme", "acme-news")


def known(platform: Platform) -> SendersInForce:
    return senders_in_force(platform.rows.stored.values(), HOME)


@pytest.fixture
def platform() -> Platform:
    platform = Platform()
    platform.tenant(
        "acme",
        {"configuration_set": "acme-news", "identities": ["acme.example", "News@Acme.example"]},
        "acme-receipts",
    )
    platform.tenant("shop", {"configuration_set": "shop-news", "identities": ["shop.example"]})
    return platform


def test_each_identity_is_its_streams_and_each_set_its_tenants(platform: Platform) -> None:
    assert known(platform) == SendersInForce(
        {"acme.example": ACME, "news@acme.example": ACME, "shop.example": RegisteredSender("shop", "shop-news")},
        {"acme-news": "acme", "acme-receipts": "acme", "shop-news": "shop"},
    )


def test_what_leaves_the_registry_is_not_known_any_more(platform: Platform) -> None:
    platform.delete("shop")
    assert known(platform).identities.keys() == {"acme.example", "news@acme.example"}
    assert known(platform).sets.keys() == {"acme-news", "acme-receipts"}


def test_a_tenant_whose_item_cannot_be_used_keeps_what_it_had(platform: Platform) -> None:
    before = known(platform)
    platform.put(id="acme", streams=5)
    assert known(platform) == before


def test_pools_and_streams_of_other_regions_are_left_out(platform: Platform) -> None:
    before = known(platform)
    platform.put(id="@pool/shared", scaling="managed")
    elsewhere = {"configuration_set": "far", "identities": ["far.example"], "region": "ap-south-1"}
    platform.tenant("far", elsewhere)
    assert known(platform) == before


def a_row(tenant: str, name: str, identity: str, state: TaskState, platform: Platform) -> ProvisioningTask:
    row = platform.row("shop-news")
    wanted = row.wanted.replace("shop-news", name).replace("shop.example", identity)
    return replace(row, key=str(HOME._replace(configuration_set=name)), tenant=tenant, wanted=wanted, state=state)


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_an_identity_that_two_tenants_name_is_whoever_has_it_and_else_nobodys(platform: Platform, name: str) -> None:
    rows = [*platform.rows.stored.values()]
    failed = a_row("mallory", name, "acme.example", TaskState.FAILED, platform)
    assert senders_in_force([*rows, failed], HOME).identities["acme.example"] == ACME
    waiting = replace(failed, state=TaskState.WAITING)
    assert "acme.example" not in senders_in_force([*rows, waiting], HOME).identities
    assert senders_in_force([*rows, waiting], HOME).identities["shop.example"].tenant == "shop"


def test_who_names_an_identity_and_does_not_get_it_takes_nobodys_outcomes(platform: Platform) -> None:
    """Else outcomes of all who send from a platform's shared domain would be held against nobody."""
    failed = a_row("mallory", "mallory-news", "shared.example", TaskState.FAILED, platform)
    rows = [*platform.rows.stored.values(), replace(failed, was="", made=frozenset())]
    assert "shared.example" not in senders_in_force(rows, HOME).identities
    had = replace(failed, made=frozenset({"identity:shared.example"}))
    assert senders_in_force([had], HOME).identities["shared.example"].tenant == "mallory"


def test_who_had_it_and_fails_for_another_reason_keeps_it(platform: Platform) -> None:
    row = platform.row("shop-news")
    was = written(LastApplied("shop", entry_of(row.wanted)))
    rows = [replace(row, state=TaskState.FAILED, was=was)]
    assert senders_in_force(rows, HOME).identities["shop.example"].tenant == "shop"


def test_a_row_that_cannot_be_read_holds_up_no_other(platform: Platform) -> None:
    row = platform.row("shop-news")
    platform.rows.stored[row.key] = replace(row, wanted="{broken")
    assert known(platform).identities == {"acme.example": ACME, "news@acme.example": ACME}


def test_it_is_kept_where_ingest_reads_it_and_a_failure_is_the_callers(platform: Platform) -> None:
    assert platform.keep_senders() == known(platform)
    stored = platform.senders.load(HOME, platform.now)
    assert stored.sender_of("ceo@shop.example") == RegisteredSender("shop", "shop-news")

    def fail(_: str) -> None:
        raise AwsError("Scan", "InternalServerError", retryable=True)

    platform.rows.hook = fail
    with pytest.raises(AwsError):
        platform.keep_senders()
