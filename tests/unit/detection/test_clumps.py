"""The clump rule: each receiving domain counts only so often a day."""

from __future__ import annotations

import pytest

from sesguard.detection.clumps import forgiven


def clump(bounces: int, domain: str = "dead.example", minute: int = 100) -> dict[str, dict[int, int]]:
    return {domain: {minute: bounces}}


@pytest.mark.parametrize(("bounces", "left_out"), [(1, 0), (10, 0), (11, 1), (60, 50)])
def test_ten_bounces_a_day_of_one_domain_count_and_the_rest_does_not(bounces: int, left_out: int) -> None:
    assert sum(forgiven(clump(bounces), per_domain=10, per_day=200).values()) == left_out


@pytest.mark.parametrize(("bounces", "left_out"), [(209, 199), (210, 200), (211, 200), (5_000, 200)])
def test_at_most_200_are_forgiven_a_day(bounces: int, left_out: int) -> None:
    assert sum(forgiven(clump(bounces), per_domain=10, per_day=200).values()) == left_out


def test_the_daily_cap_is_one_for_all_domains() -> None:
    domains = {**clump(160, "dead.example"), **clump(160, "gone.example", minute=200)}
    assert sum(forgiven(domains, per_domain=10, per_day=200).values()) == 200


@pytest.mark.parametrize("domain", ["gmail.com", "outlook.com", "yahoo.com", "", "invalid"])
def test_large_mailbox_providers_and_unknown_domains_are_forgiven_nothing(domain: str) -> None:
    assert forgiven(clump(100, domain), per_domain=10, per_day=200) == {}


def test_the_earliest_sent_bounces_count() -> None:
    minutes = {"dead.example": {30: 8, 10: 7, 20: 5}}
    assert forgiven(minutes, per_domain=10, per_day=200) == {20: 2, 30: 8}


def test_many_domains_with_few_bounces_each_are_a_bad_list() -> None:
    domains = {f"company-{number}.example": {number: 10} for number in range(50)}
    assert forgiven(domains, per_domain=10, per_day=200) == {}
