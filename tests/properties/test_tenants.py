"""What must hold of any registry: it can be exported, applied, crashed in and read again, and comes out the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.dynamodb import attributes, plain_item
from sesguard.tenants import keys
from sesguard.tenants.apply import ApplyOutcome, apply
from sesguard.tenants.export import as_json_lines, as_yaml
from sesguard.tenants.file import read
from sesguard.tenants.items import item_of, tenant_of
from sesguard.tenants.model import Registry
from sesguard.tenants.plan import Change, plan
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.tenants.snapshot import RegistrySnapshot, registered
from sesguard.text import one_line
from tests.fakes.registry import MemoryStore
from tests.fakes.registry_documents import HOME, registry_in

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)
SETS = st.from_regex(r"[A-Za-z0-9_-]{1,9}", fullmatch=True)
TAGS = st.dictionaries(
    st.text("abcÄß :/=+-_.1", min_size=1, max_size=6).filter(lambda key: key not in keys.OWN_TAGS),
    st.text("abcÄß :/=+-_.1", max_size=6),
    max_size=3,
)
OVERRIDES = st.fixed_dictionaries(
    {},
    optional={
        "mode": st.sampled_from(["observe", "enforce"]),
        "bounce_limit": st.floats(0.00001, 0.5),
        "chance": st.floats(1e-15, 0.1),
        "strikes_to_hold": st.integers(1, 100),
        "acknowledge_complaints": st.booleans(),
        "cool_down": st.sampled_from(["1s", "90s", "1.5h", "1d"]),
        "acknowledge_bounce_rate": st.sampled_from([0.1, 1, 1.0]),
    },
)
NAMED = st.text(min_size=1, max_size=20).filter(lambda name: one_line(name, 200) == name)


def channels(owner: str) -> st.SearchStrategy[list[dict[str, str]]]:
    of_all_kinds = [
        {"kind": "slack", "url": f"ssm:/sesguard/{owner}/slack"},
        {"kind": "webhook", "url": "https://a.example/x?y=1#z", "secret": f"secretsmanager:sesguard/{owner}/a"},
        {"kind": "sns", "topic": f"arn:aws:sns:us-east-1:111122223333:sesguard-{owner}"},
    ]
    if "." in owner:  # which no topic's name holds
        of_all_kinds.pop()
    return st.lists(st.sampled_from(of_all_kinds), unique_by=lambda each: each["kind"])


INHERITED = {
    "account": st.sampled_from([HOME.account, "444455556666"]),
    "region": st.sampled_from([HOME.region, "eu-west-1"]),
    "pool": st.sampled_from(["shared", "main", "old"]),
    "policy": st.sampled_from(["default", "careful", "strict"]),
    "overrides": OVERRIDES,
    "tags": TAGS,
    "tls": st.sampled_from(["optional", "require"]),
    "suppression": st.lists(st.sampled_from(["bounce", "complaint"]), unique=True),
    "events": st.permutations(["send", "bounce", "complaint", "delivery"]),
    "alarm": st.sampled_from(["on_demand", "always"]),
    "adopt": st.booleans(),
}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A file in which nothing is wrong."""
    names = draw(st.lists(SETS, unique=True, max_size=6))
    tenants = []
    for number, tenant in enumerate(draw(st.lists(NAMES, unique=True, max_size=3))):
        streams = [
            {"configuration_set": name, **draw(st.fixed_dictionaries({}, optional=INHERITED))}
            for name in names[number * 2 : number * 2 + 2]
        ]
        for place, stream in enumerate(streams):
            if draw(st.booleans()):
                made = {"name": f"made-{number}-{place}.example", "create": True}
                mail_from = draw(st.sampled_from([{}, {"mail_from": f"bounce.made-{number}-{place}.example"}]))
                stream["identities"] = [
                    f"mail-{number}-{place}.example",
                    f"b@a-{number}-{place}.example",
                    {**made, **mail_from},
                ]
            if draw(st.booleans()):
                stream |= {"ses_tenant": f"t{number}", "switch": draw(st.sampled_from(["tenant", "both"]))}
        own = draw(st.fixed_dictionaries({}, optional={**INHERITED, "name": NAMED}))
        tenants.append(
            {"id": tenant, "contacts": ["a@b.example"], "channels": draw(channels(tenant)), "streams": streams, **own}
        )
    return {
        "defaults": draw(st.fixed_dictionaries({}, optional=INHERITED)),
        "policies": {"careful": draw(OVERRIDES), "strict": {}},
        "pools": {"main": {"scaling": "managed"}, "old": {"scaling": "standard"}},
        "operator": {"channels": draw(channels("operator"))},
        "tenants": tenants,
    }


