"""The registry's items: a tenant's document as DynamoDB holds it, read and written."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.aws.dynamodb import attribute, attributes, plain, plain_item
from sesguard.tenants.items import (
    item_of,
    operator_item,
    operator_of,
    policy_item,
    policy_of,
    pool_item,
    pool_of,
    tenant_of,
)
from sesguard.tenants.model import ChannelEntry, Pool, StreamEntry, TenantEntry, policy_values
from sesguard.tenants.problems import RegistryError
from sesguard.tenants.snapshot import registered
from tests.fakes.registry_documents import HOME, a_tenant

POLICIES = {"careful": {"mode": "observe"}}


def a_stream(name: str, **keys: Any) -> StreamEntry:
    return StreamEntry(account=HOME.account, region=HOME.region, configuration_set=name, **keys)


def test_an_item_put_by_code_needs_an_id_somebody_to_tell_and_its_streams():
    item = {
        "id": {"S": "acme"},
        "contacts": {"L": [{"S": "owner@acme.example"}]},
        "streams": {"L": [{"M": {"configuration_set": {"S": "acme-news"}}}]},
    }
    assert tenant_of(plain_item(item), HOME, {}) == TenantEntry(
        id="acme", contacts=("owner@acme.example",), streams=(a_stream("acme-news"),)
    )


def test_contacts_may_be_a_set_as_they_were_before_there_were_streams():
    item = {"id": {"S": "acme"}, "contacts": {"SS": ["b@acme.example", "a@acme.example"]}}
    assert tenant_of(plain_item(item), HOME, {}).contacts == ("a@acme.example", "b@acme.example")


def test_an_item_that_cannot_be_used_says_everything_that_is_wrong():
    item = a_tenant(contacts=None, streams=[{"configuration_set": "a b", "policy": "careful"}], contcts="2026")
    with pytest.raises(RegistryError, match=r"\(and 3 more\)") as raised:
        tenant_of(item, HOME, {})
    assert [str(each) for each in raised.value.problems] == [
        'contcts: "2026": unknown key; did you mean contacts?',
        "contacts: nobody would be told: add contacts, or channels",
        'streams[0].configuration_set: "a b": expected 1 to 64 letters, digits, - and _, as SES has it',
        'streams[0].policy: "careful": no policy has that name; define it under policies',
    ]


@pytest.mark.parametrize("value", [{"B": b"x"}, {"NULL": True}, {"N": "7"}, {"SS": ["a"]}, {"M": {}}])
def test_attributes_of_any_kind_in_any_place_are_said_and_never_break_anything(value):
    for key in ("id", "name", "contacts", "channels", "streams", "tags", "overrides", "policy", "adopt", "events"):
        item = {**attributes(a_tenant()), key: value}
        said = "fine"
        try:
            tenant_of(plain_item(item), HOME, {})
        except RegistryError as error:
            said = str(error)
        assert said.isprintable()


def test_what_is_said_of_an_item_names_no_address():
    item = a_tenant(contacts=["owner@acme.example,boss@acme.example", "+1 555 0100"], contact="owner@acme.example")
    with pytest.raises(RegistryError) as raised:
        tenant_of(item, HOME, {})
    assert [str(each).split(": expected")[0] for each in raised.value.problems] == [
        "contacts[0]: (not shown, 36 characters)",
        "contacts[1]: (not shown, 11 characters)",
        'contact: "…@acme.example": unknown key; did you mean contacts?',
    ]
    assert all("owner" not in str(each) for each in raised.value.problems)


def test_two_streams_of_one_item_with_the_same_set_are_refused():
    with pytest.raises(RegistryError, match="has the same stream"):
        tenant_of(a_tenant(streams=[{"configuration_set": "a"}] * 2), HOME, {})


def test_what_is_default_is_left_out_and_what_all_streams_share_stands_once():
    streams = (a_stream("news", tls="require", pool="main"), a_stream("receipts", tls="require", tags={"a": "1"}))
    entry = TenantEntry(id="acme", contacts=("a@b.example",), streams=streams)
    assert item_of(entry, HOME) == {
        "id": "acme",
        "contacts": ["a@b.example"],
        "tls": "require",
        "streams": [
            {"configuration_set": "news", "pool": "main"},
            {"configuration_set": "receipts", "tags": {"a": "1"}},
        ],
    }


def test_a_stream_elsewhere_says_where_it_is():
    entry = TenantEntry(
        id="a",
        contacts=("a@b.example",),
        streams=(StreamEntry(account=HOME.account, region="eu-west-1", configuration_set="x"),),
    )
    assert item_of(entry, HOME)["streams"] == [{"configuration_set": "x", "region": "eu-west-1"}]


def test_no_suppression_at_all_is_another_thing_than_what_the_account_has():
    off = tenant_of(a_tenant(streams=[{"configuration_set": "x", "suppression": []}]), HOME, {})
    assert off.streams[0].suppression == ()
    assert tenant_of(a_tenant(), HOME, {}).streams[0].suppression is None
    assert tenant_of(item_of(off, HOME), HOME, {}) == off


def test_a_streams_policy_is_the_named_one_with_its_overrides_on_top():
    entry = a_stream("x", policy="careful", overrides={"bounce_limit": 0.03})
    assert policy_values(entry, POLICIES) == {"mode": "observe", "bounce_limit": 0.03}
    assert policy_values(a_stream("x"), POLICIES) == {}


def test_reserved_items_are_read_as_they_are_written():
    channels = (ChannelEntry(kind="slack", url="ssm:/sesguard/x"),)
    assert policy_of(policy_item("careful", POLICIES["careful"])) == {"mode": "observe"}
    assert pool_of(pool_item("main", Pool("managed"))) == Pool("managed")
    assert operator_of(operator_item(channels)) == channels


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({"id": "@policy/x", "values": {"mode": "off"}}, "values.mode"),
        ({"id": "@policy/x"}, "values: expected a map of a policy's keys"),
    ],
)
def test_a_policy_that_cannot_be_used_says_why(item, said):
    with pytest.raises(RegistryError, match=said):
        policy_of(item)


@pytest.mark.parametrize("item", [{"id": "@pool/x"}, {"id": "@pool/x", "scaling": "big"}, {"id": "@pool/x", "size": 1}])
def test_a_pool_that_cannot_be_used_says_why(item):
    with pytest.raises(RegistryError, match="scaling"):
        pool_of(item)


def test_an_item_that_cannot_be_used_holds_up_no_other():
    found = registered(
        {
            "@policy/careful": policy_item("careful", {"mode": "observe"}),
            "@policy/bad": {"id": "@policy/bad", "values": {"mode": "off"}},
            "@notices": {"id": "@notices", "templates": {}},
            "acme": a_tenant(policy="careful"),
            "beta": a_tenant(id="beta", policy="bad"),
        },
        HOME,
    )
    assert [entry.id for entry in found.registry.tenants] == ["acme"]
    assert sorted(found.unusable) == ["@policy/bad", "beta"]


# ---- attributes


@pytest.mark.parametrize(
    ("value", "kind"),
    [("a", "S"), ("", "S"), (True, "BOOL"), (7, "N"), (1e-6, "N"), (None, "NULL"), ({"a": [1]}, "M"), (["a", {}], "L")],
)
def test_a_plain_value_comes_back_as_it_went(value, kind):
    assert next(iter(attribute(value))) == kind
    assert plain(attribute(value)) == value
    assert type(plain(attribute(value))) is type(value)


def test_sets_come_back_as_sorted_lists_and_whole_numbers_as_such():
    assert plain({"SS": ["b", "a"]}) == ["a", "b"]
    assert plain({"NS": ["10", "9", "0.5"]}) == [0.5, 9, 10]
    assert plain({"N": "1.0"}) == 1
    assert plain({"N": "1E+2"}) == 100


def test_what_is_no_plain_value_is_refused():
    with pytest.raises(TypeError, match="object is no plain value"):
        attribute({"a": object()})


@pytest.mark.parametrize(
    "channel",
    [
        {"kind": "webhook", "url": "https://mallory.example/x", "secret": "secretsmanager:sesguard/victim/hook"},
        {"kind": "webhook", "url": "ssm:/sesguard/victim/url"},
        {"kind": "slack", "url": "ssm:/sesguard/victim/slack"},
        {"kind": "slack", "url": "ssm:/sesguard/mallory"},
        {"kind": "slack", "url": "ssm:/sesguard/mallory-2/slack"},
        {"kind": "teams", "url": "ssm:/sesguard/operator/teams"},
    ],
)
def test_a_tenant_names_no_secret_but_its_own(channel):
    document = a_tenant(id="mallory", channels=[channel])
    with pytest.raises(RegistryError) as raised:
        tenant_of(document, HOME, {})
    (problem,) = raised.value.problems
    assert "its secrets are ssm:/sesguard/mallory/… and secretsmanager:sesguard/mallory/…" in problem.remedy
    assert "victim" not in problem.value


@pytest.mark.parametrize("name", ["victim", "mallory-2", "mallory-", "Mallory", "OperatorTopic-1A2B", "operator"])
def test_a_tenant_names_no_topic_but_its_own(name):
    channel = {"kind": "sns", "topic": f"arn:aws:sns:eu-west-1:123456789012:sesguard-{name}"}
    with pytest.raises(RegistryError) as raised:
        tenant_of(a_tenant(id="mallory", channels=[channel]), HOME, {})
    (problem,) = raised.value.problems
    assert "its topics are called sesguard-mallory, in any account and region" in problem.remedy
    assert name not in problem.value


@pytest.mark.parametrize("where", ["eu-west-1:123456789012", "us-east-1:999999999999"])
def test_a_tenants_own_topic_may_be_anywhere(where):
    channel = {"kind": "sns", "topic": f"arn:aws:sns:{where}:sesguard-acme"}
    assert tenant_of(a_tenant(id="acme", channels=[channel]), HOME, {}).channels[0].topic == channel["topic"]


@pytest.mark.parametrize("name", ["acme-example", "acme"])
def test_a_tenant_whose_id_no_topic_can_have_is_told_so(name):
    channel = {"kind": "sns", "topic": f"arn:aws:sns:eu-west-1:123456789012:sesguard-{name}"}
    with pytest.raises(RegistryError, match=r"id holds a dot has no topics"):
        tenant_of(a_tenant(id="acme.example", channels=[channel]), HOME, {})


def test_a_tenant_that_is_called_as_the_operator_has_no_topics():
    channel = {"kind": "sns", "topic": "arn:aws:sns:eu-west-1:123456789012:sesguard-operator"}
    with pytest.raises(RegistryError, match=r"sesguard-operator is the operator's: choose another id"):
        tenant_of(a_tenant(id="operator", channels=[channel]), HOME, {})


def test_a_tenant_that_is_called_as_the_operator_gets_none_of_its_secrets():
    with pytest.raises(RegistryError, match=r"is the operator's: choose another id"):
        tenant_of(
            a_tenant(id="operator", channels=[{"kind": "slack", "url": "ssm:/sesguard/operator/slack"}]), HOME, {}
        )
