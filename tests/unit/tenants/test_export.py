"""A registry as a file, and what SES has as one."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from sesguard.tenants.adopt import Seen, registry_of
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.tenants.inventory import SetSeen
from sesguard.tenants.model import ChannelEntry, Pool, Registry, StreamEntry, TenantEntry
from sesguard.tenants.yaml_text import read_yaml
from tests.fakes.registry_documents import HOME, registry_in
from tests.unit.tenants.test_file import FINE, FINE_READ


def text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("lines", [False, True], ids=["yaml", "jsonl"])
def test_what_is_exported_reads_as_the_same_registry(lines):
    write = as_json_lines if lines else as_yaml
    assert registry_in(text(write(FINE_READ, HOME)), lines=lines) == FINE_READ == registry_in(FINE)


def test_an_export_looks_as_a_person_would_write_it():
    entry = TenantEntry(
        id="acme",
        name="Acme Ltd",
        contacts=("owner@acme.example",),
        tags={"cost-centre": "42"},
        streams=(
            StreamEntry(
                account=HOME.account,
                region=HOME.region,
                configuration_set="acme-news",
                overrides={"cool_down": "2h"},
                tags={"cost-centre": "42"},
            ),
        ),
    )
    assert (
        text(as_yaml(Registry(tenants=(entry,), pools={"main": Pool("managed")}), HOME))
        == """\
pools: {main: {scaling: managed}}
tenants:
  - id: acme
    name: Acme Ltd
    contacts: [owner@acme.example]
    tags: {cost-centre: "42"}
    streams:
      - configuration_set: acme-news
        overrides: {cool_down: 2h}
"""
    )


@pytest.mark.parametrize(
    "name", ["no", "NULL", "~", "1e-6", "0x1F", "- a", "a: b", "#x", '"', "'", "{", "é\u2028é", "💡"]
)
def test_text_that_yaml_might_take_for_something_else_is_quoted(name):
    registry = Registry(tenants=(TenantEntry(id="acme", name=name, contacts=("a@b.example",)),))
    written = text(as_yaml(registry, HOME))
    assert all(line.isprintable() for line in written.split("\n"))
    assert read_yaml(written)["tenants"][0]["name"] == name


def test_an_empty_registry_is_an_empty_file():
    assert text(as_yaml(Registry(), HOME)) == text(as_json_lines(Registry(), HOME)) == ""


def test_that_the_operator_has_no_channel_any_more_can_be_said():
    assert registry_in(text(as_yaml(Registry(operator=()), HOME))).operator == ()


# ---- what SES has


def a_set(name: str, **keys: object) -> SetSeen:
    return SetSeen(name, "", "optional", None, {})._replace(**keys)  # type: ignore[arg-type]  # fields by their names


def imported(*sets: SetSeen, by_tag: str = "", **more: object) -> Registry:
    return registry_of(Seen(sets, **more), HOME, "team@platform.example", by_tag)  # type: ignore[arg-type]  # as above


def test_each_set_is_adopted_as_it_is_by_a_tenant_of_its_own():
    seen = a_set("news", pool="main", tls="require", suppression=("bounce",), tags={"team": "a"})
    (tenant,) = imported(seen, defaults={"acme.example": "news", "b.example": ""}).tenants
    assert (tenant.id, tenant.contacts) == ("news", ("team@platform.example",))
    assert tenant.streams == (
        StreamEntry(
            account=HOME.account,
            region=HOME.region,
            configuration_set="news",
            identities=("acme.example",),
            pool="main",
            tls="require",
            suppression=("bounce",),
            tags={"team": "a"},
            adopt=True,
        ),
    )


def test_sets_with_the_same_tag_are_one_tenants():
    tagged = [a_set(name, tags={"tenant": owner}) for name, owner in (("a", "Acme Ltd"), ("b", "Acme Ltd"), ("c", ""))]
    tenants = imported(*tagged, by_tag="tenant").tenants
    assert [(each.id, each.name, [one.configuration_set for one in each.streams]) for each in tenants] == [
        ("Acme-Ltd", "Acme Ltd", ["a", "b"]),
        ("c", "", ["c"]),
    ]


def test_ids_that_would_be_the_same_are_told_apart():
    tenants = imported(
        a_set("acme"), a_set("x", tags={"t": "acme"}), a_set("y", tags={"t": "ac/me"}), by_tag="t"
    ).tenants
    assert sorted(each.id for each in tenants) == ["ac-me", "acme", "acme-2"]


@pytest.mark.parametrize(("name", "made"), [("-x", "x"), ("___", "tenant"), ("a" * 64, "a" * 64)])
def test_an_id_is_made_of_any_name_that_ses_takes(name, made):
    assert imported(a_set(name)).tenants[0].id == made


def test_a_set_without_a_pool_keeps_sending_as_it_did():
    assert imported(a_set("a")).tenants[0].streams[0].pool == "shared"
    registry = imported(a_set("a"), dedicated=True)
    assert registry.tenants[0].streams[0].pool == "ses-default-dedicated-pool"
    assert registry_in(text(as_yaml(registry, HOME))) == registry


def test_tags_that_the_guard_sets_or_aws_keeps_are_left_out():
    seen = a_set("a", tags={"tenant": "x", "sesguard": "y", "aws:cloudformation:stack-name": "z", "team": "a"})
    assert imported(seen).tenants[0].streams[0].tags == {"team": "a"}


def test_what_is_imported_is_a_file_with_which_all_is_well():
    seen = [a_set("a", pool="main"), a_set("b", pool="shared", suppression=())]
    registry = imported(*seen, pools={"main": Pool("standard")}, dedicated=True)
    assert registry_in(text(as_yaml(registry, HOME))) == registry
    assert [json.loads(line).get("id") for line in as_json_lines(registry, HOME)] == [None, "a", "b"]


def test_a_channel_is_exported_by_where_its_secret_is_kept():
    registry = Registry(operator=(ChannelEntry(kind="webhook", url="https://a.example/x", secret="ssm:/sesguard/x"),))
    assert registry_in(text(as_yaml(registry, HOME))) == registry
