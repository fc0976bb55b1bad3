"""IAM for SendEmail, where the identity that sends and the set that is named must both be allowed, and for tenants.

The emulator authorises sending on "*", so that a policy which names resources, as it should, is refused.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

import json
from typing import Any, Final
from urllib.parse import unquote
from uuid import uuid4

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2

from localcloud.gaps import patching
from localcloud.gaps.ses_identities import identity_of

_resource_of_path = patching.original(iam_actions, "_ses_v2_resource_arn", "method path body region account_id")
Response = tuple[int, dict[str, str], bytes]
SENDING: Final = ("/v2/email/outbound-emails", "/v2/email/outbound-bulk-emails")


def install() -> None:
    patching.replace(iam_actions, "_ses_v2_resource_arn", "method path body region account_id", _resource)
    patching.original(
        app,
        "_enforce_data_plane",
        "service iam_action headers query_params request_id resource_arn service_context auth_error_response "
        "named_resource",
    )


def _resource(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
    entity = unquote(path).partition("/reputation/entities/RESOURCE/")[2]
    if entity:
        return entity.removesuffix("/customer-managed-status")
    if path.rstrip("/") == "/v2/email/tenants/resources/list":
        return str(ses_v2._tenants.get(_field(body, "TenantName"), {}).get("TenantArn", "*"))
    if path.rstrip("/") not in SENDING:
        arn: str = _resource_of_path(method, path, body, region, account_id)
        return arn
    return f"arn:aws:ses:{region}:{account_id}:identity/{identity_of(_field(body, 'FromEmailAddress'))}"


def _field(body: bytes, name: str) -> str:
    try:
        return str(json.loads(body)[name])
    except (ValueError, TypeError, KeyError):
        return ""


def refusal(configuration_set: str, headers: dict[str, str], query_params: dict[str, Any]) -> Response | None:
    """The error response where the caller may not send with this configuration set, or None."""
    arn = f"arn:aws:ses:{get_region()}:{get_account_id()}:configuration-set/{configuration_set}"
    denied: Response | None = app._enforce_data_plane(
        "sesv2", "ses:SendEmail", headers, query_params, str(uuid4()), resource_arn=arn, named_resource=arn
    )
    return denied
