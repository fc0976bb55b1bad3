"""What a service may do by a role that it was given: whether it may take on the role, and what the role allows.

The emulator asks neither where a service acts by itself.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import iam

from localcloud.gaps import patching

log = logging.getLogger("localcloud.service_roles")
_NO_KEYS: Final[Mapping[str, str]] = {}
_EVALUATE_RESOURCE_POLICY: Final = "doc ctx service named_only direct_only"


def check() -> None:
    """Make sure that the emulator still has what this uses. Raises `PatchError`."""
    patching.original(iam_evaluator, "evaluate_resource_policy", _EVALUATE_RESOURCE_POLICY)
    patching.original(iam_evaluator, "evaluate", "ctx policies limits")
    patching.original(iam_evaluator, "_gather_role_policies", "role_name account_id")


def may(
    service: str,
    role_arn: str,
    action: str,
    resource: str,
    trust: Mapping[str, str],
    call: Mapping[str, str] = _NO_KEYS,
) -> bool:
    """Whether `service` (such as "sns.amazonaws.com") may do `action` with `resource` by the role.

    trust, call: the condition keys, in lower case, that there are as the service takes on the role, and in its call.
    As AWS does, a refusal is not told to whoever caused the call; the log says it.
    """
    refusal = _refusal(service, role_arn, action, resource, trust, call)
    if refusal:
        log.warning("%s may not %s %s by %s: %s", service, action, resource, role_arn or "no role", refusal)
    return not refusal


def _refusal(
    service: str, role_arn: str, action: str, resource: str, trust: Mapping[str, str], call: Mapping[str, str]
) -> str:
    try:
        place = parse_arn(role_arn)
    except ArnParseError:
        return "no role is named"
    name = place.resource.rpartition("/")[2]
    role: dict[str, Any] | None = iam._roles.get_scoped(place.account_id, None, name)
    if role is None:
        return "there is no such role"
    taking = _context(place.account_id, "*", "sts:AssumeRole", role_arn, dict(trust))
    document = role["AssumeRolePolicyDocument"]
    if iam_evaluator.evaluate_resource_policy(document, taking, service=service).decision != "Allow":
        return "it may not take on the role"
    acting = _context(place.account_id, role_arn, action, resource, dict(call))
    policies = iam_evaluator._gather_role_policies(name, place.account_id)
    return "" if iam_evaluator.evaluate(acting, policies).decision == "Allow" else "the role does not allow it"


def _context(account: str, principal: str, action: str, resource: str, keys: dict[str, str]) -> Any:  # noqa: ANN401
    return iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region="",
        service_context=keys,
    )
