"""Identities in a registry: names, and those that the guard is to make, with a MAIL FROM domain below them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fakes.registry_documents import a_tenant, problems_in, registry_in


def document(*identities: Any) -> str:
    return json.dumps({"tenants": [a_tenant(streams=[{"configuration_set": "x", "identities": list(identities)}])]})


def test_an_identity_is_a_name_or_a_map_that_says_how_it_comes_to_be():
    made = {"name": "b.example", "create": True, "mail_from": "bounce.b.example"}
    registry = registry_in(document("c.example", made, {"name": "a.example", "create": True}, {"name": "d.example"}))
    (stream,) = registry.tenants[0].streams
    assert stream.identities == ("a.example", "b.example", "c.example", "d.example")
    assert stream.created == {"a.example": "", "b.example": "bounce.b.example"}


@pytest.mark.parametrize(
    ("identity", "remedy"),
    [
        ({"name": "owner@a.example", "create": True}, "is for domains"),
        ({"name": "a.example", "create": True, "mail_from": "bounce.b.example"}, "expected a subdomain of a.example"),
        ({"name": "a.example", "create": True, "mail_from": "a.example"}, "expected a subdomain of a.example"),
        ({"name": "a.example", "create": True, "mail_from": "nota.example"}, "expected a subdomain of a.example"),
        ({"name": "a.example", "create": True, "mail_from": 1}, "expected a subdomain of a.example"),
        ({"name": "a.example", "mail_from": "bounce.a.example"}, "needs create: true"),
        ({"name": "a.example", "create": False, "mail_from": "bounce.a.example"}, "needs create: true"),
        ({"name": "a.example", "creat": True}, "did you mean create?"),
        ({"name": "A.example", "create": True}, "expected a domain in small letters"),
        ({"create": True}, "expected a domain in small letters"),
        ({"name": "a.example", "create": "yes"}, "expected true or false"),
    ],
)
def test_what_is_wrong_with_one_is_said_with_what_to_do(identity: Any, remedy: str):
    problems = [str(problem) for problem in problems_in(document(identity))]
    assert len(problems) == 1
    assert remedy in problems[0]


@pytest.mark.parametrize(
    "twice",
    [("a.example", {"name": "a.example", "create": True}), ("sales@a.example", "sales@A.Example")],
)
def test_one_that_is_named_twice_is_told_whichever_way_it_is_written(twice: tuple[Any, Any]):
    problems = [str(problem) for problem in problems_in(document(*twice))]
    assert len(problems) == 1
    assert "names it too" in problems[0]
