"""The registry's file as JSON Schema, from its own rules; editors complete and check by it.

``schemas/tenants.json`` is what ``python -m sesguard.tenants.schema`` prints. What one value alone does not show, as
two streams with the same configuration set, no schema can say: that is for ``sesguard tenants plan``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sesguard.tenants import keys
from sesguard.tenants.rules import KeyRule, Schema

_SAID: Final[Mapping[str, str]] = {
    "defaults": "Laid under every stream. Account and region are the guard's own unless they are given.",
    "policies": "Named policies: each is laid over the guard's own policy.",
    "pools": "Pools of dedicated addresses that the guard makes. shared is SES's shared addresses.",
    "operator": "Ways to reach the operator beside the guard's own topic.",
    "tenants": "Who sends mail.",
    "id": "Names the tenant, for good.",
    "name": "The name that notices show.",
    "contacts": "Addresses of the owner.",
    "channels": "Ways to reach the owner beside mail.",
    "streams": "Each is one configuration set, which is counted and paused by itself.",
    "configuration_set": "Its name in SES.",
    "identities": "Identities of SES whose default configuration set this becomes; those with create are made.",
    "account": "The AWS account that sends. Of another than the guard's own: served by the guard there.",
    "region": "The region that sends.",
    "pool": "One of pools, or shared.",
    "policy": "One of policies, or default.",
    "overrides": "Keys of a policy, laid over the named one.",
    "tags": "Put on everything that can carry them, for cost allocation.",
    "tls": "require: mail goes out by TLS or not at all.",
    "suppression": "Outcomes for which an address is suppressed. Absent: as the account has it.",
    "suppression_scope": "Whose suppression list counts: the account's or the SES tenant's. Absent: as SES has it.",
    "validation": "SES's Auto Validation: from which confidence in an address mail goes out. Absent: as SES has it.",
    "events": "What is published to the guard.",
    "ses_tenant": "The SES tenant to make, with the set and its identities in it. Empty: none.",
    "ses_tenant_policy": "By what SES itself pauses the tenant; none leaves that to the guard. Absent: as SES has it.",
    "switch": "What is turned off and on.",
    "alarm": "on_demand: only while the stream is at risk, so that a healthy one costs nothing.",
    "daily_mails": "Mails that are expected a day, for the plan to hold against SES's daily quota.",
    "adopt": "Set up what exists already, though others made it.",
}


def schema() -> Schema:
    """The whole file. One document in YAML; in JSON lines each line is one of it, or of its tenants."""
    inherited = keys.inherited(None, None)
    # What stands in several places is defined once.
    definitions = {**_properties(inherited), "channels": _said("channels", keys.CHANNELS.schema())}
    shared = {key: _defined(key) for key in inherited}
    stream = _object({**_properties(keys.STREAMS_OWN), **shared}, "configuration_set")
    own = {**_properties(keys.TENANTS_OWN), "channels": _defined("channels")}
    streams = _said("streams", {"type": "array", "items": stream})
    tenant = _object({**own, **shared, "streams": streams}, "id")
    tenant["anyOf"] = [{"required": ["contacts"]}, {"required": ["channels"]}]
    top = {
        "defaults": _object(shared),
        "policies": _map(keys.POLICY.schema(), _defined("overrides")),
        "pools": _map(keys.POOL.schema(), keys.POOL_RULE.schema()),
        "operator": _object({"channels": _defined("channels")}),
        "tenants": {"type": "array", "items": tenant},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "sesguard's registry of tenants",
        **_object({key: _said(key, each) for key, each in top.items()}),
        "$defs": definitions,
    }


def _properties(rules: Mapping[str, KeyRule]) -> dict[str, Schema]:
    return {key: _said(key, rule.schema()) for key, rule in rules.items()}


def _said(key: str, of: Schema) -> Schema:
    return {"description": _SAID[key], **of}


def _defined(key: str) -> Schema:
    return {"$ref": f"#/$defs/{key}"}


def _object(properties: Mapping[str, Any], *required: str) -> Schema:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": dict(properties), **needed, "additionalProperties": False}


def _map(names: Schema, values: Schema) -> Schema:
    return {"type": "object", "propertyNames": names, "additionalProperties": values}


if __name__ == "__main__":
    print(json.dumps(schema(), indent=2, ensure_ascii=False))
