"""Whether a resource's policy lets one of AWS's services in: the part of IAM's language that such policies use.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple

_EQUAL: Final = frozenset({"StringEquals", "ArnEquals", "StringEqualsIgnoreCase"})
_LIKE: Final = frozenset({"StringLike", "ArnLike", "ArnEquals"})


class ServiceRequest(NamedTuple):
    """A service that acts on a resource on behalf of ``source``, an ARN of ``account``."""

    service: str
    action: str
    resource: str
    source: str
    account: str

    @property
    def context(self) -> Mapping[str, str]:
        return {
            "aws:sourcearn": self.source,
            "aws:sourceaccount": self.account,
            "aws:securetransport": "true",
            "aws:principalisawsservice": "true",
        }


def lets_in(document: Mapping[str, Any], request: ServiceRequest) -> bool:
    """Whether a policy allows the request and does not deny it."""
    effects = {
        str(statement.get("Effect", "")).lower()
        for statement in _many(document.get("Statement"))
        if isinstance(statement, Mapping) and _covers(statement, request)
    }
    return "allow" in effects and "deny" not in effects


def _covers(statement: Mapping[str, Any], request: ServiceRequest) -> bool:
    principal = statement.get("Principal")
    services = ["*"] if principal == "*" else []
    if isinstance(principal, Mapping):
        services = [*_texts(principal.get("Service")), *(each for each in _texts(principal.get("AWS")) if each == "*")]
    return (
        any(each in ("*", request.service) for each in services)
        and any(_matches(each.lower(), request.action.lower()) for each in _texts(statement.get("Action")))
        and any(_matches(each, request.resource) for each in _texts(statement.get("Resource")))
        and _holds(statement.get("Condition") or {}, request.context)
    )


def _holds(condition: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Whether all conditions hold. An operator that is not known here holds nowhere: rather a finding too many."""
    for operator, keys in condition.items():
        base = operator.removesuffix("IfExists").rpartition(":")[2]
        for key, wanted in keys.items():
            value = context.get(key.lower())
            if value is None:
                if operator.endswith("IfExists"):
                    continue
                return False
            if base == "Bool":
                holds = value in {str(each).lower() for each in _many(wanted)}
            elif base in _LIKE:
                holds = any(_matches(each, value) for each in _texts(wanted))
            else:
                holds = base in _EQUAL and value in _texts(wanted)
            if not holds:
                return False
    return True


def _matches(pattern: str, value: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _many(value: Any) -> list[Any]:  # noqa: ANN401  # of JSON
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _texts(value: Any) -> Iterable[str]:  # noqa: ANN401  # of JSON
    return [str(each) for each in _many(value)]
