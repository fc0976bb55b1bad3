"""What applying a file would change, and applying it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from sesguard.tenants.apply import ApplyOutcome, apply
from sesguard.tenants.plan import Change, Plan, PlanAction, plan
from sesguard.tenants.snapshot import registered
from tests.fakes.registry import MemoryStore
from tests.fakes.registry_documents import HOME, a_tenant, registry_in

POLICY = {"policies": {"careful": {"mode": "observe"}}}
POOL = {"pools": {"main": {"scaling": "managed"}}}
OPERATOR = {"operator": {"channels": [{"kind": "slack", "url": "ssm:/sesguard/x"}]}}


def planned(store: MemoryStore, *lines: dict[str, Any], prune: bool = False) -> Plan:
    """The plan of a file of these lines against what is in the store."""
    now = registered({item: each.document for item, each in store.all().items()}, HOME)
    text = "\n".join(map(json.dumps, lines))
    wanted = registry_in(text, lines=True) if prune else registry_in(text, lines=True, known=now.registry)
    return plan(wanted, now, HOME, prune=prune)


def one_by_one(work: Callable[[Change], None], changes: Iterable[Change]) -> None:
    for change in changes:
        work(change)


def applied(store: MemoryStore, *lines: dict[str, Any], prune: bool = False) -> list[ApplyOutcome]:
    made = planned(store, *lines, prune=prune)
    return [each.outcome for each in apply(store, made.changes, store.all(), one_by_one)]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def said(made: Plan) -> list[tuple[str, str]]:
    return [(change.action.value, change.item) for change in made.changes]


def test_into_an_empty_registry_everything_is_created_policies_and_pools_first(store):
    made = planned(store, a_tenant(policy="careful", pool="main"), OPERATOR, POOL, POLICY)
    assert said(made) == [
        ("create", "@policy/careful"),
        ("create", "@pool/main"),
        ("create", "@operator"),
        ("create", "acme"),
    ]


def test_applied_twice_the_second_time_changes_nothing(store):
    lines = (POLICY, POOL, OPERATOR, a_tenant(policy="careful", pool="main"))
    assert applied(store, *lines) == [ApplyOutcome.DONE] * 4
    again = planned(store, *lines)
    assert (again.changes, again.unchanged) == ((), 4)


def test_only_what_differs_is_changed_and_said_key_by_key(store):
    applied(store, POOL, a_tenant(), a_tenant(id="beta", streams=[{"configuration_set": "b"}]))
    made = planned(
        store,
        POOL,
        a_tenant(
            name="Acme",
            overrides={"bounce_limit": 0.03},
            streams=[{"configuration_set": "acme-news", "pool": "main"}, {"configuration_set": "acme-new"}],
        ),
        a_tenant(id="beta", streams=[{"configuration_set": "b"}]),
    )
    (change,) = made.changes
    assert (change.action, change.item) == (PlanAction.CHANGE, "acme")
    assert change.fields == (("name", "", "Acme"),)
    assert [(each.action.value, each.stream.configuration_set, each.fields) for each in change.streams] == [
        ("create", "acme-new", (("overrides.bounce_limit", "", "0.03"),)),
        ("change", "acme-news", (("pool", "shared", "main"), ("overrides.bounce_limit", "", "0.03"))),
    ]


def test_what_is_said_otherwise_but_means_the_same_is_no_change(store):
    applied(store, POOL, a_tenant(pool="main", streams=[{"configuration_set": "b"}, {"configuration_set": "a"}]))
    streams = [{"configuration_set": name, "pool": "main", "tls": "optional", "tags": {}} for name in "ab"]
    assert planned(store, POOL, a_tenant(streams=streams, channels=[])).changes == ()


def test_a_stream_that_is_gone_from_its_tenant_is_removed(store):
    applied(store, a_tenant())
    (change,) = planned(store, a_tenant(streams=[])).changes
    assert [(each.action, each.stream.configuration_set) for each in change.streams] == [
        (PlanAction.REMOVE, "acme-news")
    ]


def test_a_tag_of_the_tenant_is_said_once_and_reaches_every_stream(store):
    applied(store, a_tenant())
    (change,) = planned(store, a_tenant(tags={"a": "1"})).changes
    assert change.fields == (("tags.a", "", "1"),)
    (stream,) = change.streams
    assert (stream.action, stream.fields) == (PlanAction.CHANGE, ())
    assert stream.new is not None
    assert stream.new.tags == {"a": "1"}


def test_what_the_file_does_not_have_stays_and_is_named(store):
    applied(store, POLICY, a_tenant(), a_tenant(id="beta", streams=[]))
    made = planned(store, a_tenant())
    assert (made.changes, made.left) == ((), ("beta",))


def test_pruned_it_goes_tenants_before_the_policies_that_they_name(store):
    applied(store, POLICY, POOL, a_tenant(), a_tenant(id="beta", policy="careful", streams=[]))
    made = planned(store, a_tenant(), prune=True)
    assert said(made) == [("remove", "beta"), ("remove", "@policy/careful"), ("remove", "@pool/main")]
    assert made.left == ()
    applied(store, a_tenant(), prune=True)
    assert sorted(store.items) == ["acme"]


def test_notices_of_a_platforms_own_are_nothing_to_a_file(store):
    store.items["@notices"] = {"id": "@notices", "templates": {}}
    assert planned(store, prune=True).changes == ()


def test_the_operators_channels_stay_where_the_file_says_nothing_of_them(store):
    applied(store, OPERATOR)
    assert planned(store).changes == ()
    assert said(planned(store, {"operator": {"channels": []}})) == [("change", "@operator")]


def test_what_is_registered_and_not_usable_is_replaced(store):
    store.items["acme"] = a_tenant(policy="gone")
    store.items["@policy/careful"] = {"id": "@policy/careful", "values": 7}
    made = planned(store, POLICY, a_tenant())
    assert said(made) == [("replace", "@policy/careful"), ("replace", "acme")]
    assert applied(store, POLICY, a_tenant()) == [ApplyOutcome.DONE] * 2
    assert planned(store, POLICY, a_tenant()).changes == ()


def test_what_is_registered_not_usable_and_not_in_the_file_is_pruned(store):
    store.items["acme"] = a_tenant(policy="gone")
    store.items["@pool/odd"] = {"id": "@pool/odd"}
    assert planned(store).left == ("acme",)
    assert said(planned(store, prune=True)) == [("remove", "acme"), ("remove", "@pool/odd")]


def test_what_was_adopted_stays_adopted_though_the_file_does_not_say_so(store):
    applied(store, a_tenant(adopt=True))
    assert planned(store, a_tenant()).changes == ()
    (change,) = planned(store, a_tenant(tls="require")).changes
    assert change.document is not None
    assert change.document["streams"][0]["adopt"] is True


def test_a_webhooks_url_is_shown_by_its_host_alone(store):
    hook = {
        "kind": "webhook",
        "url": "https://hooks.acme.example/t/very-secret?key=1",
        "secret": "ssm:/sesguard/acme/s",
    }
    (change,) = planned(store, a_tenant(channels=[hook])).changes
    assert ("channels", "", "webhook https://hooks.acme.example/… signed") in change.fields


# ---- applying


def test_an_item_that_somebody_else_changed_meanwhile_is_refused_alone(store):
    applied(store, a_tenant(), a_tenant(id="beta", streams=[]))
    stored = store.all()
    made = planned(store, a_tenant(name="Acme"), a_tenant(id="beta", name="Beta", streams=[]))
    store.items["acme"]["name"] = "somebody else's"
    outcomes = [each.outcome for each in apply(store, made.changes, stored, one_by_one)]
    assert outcomes == [ApplyOutcome.CONFLICT, ApplyOutcome.DONE]
    assert store.items["acme"]["name"] == "somebody else's"


def test_an_item_that_somebody_else_put_or_removed_meanwhile_is_refused(store):
    made = planned(store, a_tenant())
    store.items["acme"] = a_tenant(name="theirs")
    assert [each.outcome for each in apply(store, made.changes, {}, one_by_one)] == [ApplyOutcome.CONFLICT]
    stored, gone = store.all(), planned(store, prune=True)
    del store.items["acme"]
    assert [each.outcome for each in apply(store, gone.changes, stored, one_by_one)] == [ApplyOutcome.CONFLICT]


def test_after_a_failure_nothing_more_is_tried_and_the_next_run_goes_on():
    store = MemoryStore(broken_after=2)
    lines = (POLICY, *(a_tenant(id=f"t{n}", streams=[]) for n in range(4)))
    assert applied(store, *lines) == [ApplyOutcome.DONE] * 2 + [ApplyOutcome.FAILED] + [ApplyOutcome.NOT_TRIED] * 2
    whole = MemoryStore()
    whole.items = store.items
    assert applied(whole, *lines) == [ApplyOutcome.DONE] * 3
    assert planned(whole, *lines).changes == ()


def test_interrupted_by_a_person_nobody_who_works_beside_goes_on(store):
    made = planned(store, *(a_tenant(id=f"t{n}", streams=[]) for n in range(3)))
    store.interrupted = True

    def beside(work: Callable[[Change], None], changes: Iterable[Change]) -> None:
        """As workers do: one is interrupted, and the others are waited for."""
        first, *others = changes
        try:
            work(first)
        finally:
            store.interrupted = False
            for change in others:
                work(change)

    with pytest.raises(KeyboardInterrupt):
        apply(store, made.changes, {}, beside)
    assert store.items == {}
