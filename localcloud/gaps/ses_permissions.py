"""IAM for calls of SES about two resources, which must both be allowed, and for those about tags and tenants.

The emulator authorises sending, tags and tenants on "*", so that a policy which names resources, as it should, is
refused; of two resources it looks at one. Tags of SES's resources, and those that a call gives, are no conditions that
it knows.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
"""

import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote
from uuid import uuid4

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2, tagging

from localcloud.gaps import call_resources, patching
from localcloud.gaps.call_resources import Call
from localcloud.gaps.ses_identities import identity_of, tags_of_all

_resource_of_path = patching.original(iam_actions, "_ses_v2_resource_arn", "method path body region account_id")
_enforced = patching.original(app, "_enforce_ses_v2", "method path headers body query_params request_id")
Response = tuple[int, dict[str, str], bytes]
SENDING: Final = ("/outbound-emails", "/outbound-bulk-emails")


def install() -> None:
    patching.replace(iam_actions, "_ses_v2_resource_arn", "method path body region account_id", _resource)
    call_resources.replace(_resource_of_tags)
    patching.replace(app, "_enforce_ses_v2", "method path headers body query_params request_id", _enforce)
    tagging._RESOURCE_TAG_COLLECTORS["ses"] = tags_of_all
    patching.original(
        app,
        "_enforce_data_plane",
        "service iam_action headers query_params request_id resource_arn service_context auth_error_response "
        "named_resource",
    )


def _resource_of_tags(call: Call, otherwise: Callable[[], str]) -> str:
    """As the emulator, but for the calls about tags that name their resource in the query."""
    named = call.query_params.get("ResourceArn") if call.path.rstrip("/") == "/v2/email/tags" else None
    if not named:
        return otherwise()
    return str(named[0] if isinstance(named, list) else named)


def _enforce(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], request_id: str
) -> Response | None:
    """As the emulator, with the tags that the call gives: ``aws:RequestTag`` and ``aws:TagKeys``."""
    action = iam_actions.extract_iam_action("ses", method, path, headers, body, query_params)
    if action is None:
        of_credentials: Response | None = _enforced(method, path, headers, body, query_params, request_id)
        return of_credentials
    region = app.extract_region(headers, query_params)
    named = iam_actions.extract_resource_arn("ses", method, path, headers, body, query_params, region, get_account_id())
    denied: Response | None = app._enforce_data_plane(
        "sesv2",
        action,
        headers,
        query_params,
        request_id,
        resource_arn=named,
        service_context=iam_actions.request_tag_context("ses", action, body, {}),
        named_resource=named,
    )
    return denied


def _resource(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
    entity = unquote(path).partition("/reputation/entities/RESOURCE/")[2]
    call = path.rstrip("/").removeprefix("/v2/email")
    if entity:
        return entity.removesuffix("/customer-managed-status").removesuffix("/policy")
    if call == "/tags":
        return _field(body, "ResourceArn") or "*"
    if call.startswith("/tenants") and call != "/tenants/list":
        name = _field(body, "TenantName")
        return str(ses_v2._tenants.get(name, {}).get("TenantArn", arn("tenant", f"{name}/*")))
    if call not in SENDING:
        of_path: str = _resource_of_path(method, path, body, region, account_id)
        return of_path
    return f"arn:aws:ses:{region}:{account_id}:identity/{identity_of(_field(body, 'FromEmailAddress'))}"


def second(operation: tuple[str, str], request: dict[str, Any]) -> tuple[str, str] | None:
    """The action, and the ARN of the other resource that a control call is about, if it is about two."""
    method, path = operation
    name, pool = request.get("ConfigurationSetName"), request.get("SendingPoolName")
    if method == "PUT" and path.startswith("/identities/") and path.endswith("/configuration-set") and name:
        return "ses:PutEmailIdentityConfigurationSetAttributes", arn("configuration-set", name)
    if method == "PUT" and path.endswith("/delivery-options") and pool:
        return "ses:PutConfigurationSetDeliveryOptions", arn("dedicated-ip-pool", pool)
    if operation == ("POST", "/tenants/resources"):
        return "ses:CreateTenantResourceAssociation", str(request.get("ResourceArn"))
    if operation == ("POST", "/tenants/resources/delete"):
        return "ses:DeleteTenantResourceAssociation", str(request.get("ResourceArn"))
    return None


def arn(kind: str, name: str) -> str:
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:{kind}/{name}"


def _field(body: bytes, name: str) -> str:
    try:
        return str(json.loads(body)[name])
    except (ValueError, TypeError, KeyError):
        return ""


def refusal(action: str, resource: str, headers: dict[str, str], query_params: dict[str, Any]) -> Response | None:
    """The error response where the caller may not do this with the resource, or None."""
    denied: Response | None = app._enforce_data_plane(
        "sesv2", action, headers, query_params, str(uuid4()), resource_arn=resource, named_resource=resource
    )
    return denied
