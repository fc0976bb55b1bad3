"""Which keys a registry has at which level, and the rule of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from sesguard.errors import PolicyError
from sesguard.policy import RULES, value_of
from sesguard.policy import Rule as PolicyRule
from sesguard.tenants.channels import ChannelRule
from sesguard.tenants.model import DEDICATED, EVENTS, GUARDS_OWN, REASONS, SHARED
from sesguard.tenants.problems import MISSING
from sesguard.tenants.rules import (
    Each,
    Flag,
    KeyRule,
    KnownName,
    OneOf,
    Schema,
    Table,
    Text,
    WholeNumber,
    Wrong,
    unknown_key,
)
from sesguard.text import ADDRESS, LONGEST_ADDRESS, one_line

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html and API_CreateTenant.html
SET: Final = Text("[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, - and _, as SES has it")
SES_TENANT: Final = Text("[A-Za-z0-9_-]{0,64}", "up to 64 letters, digits, - and _, as SES has it; empty for none")
ACCOUNT: Final = Text("[0-9]{12}", "the 12 digits of an AWS account, in quotes")
REGION: Final = Text("[a-z]{2,}(?:-[a-z]+)+-[0-9]{1,2}", "a region, such as eu-west-1")
_NAME: Final = "[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_NAME_SAID: Final = "1 to 64 letters, digits, _ . and -, a letter or digit first"
TENANT_ID: Final = Text(_NAME, _NAME_SAID)
POLICY: Final = Text(_NAME, _NAME_SAID)
# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ses.DedicatedIpPoolProps.html
POOL: Final = Text("[a-z0-9_-]{1,64}", "1 to 64 small letters, digits, - and _, as SES has it")
ADDRESS_RULE: Final = Text(ADDRESS, "one address in ASCII, such as owner@acme.example", LONGEST_ADDRESS)
_DOMAIN: Final = r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+"
IDENTITY: Final = Text(
    rf"{_DOMAIN}|{ADDRESS}", "a domain in small letters, such as acme.example, or an address", LONGEST_ADDRESS
)
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Tag.html; 50 with the guard's own two
OWN_TAGS: Final = ("sesguard", "tenant")
_LETTERS: Final = r"[\w .:/=+-]"
# JavaScript's \w, by which editors read the schema, knows no letters beyond ASCII.
_IN_SCHEMA: Final = r"""[^\u0000-\u001f!"#$%&'()*,;<>?@\[\\\]^`{|}~\u007f]"""
_SAID: Final = "letters, digits, spaces and _ . : / = + -, not beginning with aws:"
TAGS: Final = Table(
    Text(rf"(?!aws:){_LETTERS}{{1,128}}", f"1 to 128 {_SAID}", in_schema=rf"(?!aws:){_IN_SCHEMA}{{1,128}}"),
    Text(rf"(?!aws:){_LETTERS}{{0,256}}", f"up to 256 {_SAID}", in_schema=rf"(?!aws:){_IN_SCHEMA}{{0,256}}"),
    most=48,
    reserved=OWN_TAGS,
)
CHANNELS: Final = Each(ChannelRule(), "channels", most=20)


@dataclass(frozen=True, slots=True)
class ShownName:
    """One line of text that can be shown."""

    longest: int = 200

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, str):
            yield Wrong((), value, "write it in quotes, as text")
        elif not value or one_line(value, self.longest) != value:
            yield Wrong((), value, f"expected one line of at most {self.longest} printable characters")

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class PolicyValues:
    """Keys of a policy, each by itself: whether they fit together shows only once all are laid over each other."""

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, dict):
            yield Wrong((), value, "expected a map of a policy's keys, such as {bounce_limit: 0.03}")
            return
        for key, each in value.items():
            try:
                value_of(key, each)
            except PolicyError as error:
                remedy = f"expected {error.allowed}" if key in RULES else unknown_key(key, RULES)
                yield Wrong((str(key),), each, remedy)

    def schema(self) -> Schema:
        properties = {key: _policy_key(rule) for key, rule in RULES.items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}


def _policy_key(rule: PolicyRule) -> Schema:
    if rule.kind is timedelta:
        return {"type": "string", "pattern": r"^\s*\d{1,9}(\.\d{1,6})?\s*[smhd]\s*$", "description": rule.allowed}
    if issubclass(rule.kind, StrEnum):
        return {"enum": [each.value for each in rule.kind]}
    if rule.kind is bool:
        return {"type": "boolean"}
    kind = "integer" if rule.kind is int else "number"
    return {"type": kind, "minimum": rule.low, "maximum": rule.high, "description": rule.allowed}