def registry(document: dict[str, Any]) -> Registry:
    return registry_in(json.dumps(document, ensure_ascii=False))


def now_in(store: MemoryStore) -> RegistrySnapshot:
    return registered({item: each.document for item, each in store.all().items()}, HOME)


def one_by_one(work: Callable[[Change], None], changes: Iterable[Change]) -> None:
    for change in changes:
        work(change)


def applied(store: MemoryStore, wanted: Registry) -> list[ApplyOutcome]:
    made = plan(wanted, now_in(store), HOME, prune=True)
    return [each.outcome for each in apply(store, made.changes, store.all(), one_by_one)]


@given(documents())
def test_a_tenant_comes_back_from_its_item_as_it_went(document):
    wanted = registry(document)
    for entry in wanted.tenants:
        item = plain_item(attributes(item_of(entry, HOME)))
        assert tenant_of(item, HOME, wanted.policies, wanted.pools) == entry


@given(documents())
def test_an_export_of_what_was_applied_plans_no_change_and_says_the_same(document):
    store = MemoryStore()
    applied(store, registry(document))
    there = now_in(store)
    assert there.unusable == {}
    for lines, write in ((False, as_yaml), (True, as_json_lines)):
        content = "".join(f"{line}\n" for line in write(there.registry, HOME)).encode()
        again = read(content, HOME, lines=lines)
        assert again.found.all() == ()
        assert plan(again.registry, there, HOME, prune=True).changes == ()
        assert "".join(f"{line}\n" for line in write(again.registry, HOME)).encode() == content


@given(documents(), documents())
def test_whatever_was_there_before_after_applying_all_is_as_the_file_says(before, after):
    store = MemoryStore()
    applied(store, registry(before))
    wanted = registry(after)
    assert set(applied(store, wanted)) <= {ApplyOutcome.DONE}
    made = plan(wanted, now_in(store), HOME, prune=True)
    assert made.changes == ()
    assert {entry.id for entry in now_in(store).registry.tenants} == {entry.id for entry in wanted.tenants}


@given(documents(), documents(), st.integers(0, 8))
def test_a_failure_at_any_write_loses_nothing_that_the_next_run_does_not_bring(before, after, writes):
    store = MemoryStore()
    applied(store, registry(before))
    broken = MemoryStore(broken_after=writes)
    broken.items = store.items
    applied(broken, registry(after))
    assert len(broken.writes) <= writes
    applied(store, registry(after))
    assert plan(registry(after), now_in(store), HOME, prune=True).changes == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KNOWN = st.sampled_from([*keys.TENANTS_OWN, *keys.inherited(None, None), *keys.STREAMS_OWN, "streams"])


def refusal(read_it: Callable[[], object]) -> tuple[Problem, ...]:
    """What is said against it; nothing where it is read."""
    try:
        read_it()
    except RegistryError as error:
        return error.problems
    return ()


@given(st.dictionaries(KNOWN, JSON | st.lists(st.dictionaries(KNOWN, JSON))))
def test_whatever_somebody_puts_as_a_tenant_is_read_or_refused_in_plain_words(item):
    assert all(str(problem).isprintable() for problem in refusal(lambda: tenant_of(item, HOME, {})))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.booleans())
def test_whatever_is_in_a_file_is_read_or_refused_in_plain_words(content, lines):
    found: list[Problem] = []
    found += refusal(lambda: found.extend(read(content, HOME, lines=lines).found.all()))
    assert all(str(problem).isprintable() for problem in found)


@given(documents(), st.data())
def test_the_same_document_reads_the_same_as_yaml_and_as_json_lines(document, data):
    tenants = document["tenants"]
    lines = [{key: value} for key, value in document.items() if key != "tenants"] + tenants
    order = data.draw(st.permutations(lines))
    by_lines = read("\n".join(map(json.dumps, order)).encode(), HOME, lines=True)
    assert by_lines.found.all() == ()
    assert {entry.id: entry for entry in by_lines.registry.tenants} == {
        entry.id: entry for entry in registry(document).tenants
    }
