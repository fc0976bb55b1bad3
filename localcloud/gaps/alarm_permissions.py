"""IAM for reading and deleting alarms. The emulator asks for permission on all there are.

Of alarms to be deleted each that is named must be allowed; who asks for composite alarms must be allowed all, who
asks for others the alarms of the account.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator
from ministack.core.router import extract_access_key_id

from localcloud.gaps import call_resources, patching
from localcloud.gaps.call_resources import Call

_DELETE: Final = "cloudwatch:DeleteAlarms"
_READ: Final = "cloudwatch:DescribeAlarms"


def install() -> None:
    patching.original(iam_evaluator, "enforce", "access_key_id iam_action service region resource_arn service_context")
    call_resources.replace(_resource)


def _resource(call: Call, otherwise: Callable[[], str]) -> str:
    """As the emulator; of alarms to be deleted one that the caller may not delete, if there is any."""
    if call.service != "monitoring":
        return otherwise()
    body, query, every = call.body, call.query_params, f"arn:aws:cloudwatch:{call.region}:{call.account_id}:alarm:"
    action = iam_actions.extract_iam_action(call.service, call.method, call.path, call.headers, body, query)
    if action == _READ:
        return "*" if _asks_for_composites(body, query) else f"{every}*"
    if action != _DELETE:
        return otherwise()
    arns = [every + name for name in _names(body, query)]
    key = extract_access_key_id(call.headers, query)
    refusal = partial(iam_evaluator.enforce, key, _DELETE, call.service, call.region)
    return next((arn for arn in arns if refusal(resource_arn=arn)), arns[0] if arns else "*")


def _names(body: bytes, query_params: dict[str, Any]) -> list[str]:
    """The alarms that DeleteAlarms names, in JSON or as a form."""
    try:
        decoded = json.loads(body)
    except ValueError:
        values = (value for name, value in query_params.items() if name.startswith("AlarmNames.member."))
        return [str(value[0] if isinstance(value, list) else value) for value in values]
    return [str(name) for name in decoded.get("AlarmNames", [])]


def _asks_for_composites(body: bytes, query_params: dict[str, Any]) -> bool:
    return b"CompositeAlarm" in body or any("CompositeAlarm" in str(value) for value in query_params.values())
