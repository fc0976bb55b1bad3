"""The rule of channels: ways to reach somebody beside mail, whose secrets are named and never written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sesguard.tenants.problems import MISSING, Hidden
from sesguard.tenants.rules import KeyRule, OneOf, Schema, Text, Wrong, unknown_key

# What names a secret may have, so that a role can be limited to them:
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
_KEPT: Final = r"ssm:/sesguard(?:/[A-Za-z0-9_.-]+)+|secretsmanager:sesguard/[A-Za-z0-9/_+=.@-]{1,500}"
OPERATORS: Final = "operator"
"""``/sesguard/operator/`` is for the operator's secrets, whatever ids tenants have."""
_HTTPS: Final = r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?(?:[/?][!-~]*)?"
_WHERE: Final = "where it is kept, ssm:/sesguard/… or secretsmanager:sesguard/…"
REFERENCE: Final = Text(_KEPT, f"{_WHERE}: a secret is never written out here", hidden=True)
_URL: Final = Text(f"{_HTTPS}|{_KEPT}", f"an https URL, or {_WHERE}", longest=2_000, hidden=True)
# https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html; the guard may publish to topics of that name only
TOPIC: Final = Text(
    r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:sesguard-[A-Za-z0-9_-]{1,247}",
    "the ARN of a standard SNS topic whose name begins with sesguard-",
)

KINDS: Final[Mapping[str, Mapping[str, KeyRule]]] = {
    "slack": {"url": REFERENCE},
    "teams": {"url": REFERENCE},
    "webhook": {"url": _URL, "secret": REFERENCE},
    "sns": {"topic": TOPIC},
}
_OPTIONAL: Final = frozenset({"secret"})
_KIND: Final = OneOf(tuple(KINDS))


@dataclass(frozen=True, slots=True)
class ChannelRule:
    """One channel: its kind, and the keys of that kind. Values are not shown, as they may be secrets."""

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, dict):
            yield Wrong((), Hidden(len(str(value))), "expected a map with kind, such as {kind: slack, url: ssm:/…}")
            return
        kind = value.get("kind", MISSING)
        unfit = list(_KIND.wrong(kind))
        yield from (Wrong(("kind",), one.value, one.remedy) for one in unfit)
        if not unfit:
            yield from _of_kind(value, KINDS[str(kind)])

    def schema(self) -> Schema:
        return {"oneOf": [_schema(kind, keys) for kind, keys in KINDS.items()]}


def not_own(tenant: str, channel: Mapping[str, object]) -> dict[str, str]:
    """Find the keys of a channel, fine by its rule, that name what is not the tenant's own: key → what to name instead.

    A tenant's secrets are ``ssm:/sesguard/<id>/…`` and ``secretsmanager:sesguard/<id>/…``, its topics are called
    ``sesguard-<id>``: whoever may write a tenant's channels cannot have calls signed with another's key, nor notices
    posted where another's go. The whole name counts: ``sesguard-acme-news`` is of the tenant acme-news, not of acme.
    """
    references = {key: str(channel[key]) for key in ("url", "secret") if key in channel}
    kept = {key: value for key, value in references.items() if not any(REFERENCE.wrong(value))}
    others = [key for key, value in kept.items() if not value.startswith(_prefixes(tenant))]
    if "topic" in channel and str(channel["topic"]).rpartition(":")[2] != _topic(tenant):
        others.append("topic")
    if tenant == OPERATORS:
        others = [*kept, *(["topic"] if "topic" in channel else [])]
    return {key: _own(tenant, key) for key in others}


def _prefixes(tenant: str) -> tuple[str, str]:
    return f"ssm:/sesguard/{tenant}/", f"secretsmanager:sesguard/{tenant}/"


def _topic(tenant: str) -> str:
    return f"sesguard-{tenant}"


def _own(tenant: str, key: str) -> str:
    """Say what a tenant's own is called."""
    if key == "topic":
        if tenant == OPERATORS:
            return "a tenant of this id has no topics, as sesguard-operator is the operator's: choose another id"
        if "." in tenant:
            return "a tenant whose id holds a dot has no topics, as their names hold none: use a webhook"
        return f"is not the tenant's own: its topics are called {_topic(tenant)}, in any account and region"
    if tenant == OPERATORS:
        return "a tenant of this id has no secrets, as /sesguard/operator/ is the operator's: choose another id"
    ssm, manager = _prefixes(tenant)
    return f"is not the tenant's own: its secrets are {ssm}… and {manager}…; put a copy there, and name that"


def _of_kind(value: Mapping[Any, object], keys: Mapping[str, KeyRule]) -> Iterator[Wrong]:
    for key in value:
        if key not in keys and key != "kind":
            known = {"kind": _KIND, **keys}
            yield Wrong((str(key),), Hidden(len(str(value[key]))), unknown_key(key, known))
    for key, rule in keys.items():
        if key in value:
            yield from (Wrong((key, *one.path), one.value, one.remedy) for one in rule.wrong(value[key]))
        elif key not in _OPTIONAL:
            yield Wrong((key,), MISSING, f"is missing: a channel of this kind needs {key}")


def _schema(kind: str, keys: Mapping[str, KeyRule]) -> Schema:
    return {
        "type": "object",
        "properties": {"kind": {"const": kind}, **{key: rule.schema() for key, rule in keys.items()}},
        "required": ["kind", *(key for key in keys if key not in _OPTIONAL)],
        "additionalProperties": False,
    }
