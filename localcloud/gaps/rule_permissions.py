"""IAM for the targets of a rule: the emulator asks for permission on the rule's bus, AWS on the rule.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
"""

import json
from typing import Any, Final

from ministack.core import iam_actions

from localcloud.gaps import patching

_PARAMETERS: Final = "service method path headers body query_params region account_id"


def install() -> None:
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
        """As the emulator; the rule where one is named as that of targets."""
        asked = _asked(body) if service == "events" else {}
        rule, bus = asked.get("Rule"), str(asked.get("EventBusName") or "default").rpartition("/")[2]
        if isinstance(rule, str):
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-manage-iam-access.html: two forms of ARN
            return f"arn:aws:events:{region}:{account_id}:rule/{rule if bus == 'default' else f'{bus}/{rule}'}"
        return str(found(service, method, path, headers, body, query_params, region, account_id))

    patching.replace(iam_actions, "extract_resource_arn", _PARAMETERS, resource)


def _asked(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
