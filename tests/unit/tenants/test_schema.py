"""schemas/tenants.json says to editors what the rules say; the example is as both want it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sesguard.tenants.schema import schema
from sesguard.tenants.yaml_text import read_yaml
from tests.fakes.registry_documents import a_tenant, problems_in, registry_in

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "schemas" / "tenants.json"
EXAMPLE = ROOT / "examples" / "tenants.yaml"


def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def test_the_schema_is_up_to_date():
    message = "write it again: python -m sesguard.tenants.schema > schemas/tenants.json"
    assert json.loads(FILE.read_text(encoding="utf-8")) == schema(), message


def test_the_example_is_fine_by_the_rules_and_by_the_schema():
    text = EXAMPLE.read_text(encoding="utf-8")
    registry = registry_in(text)
    assert [entry.id for entry in registry.tenants] == ["acme", "tiny-bakery"]
    assert list(validator().iter_errors(read_yaml(text))) == []
    assert "$schema=../schemas/tenants.json" in text


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"name": "Acme", "tags": {"Ключ": "ö /:=+-@"[:-1]}, "tls": "require"},
        {
            "contacts": None,
            "channels": [{"kind": "webhook", "url": "https://a.example/x", "secret": "ssm:/sesguard/acme/x"}],
        },
        {"overrides": {"mode": "observe", "cool_down": "90s", "chance": 1e-6, "acknowledge_complaints": False}},
        {"streams": [{"configuration_set": "x", "identities": ["a.example", "b@a.example"], "suppression": []}]},
        {
            "streams": [
                {"configuration_set": "x", "identities": [{"name": "a.example"}, {"name": "b.example", "create": True}]}
            ]
        },
        {"streams": [{"configuration_set": "x", "identities": [{"name": "a.example", "create": False}]}]},
        {"streams": [{"configuration_set": "x", "identities": [{"create": True}]}]},
        {"streams": [{"configuration_set": "x", "identities": [{"name": "a.example", "creat": True}]}]},
        {"streams": [{"configuration_set": "x", "identities": [{"name": "a.example", "create": "yes"}]}]},
        {"streams": [{"configuration_set": "x", "identities": [{"name": "a.example", "mail_from": "b.a.example"}]}]},
        {
            "streams": [
                {
                    "configuration_set": "x",
                    "identities": [{"name": "a.example", "create": True, "mail_from": "b.a.example"}],
                }
            ]
        },
        {"streams": [{"configuration_set": "x", "identities": [1]}]},
        {"id": ""},
        {"id": "-a"},
        {"contacts": None},
        {"contacts": ["no address"]},
        {"contcts": []},
        {"tags": {"aws:x": ""}},
        {"tags": {"sesguard": ""}},
        {"tags": {"a": "50 %"}},
        {"tags": {"a": 1}},
        {"tls": "yes"},
        {"events": ["send", "bounce"]},
        {"events": ["send", "send", "bounce", "complaint"]},
        {"account": "1111"},
        {"pool": "Main"},
        {"overrides": {"bounce_limit": 5}},
        {"overrides": {"cool_down": "soon"}},
        {"overrides": {"strikes_to_hold": 1.5}},
        {"channels": [{"kind": "slack", "url": "https://a.example/x"}]},
        {"channels": [{"kind": "sns", "topic": "arn:aws:sns:us-east-1:111122223333:other"}]},
        {"streams": [{"configuration_set": "a b"}]},
        {"streams": [{}]},
        {"streams": [{"configuration_set": "x", "adopt": "yes"}]},
    ],
    ids=repr,
)
def test_the_schema_and_the_rules_agree(keys: dict[str, Any]):
    document = {"tenants": [a_tenant(**keys)]}
    assert bool(list(validator().iter_errors(document))) == bool(problems_in(json.dumps(document)))