@dataclass(frozen=True, slots=True)
class IdentityRule:
    """An identity: its name, or a map that also says whether the guard makes it and under which MAIL FROM domain."""

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, dict):
            yield from IDENTITY.wrong(value)
            return
        yield from (
            Wrong((str(key),), value[key], unknown_key(key, _IDENTITY)) for key in value if key not in _IDENTITY
        )
        name = value.get("name", MISSING)
        named = list(IDENTITY.wrong(name))
        yield from (Wrong(("name",), one.value, one.remedy) for one in named)
        flags = list(Flag().wrong(value["create"])) if "create" in value else []
        yield from (Wrong(("create",), one.value, one.remedy) for one in flags)
        if named or flags:
            return
        made = value.get("create", False)
        if made and "@" in str(name):
            yield Wrong(("create",), made, "is for domains: an address is verified by whoever reads its mail")
        if "mail_from" in value:
            yield from self._mail_from(str(name), value["mail_from"], made=made)

    def _mail_from(self, name: str, value: object, *, made: bool) -> Iterator[Wrong]:
        if not made:
            yield Wrong(("mail_from",), value, "needs create: true: the guard changes no identity that others made")
        elif list(_DOMAIN_RULE.wrong(value)) or not str(value).endswith(f".{name}"):
            yield Wrong(("mail_from",), value, f"expected a subdomain of {name}, such as bounce.{name}")

    def schema(self) -> Schema:
        described = {
            "type": "object",
            "properties": {
                "name": IDENTITY.schema(),
                "create": {"type": "boolean", "description": "Let the guard make it in SES, with Easy DKIM."},
                "mail_from": {
                    **_DOMAIN_RULE.schema(),
                    "description": "Its MAIL FROM domain, a subdomain of it; needs create.",
                },
            },
            "required": ["name"],
            "additionalProperties": False,
            "dependentSchemas": {"mail_from": {"properties": {"create": {"const": True}}, "required": ["create"]}},
        }
        return {"oneOf": [IDENTITY.schema(), described]}


_DOMAIN_RULE: Final = Text(_DOMAIN, "a domain in small letters", LONGEST_ADDRESS)
_IDENTITY: Final[Mapping[str, KeyRule]] = {"name": IDENTITY, "create": Flag(), "mail_from": _DOMAIN_RULE}


@dataclass(frozen=True, slots=True)
class PoolRule:
    """A pool that the guard makes."""

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, dict):
            yield Wrong((), value, "expected a map, such as {scaling: managed}")
            return
        yield from (Wrong((str(key),), value[key], unknown_key(key, _POOL)) for key in value if key not in _POOL)
        for one in SCALING.wrong(value.get("scaling", MISSING)):
            yield Wrong(("scaling",), one.value, one.remedy)

    def schema(self) -> Schema:
        return {
            "type": "object",
            "properties": {"scaling": SCALING.schema()},
            "required": ["scaling"],
            "additionalProperties": False,
        }


SCALING: Final = OneOf(("managed", "standard"))
_POOL: Final[Mapping[str, KeyRule]] = {"scaling": SCALING}
POOL_RULE: Final = PoolRule()
POLICY_VALUES: Final = PolicyValues()


def inherited(policies: frozenset[str] | None, pools: frozenset[str] | None) -> Mapping[str, KeyRule]:
    """Keys of a stream that may also stand at its tenant or in defaults. None: any name is taken as known."""
    return {
        "account": ACCOUNT,
        "region": REGION,
        "pool": KnownName(POOL, None if pools is None else pools | {SHARED, DEDICATED}, "pool", "pools"),
        "policy": KnownName(POLICY, None if policies is None else policies | {GUARDS_OWN}, "policy", "policies"),
        "overrides": POLICY_VALUES,
        "tags": TAGS,
        "tls": OneOf(("optional", "require")),
        "suppression": Each(OneOf(REASONS), "reasons", most=len(REASONS)),
        "suppression_scope": OneOf(("account", "tenant")),
        "validation": OneOf(("off", "managed", "high", "medium")),
        "events": Each(OneOf(EVENTS), "events", most=len(EVENTS), needs=("bounce", "complaint")),
        "ses_tenant": SES_TENANT,
        "ses_tenant_policy": OneOf(("standard", "strict", "none")),
        "switch": OneOf(("configuration_set", "tenant", "both")),
        "alarm": OneOf(("on_demand", "always")),
        "adopt": Flag(),
        "daily_mails": WholeNumber(1, 1_000_000_000),
    }


STREAMS_OWN: Final[Mapping[str, KeyRule]] = {
    "configuration_set": SET,
    "identities": Each(IdentityRule(), "identities", most=10_000),
}
TENANTS_OWN: Final[Mapping[str, KeyRule]] = {
    "id": TENANT_ID,
    "name": ShownName(),
    "contacts": Each(ADDRESS_RULE, "addresses", most=50),
    "channels": CHANNELS,
}
