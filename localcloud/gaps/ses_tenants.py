"""Reputation entities of SES tenants: the emulator keeps tenants, but cannot stop one.

https://docs.aws.amazon.com/ses/latest/dg/tenants.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_UpdateReputationEntityCustomerManagedStatus.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetReputationEntity.html

What AWS itself thinks of a tenant is, by the convention of this simulation, its tag `localcloud:aws-managed-status`
(ENABLED or DISABLED). SES tells of every change on the default event bus. A tenant has SES's policy
`standard` until it is given another.
"""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

from ministack.core.responses import get_region
from ministack.services import eventbridge, ses_v2

VERDICT_TAG: Final = "localcloud:aws-managed-status"
STATUSES: Final = ("ENABLED", "DISABLED", "REINSTATED")
POLICY: Final = re.compile(r"arn:aws:ses:[a-z0-9-]+:aws:reputation-policy/(standard|strict|none)")
_POLICY: Final = "ReputationManagementPolicy"
_CUSTOMER, _AWS = "CustomerManagedStatus", "AwsSesManagedStatus"
Answer = tuple[str, str, int] | dict[str, Any]
"""An error's code, message and status; or what is answered."""


def reputation(method: str, path: str, request: dict[str, Any]) -> Answer | None:
    """Answer a call about a reputation entity; None where `path` is about something else."""
    prefix, suffix, of_policy = "/reputation/entities/RESOURCE/", "/customer-managed-status", "/policy"
    if not path.startswith(prefix):
        return None
    arn = unquote(path.removeprefix(prefix).removesuffix(suffix).removesuffix(of_policy))
    tenant = _of(arn)
    if tenant is None:
        return "NotFoundException", f"Reputation entity <{arn}> does not exist.", 404
    if method == "GET":
        named = {"ReputationEntityReference": arn, "ReputationEntityType": "RESOURCE"}
        return {"ReputationEntity": {**named, **_say(tenant)}}
    if method == "PUT" and path.endswith(of_policy):
        return _put_policy(tenant, str(request.get("ReputationEntityPolicy")))
    status = request.get("SendingStatus")
    if method != "PUT" or not path.endswith(suffix) or status not in STATUSES:
        return "BadRequestException", "Invalid sending status.", 400
    _set(tenant, _CUSTOMER, status, "Updated by the customer")
    return {}


def _put_policy(tenant: dict[str, Any], policy: str) -> Answer:
    if not POLICY.fullmatch(policy):
        return "BadRequestException", "Invalid reputation policy.", 400
    tenant[_POLICY] = policy
    return {}


def tagged(request: dict[str, Any]) -> None:
    """Take the tag that stands for AWS's own verdict."""
    tenant = _of(str(request.get("ResourceArn")))
    verdicts = [tag["Value"] for tag in request.get("Tags") or [] if tag["Key"] == VERDICT_TAG]
    if tenant is not None and verdicts:
        _set(tenant, _AWS, verdicts[-1], "The bounce rate exceeded 15.0%")


def is_stopped(name: str) -> bool:
    tenant = ses_v2._tenants.get(name)
    return tenant is not None and tenant["SendingStatus"] == "DISABLED"


def _of(arn: str) -> dict[str, Any] | None:
    return next((tenant for tenant in ses_v2._tenants.values() if tenant["TenantArn"] == arn), None)


def _say(tenant: dict[str, Any]) -> dict[str, Any]:
    statuses = {kind: tenant.get(kind, {"Status": "ENABLED"}) for kind in (_CUSTOMER, _AWS)}
    policy = tenant.get(_POLICY, f"arn:aws:ses:{get_region()}:aws:reputation-policy/standard")
    return {**statuses, "SendingStatusAggregate": tenant["SendingStatus"], _POLICY: policy}


def _set(tenant: dict[str, Any], kind: str, status: str, cause: str) -> None:
    now = datetime.now(UTC)
    tenant[kind] = {"Status": status, "Cause": cause, "LastUpdatedTimestamp": int(time.time())}
    said = _say(tenant)
    both = {said[_CUSTOMER]["Status"], said[_AWS]["Status"]}
    tenant["SendingStatus"] = "DISABLED" if "DISABLED" in both else said[_CUSTOMER]["Status"]
    instant = [now.year, now.month, now.day, now.hour, now.minute, now.second, now.microsecond * 1000]
    origin = "CUSTOMER_MANAGED" if kind == _CUSTOMER else "AWS_MANAGED"
    record = {"status": status, "cause": cause, "lastUpdatedTimestamp": instant}
    entry = {
        "Source": "aws.ses",
        "DetailType": f"Sending Status {'Disabled' if status == 'DISABLED' else 'Enabled'}",
        "Resources": [tenant["TenantArn"]],
        "Detail": json.dumps({"version": "1.0.0", "data": {"origin": origin, "record": record}}),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
