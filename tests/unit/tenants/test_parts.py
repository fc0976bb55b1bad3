"""One file of tenants for many guards: each takes what is its own, and what is nobody's is named."""

from __future__ import annotations

from sesguard.stream import StreamId
from sesguard.tenants.document import Wanted
from sesguard.tenants.file import read
from sesguard.tenants.model import Pool, Registry
from sesguard.tenants.parts import UNPLACED, check_left, check_places, own_streams, part_of, pools_of_nobody, usual_home
from sesguard.tenants.quotas import Home

HERE = Home("123456789012", "eu-west-1")
THERE = Home("444455556666", "us-east-1")
NOWHERE = StreamId(*UNPLACED, "")
FILE = f"""\
policies: {{careful: {{mode: observe}}}}
pools: {{main: {{scaling: managed}}, spare: {{scaling: managed}}}}
tenants:
  - id: acme
    contacts: [owner@acme.example]
    streams:
      - {{configuration_set: acme, account: "{HERE.account}", region: {HERE.region}, pool: main}}
      - {{configuration_set: acme, account: "{THERE.account}", region: {THERE.region}}}
  - id: beta
    contacts: [owner@beta.example]
    streams: [{{configuration_set: beta, account: "{THERE.account}", region: {THERE.region}}}]
"""


def wanted(text: str = FILE, home: StreamId = NOWHERE) -> Wanted:
    return read(text.encode(), home, lines=False)


def ids(registry: Registry) -> list[str]:
    return [each.id for each in registry.tenants]


def problems(file: Wanted) -> list[tuple[int, str, str]]:
    return [(it.line, it.key, it.value) for it in file.found.all()]


def test_a_guard_takes_the_tenants_with_a_stream_there_whole() -> None:
    whole = wanted().registry
    here = part_of(whole, HERE, Registry())
    assert ids(here) == ["acme"]
    assert len(here.tenants[0].streams) == 2
    assert ids(part_of(whole, THERE, Registry())) == ["acme", "beta"]


def test_a_pool_goes_where_a_stream_names_it_or_where_it_is_registered_and_policies_go_everywhere() -> None:
    whole = wanted().registry
    here, there = part_of(whole, HERE, Registry()), part_of(whole, THERE, Registry())
    assert (list(here.pools), list(there.pools)) == (["main"], [])
    assert list(here.policies) == list(there.policies) == ["careful"]
    assert list(pools_of_nobody(whole, [here, there])) == ["spare"]
    registered = Registry(pools={"spare": Pool("managed"), "others": Pool("managed")})
    assert list(part_of(whole, THERE, registered).pools) == ["spare"]


def test_a_stream_is_where_all_guards_are_if_it_does_not_say_it() -> None:
    assert usual_home([HERE])[:2] == HERE
    assert usual_home([HERE, HERE._replace(region="us-east-1")])[:2] == (HERE.account, UNPLACED.region)
    assert usual_home([HERE, HERE._replace(account=THERE.account)])[:2] == (UNPLACED.account, HERE.region)
    assert usual_home([HERE, THERE])[:2] == UNPLACED


def test_each_stream_that_no_guard_serves_is_named_with_its_line_and_what_to_do() -> None:
    file = wanted()
    check_places(file, {HERE, THERE})
    assert problems(file) == []
    check_places(file, {HERE})
    assert problems(file) == [
        (8, "tenants[0].streams[1].configuration_set", f'"{THERE.account}/{THERE.region}/acme"'),
        (11, "tenants[1].streams[0].configuration_set", f'"{THERE.account}/{THERE.region}/beta"'),
    ]
    assert f"say where one is: {HERE.account}/{HERE.region}" in file.found.all()[0].remedy


def test_a_stream_that_says_neither_account_nor_region_lacks_both_where_guards_have_neither_in_common() -> None:
    text = "tenants:\n- id: acme\n  contacts: [a@acme.example]\n  streams:\n  - configuration_set: acme\n"
    file = wanted(text)
    check_places(file, {HERE, THERE})
    assert problems(file) == [(5, f"tenants[0].streams[0].{key}", "") for key in ("account", "region")]
    other = HERE._replace(region="us-east-1")
    file = wanted(text, usual_home([HERE, other]))
    check_places(file, {HERE, other})
    assert problems(file) == [(5, "tenants[0].streams[0].region", "")]


def test_a_stream_that_a_tenant_has_who_stays_registered_there_is_not_given_to_another() -> None:
    file = wanted()
    was = wanted(FILE.replace("configuration_set: beta", "configuration_set: other")).registry
    part = part_of(file.registry, THERE, Registry())
    check_left(file, part, THERE, was)  # beta changes its stream itself
    assert problems(file) == []
    gone = wanted(FILE.replace("id: beta", "id: gone")).registry
    check_left(file, part, THERE, gone)
    assert problems(file) == [(11, "tenants[1].streams[0].configuration_set", f'"{THERE.account}/{THERE.region}/beta"')]
    assert "gone" in file.found.all()[0].remedy


def test_what_a_guard_has_on_record_of_streams_elsewhere_is_not_its_own() -> None:
    own = own_streams(wanted().registry, HERE)
    assert [[it.stream[:2] for it in each.streams] for each in own.tenants] == [[HERE], []]
    assert (own.policies, own.pools) == ({}, {})
