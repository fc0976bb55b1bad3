"""What a file asks of SES that SES, as it is, would refuse."""

from __future__ import annotations

import pytest

from sesguard.tenants.inventory import Inventory
from sesguard.tenants.model import Pool, Registry
from sesguard.tenants.preflight import Preflight, asked
from tests.fakes.registry_documents import HOME, a_file

FINE = """\
pools: {main: {scaling: managed}}
tenants:
  - id: acme
    contacts: [owner@acme.example]
    streams:
      - configuration_set: acme-news
        identities:
          - news.acme.example
          - acme.example
"""
VERIFIED = {"acme.example": True, "news.acme.example": True}


def found(
    text: str = FINE,
    *,
    identities: dict[str, bool] | None = None,
    pools: dict[str, str] | None = None,
    registered: Registry | None = None,
    addresses: int = 1,
) -> list[str]:
    """The problems of a file, with what SES has."""
    wanted = a_file(text)
    there = dict(pools or {})
    inventory = Inventory(identities=VERIFIED if identities is None else identities, pools=frozenset(there))
    Preflight(
        HOME, registered or Registry(), inventory, there.__getitem__, "sesguard-notices", lambda _: addresses
    ).check(wanted)
    return [str(problem) for problem in wanted.found.all()]


def test_verified_identities_and_a_new_pool_are_fine():
    assert found() == []


def test_an_identity_that_ses_has_not_verified_is_said_with_its_line():
    (problem,) = found(identities={**VERIFIED, "acme.example": False})
    assert problem.startswith(
        'line 9: tenants[0].streams[0].identities[1]: "acme.example": SES has not verified it yet'
    )
    assert problem.endswith("publish the records that SES shows for it, or leave it out")


def test_an_identity_that_ses_does_not_have_is_said_with_where_it_was_looked_for():
    (problem,) = found(identities={"acme.example": True})
    assert problem.startswith(
        'line 8: tenants[0].streams[0].identities[0]: "news.acme.example": SES has no such identity'
    )
    assert "111122223333 us-east-1" in problem


ON_MAIN = FINE.replace("configuration_set: acme-news", "configuration_set: acme-news\n        pool: main")


def test_a_stream_on_a_pool_without_addresses_is_an_error_with_what_to_do():
    (problem,) = found(ON_MAIN.replace("managed", "standard"), pools={"main": "standard"}, addresses=0)
    assert "streams[0].pool: " in problem
    assert "sesguard tenants pools assign main ADDRESS" in problem
    assert found(ON_MAIN.replace("managed", "standard"), pools={"main": "standard"}, addresses=1) == []


def test_so_is_one_on_a_standard_pool_that_is_yet_to_be_made():
    (problem,) = found(ON_MAIN.replace("managed", "standard"))
    assert "apply the pool alone" in problem


def test_a_managed_pool_brings_addresses_of_its_own():
    assert found(ON_MAIN) == []
    assert found(ON_MAIN, pools={"main": "managed"}, addresses=0) == []


def test_a_stream_that_is_on_it_already_stops_no_other_change():
    text = ON_MAIN.replace("managed", "standard")
    registered = a_file(text).registry
    assert found(text, pools={"main": "standard"}, registered=registered, addresses=0) == []


def test_streams_that_other_guards_serve_are_not_looked_at():
    elsewhere = FINE.replace("configuration_set: acme-news", "configuration_set: acme-news\n        region: eu-west-1")
    assert found(elsewhere, identities={}) == []
    assert asked(a_file(elsewhere), HOME) == (True, False, True)


def test_a_file_that_says_nothing_of_ses_asks_nothing_of_it():
    assert not asked(a_file("policies: {careful: {mode: observe}}"), HOME).any


def test_the_guards_own_set_cannot_be_a_stream():
    (problem,) = found(FINE.replace("acme-news", "sesguard-notices"))
    assert "is the guard's own, for its notices: it would pause itself. Leave it out" in problem


@pytest.mark.parametrize(("there", "fine"), [(49, True), (50, False)])
def test_pools_past_the_quota_of_the_region_are_refused_with_what_to_do(there, fine):
    problems = found(pools={f"pool-{number}": "standard" for number in range(there)})
    assert problems == ([] if fine else problems)
    if not fine:
        assert problems[0].startswith("line 1: pools: a map: 51 pools with the 50 that SES has in us-east-1")
        assert problems[0].endswith("let tenants share pools, or delete those that no configuration set uses")


def test_no_new_pool_no_quota():
    assert found(pools={f"pool-{number}": "standard" for number in range(59)} | {"main": "managed"}) == []


def test_a_pool_that_ses_has_is_taken_as_it_is():
    assert found(pools={"main": "managed"}) == []
    (problem,) = found(pools={"main": "standard"})
    assert problem.startswith('line 1: pools.main.scaling: "managed": SES has a pool of that name, standard')
    assert problem.endswith("say scaling: standard, or choose another name")


def test_a_standard_pool_of_the_guard_may_become_managed_and_not_the_other_way():
    was_standard = Registry(pools={"main": Pool("standard")})
    assert found(pools={"main": "standard"}, registered=was_standard) == []
    was_managed = Registry(pools={"main": Pool("managed")})
    back = FINE.replace("scaling: managed", "scaling: standard")
    (problem,) = found(back, pools={"main": "managed"}, registered=was_managed)
    assert problem.endswith("SES makes no managed pool standard: declare a new one and move the streams to it")
