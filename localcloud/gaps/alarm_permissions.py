"""IAM for reading and deleting alarms. The emulator asks for permission on all there are.

Of alarms to be deleted each that is named must be allowed; who asks for composite alarms must be allowed all, who
asks for others the alarms of the account.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
"""

import json
from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator
from ministack.core.router import extract_access_key_id

from localcloud.gaps import patching

_PARAMETERS: Final = "service method path headers body query_params region account_id"
_DELETE: Final = "cloudwatch:DeleteAlarms"
_READ: Final = "cloudwatch:DescribeAlarms"


def install() -> None:
    patching.original(iam_evaluator, "enforce", "access_key_id iam_action service region resource_arn service_context")
    found = patching.original(iam_actions, "extract_resource_arn", _PARAMETERS)

    def resource(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        """As the emulator; of alarms to be deleted one that the caller may not delete, if there is any."""
        call = (service, method, path, headers, body, query_params)
        action = iam_actions.extract_iam_action(*call) if service == "monitoring" else ""
        if action == _READ:
            every = f"arn:aws:cloudwatch:{region}:{account_id}:alarm:*"
            return "*" if _asks_for_composites(body, query_params) else every
        if action != _DELETE:
            return str(found(*call, region, account_id))
        arns = [f"arn:aws:cloudwatch:{region}:{account_id}:alarm:{name}" for name in _names(body, query_params)]
        key = extract_access_key_id(headers, query_params)
        refused = (arn for arn in arns if iam_evaluator.enforce(key, _DELETE, service, region, resource_arn=arn))
        return next(refused, arns[0] if arns else "*")

    patching.replace(iam_actions, "extract_resource_arn", _PARAMETERS, resource)


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
