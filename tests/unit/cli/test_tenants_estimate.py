"""How many calls to SES a plan says that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.cli.tenants.estimate import calls, calls_of_pool
from sesguard.provisioning.desired import expected_calls
from sesguard.tenants.model import StreamEntry
from sesguard.tenants.plan import Change, PlanAction, StreamChange
from tests.fakes.registry_documents import HOME


def a_stream(**keys: Any) -> StreamEntry:
    return StreamEntry(**{"account": HOME.account, "region": HOME.region, "configuration_set": "acme-news", **keys})


def counted(old: StreamEntry | None, new: StreamEntry | None) -> int:
    entry = new or old
    assert entry is not None
    return calls(StreamChange(PlanAction.CHANGE, entry.stream, old, new, ()), HOME)


@pytest.mark.parametrize(
    "keys", [{}, {"identities": ("a.example", "b.example")}, {"identities": ("a.example",), "ses_tenant": "acme"}]
)
def test_of_a_new_stream_as_many_as_onboarding_makes(keys):
    assert counted(None, a_stream(**keys)) == expected_calls(a_stream(**keys))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"policy": "careful"}, 0),
        ({"overrides": {"chance": 1e-5}}, 0),
        ({"pool": "main"}, 2),
        ({"pool": "main", "tls": "require"}, 2),
        ({"pool": "main", "tags": {"a": "1"}}, 3),
        ({"events": ("send", "delivery", "bounce", "complaint")}, 2),
        ({"identities": ("a.example", "b.example")}, 4),
        ({"ses_tenant": "acme"}, 2),
    ],
)
def test_of_a_change_what_differs_in_ses(keys, expected):
    assert counted(a_stream(), a_stream(**keys)) == expected


def test_of_a_removal_what_is_taken_away():
    assert counted(a_stream(), None) == 2
    assert counted(a_stream(identities=("a.example",), ses_tenant="acme"), None) == 7


def test_of_a_stream_elsewhere_none():
    assert counted(None, a_stream(region="eu-west-1")) == 0


@pytest.mark.parametrize(
    ("item", "action", "expected"),
    [("@pool/main", PlanAction.CREATE, 1), ("@pool/main", PlanAction.REMOVE, 4), ("acme", PlanAction.CREATE, 0)],
)
def test_of_a_pool_few(item, action, expected):
    assert calls_of_pool(Change(action, item, (), None)) == expected
