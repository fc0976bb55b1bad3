"""IAM for calls whose resource the emulator reads otherwise than AWS, or not at all.

The targets of a rule are authorised on the rule, not on its bus; a rule of the default bus has that bus not in its ARN;
a policy is simulated on the user or role whose it is.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs

from localcloud.gaps import call_resources
from localcloud.gaps.call_resources import Call

_SIMULATED: Final = "PolicySourceArn"


def install() -> None:
    call_resources.replace(_resource)


def _resource(call: Call, otherwise: Callable[[], str]) -> str:
    """As the emulator, but for the rule where one is named as that of targets, and for what is simulated."""
    if call.service == "iam" and (simulated := parse_qs(call.body.decode(errors="replace")).get(_SIMULATED)):
        return simulated[0]
    if call.service != "events":
        return otherwise()
    asked = _asked(call.body)
    rule, bus = asked.get("Rule"), str(asked.get("EventBusName") or "default").rpartition("/")[2]
    if isinstance(rule, str):
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-manage-iam-access.html: two forms of ARN
        return f"arn:aws:events:{call.region}:{call.account_id}:rule/{rule if bus == 'default' else f'{bus}/{rule}'}"
    return otherwise().replace(":rule/default/", ":rule/")


def _asked(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}
