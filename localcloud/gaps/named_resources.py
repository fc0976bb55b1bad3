"""IAM for calls whose resource the emulator reads otherwise than AWS, or not at all.

The targets of a rule are authorised on the rule, not on its bus; a rule of the default bus has that bus not in its ARN;
a policy is simulated on the user or role whose it is.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

import json
from typing import Any, Final
from urllib.parse import parse_qs

from ministack.core import iam_actions

from localcloud.gaps import patching

_PARAMETERS: Final = "service method path headers body query_params region account_id"
_SIMULATED: Final = "PolicySourceArn"


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
        """As the emulator, but for the rule where one is named as that of targets, and for what is simulated."""
        if service == "iam" and (simulated := parse_qs(body.decode(errors="replace")).get(_SIMULATED)):
            return simulated[0]
        asked = _asked(body) if service == "events" else {}
        rule, bus = asked.get("Rule"), str(asked.get("EventBusName") or "default").rpartition("/")[2]
        if isinstance(rule, str):
            # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-manage-iam-access.html: two forms of ARN
            return f"arn:aws:events:{region}:{account_id}:rule/{rule if bus == 'default' else f'{bus}/{rule}'}"
        named = str(found(service, method, path, headers, body, query_params, region, account_id))
        return named.replace(":rule/default/", ":rule/") if service == "events" else named

    patching.replace(iam_actions, "extract_resource_arn", _PARAMETERS, resource)


def _asked(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
