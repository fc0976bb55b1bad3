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
