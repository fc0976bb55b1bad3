"""HTTP APIs: described in a template by an OpenAPI document, as SAM does, and open to whoever knows their address.

The emulator makes no routes of the document, and finds an API only for callers who sign as its account.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-apigatewayv2-api.html (Body)
"""

import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

from ministack import app
from ministack.core.responses import request_scope
from ministack.services import apigateway
from ministack.services.cloudformation import provisioners

from localcloud.gaps import patching

_TYPE: Final = "AWS::ApiGatewayV2::Api"
_INTEGRATION: Final = "x-amazon-apigateway-integration"
_ANY: Final = "x-amazon-apigateway-any-method"
_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", _ANY)
_CREATE: Final = "logical_id props stack_name"
_UPDATE: Final = "physical_id old_props new_props stack_name logical_id"
_CALL: Final = "host path method headers body query_params raw_path raw_query_string"
Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
Response = tuple[int, dict[str, str], bytes]

_create: Callable[..., Made] = patching.original(provisioners, "_apigw_v2_api_create", _CREATE)
_update: Callable[..., Made] = patching.original(provisioners, "_apigw_v2_api_update", _UPDATE)
_handle: Callable[..., Awaitable[Response | None]] = patching.original(app, "_handle_execute_api_request", _CALL)


def install() -> None:
    patching.original(app, "_parse_execute_api_url", "host path")
    patching.replace(app, "_handle_execute_api_request", _CALL, handle)
    patching.original(apigateway, "_create_integration", "api_id data")
    patching.original(apigateway, "_create_route", "api_id data")
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers["create"], handlers["update"] = create, update


async def handle(host: str, path: str, *rest: Any, **named: Any) -> Response | None:  # noqa: ANN401  # as the emulator's
    """Answer a call of an API, in the account and region that the API is in."""
    parsed = app._parse_execute_api_url(host, path)
    owners = (key[:2] for key, _ in apigateway._apis.all_items() if parsed is not None and key[2] == parsed[0])
    owner = next(owners, None)
    if owner is None:
        return await _handle(host, path, *rest, **named)
    with request_scope(*owner):
        return await _handle(host, path, *rest, **named)


def create(logical_id: str, props: Properties, stack_name: str) -> Made:
    """Make an API, with the routes of its document if it has one."""
    named = {"Name": _title(props), **props}
    api_id, attributes = _create(logical_id, named, stack_name)
    _import(api_id, props)
    return api_id, attributes


def update(
    physical_id: str, old_props: Properties, new_props: Properties, stack_name: str, logical_id: str | None = None
) -> Made:
    """Change an API; a changed document takes the place of all routes."""
    old, new = ({"Name": _title(props), **props} for props in (old_props, new_props))
    api_id, attributes = _update(physical_id, old, new, stack_name, logical_id)
    if new_props.get("Body") != old_props.get("Body"):
        _import(api_id, new_props)
    return api_id, attributes


def _title(props: Properties) -> str | None:
    title: str | None = ((props.get("Body") or {}).get("info") or {}).get("title")
    return title


def _import(api_id: str, props: Properties) -> None:
    body = props.get("Body")
    if not isinstance(body, dict):
        return
    apigateway._routes[api_id], apigateway._integrations[api_id] = {}, {}
    for route_key, integration in _routes(body):
        made = _made(apigateway._create_integration(api_id, integration))
        target = f"integrations/{made['integrationId']}"
        _made(apigateway._create_route(api_id, {"routeKey": route_key, "target": target}))


def _routes(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route's key and integration."""
    for path, item in (body.get("paths") or {}).items():
        for method in _METHODS:
            described = (item.get(method) or {}).get(_INTEGRATION)
            if described is not None:
                verb = "ANY" if method == _ANY else method.upper()
                yield ("$default" if path.lstrip("/") == "$default" else f"{verb} {path}"), _integration(described)


def _integration(described: dict[str, Any]) -> dict[str, Any]:
    return {
        "integrationType": str(described["type"]).upper(),
        "integrationUri": described["uri"],
        "integrationMethod": described.get("httpMethod", "POST"),
        "payloadFormatVersion": described.get("payloadFormatVersion", "1.0"),
        "timeoutInMillis": described.get("timeoutInMillis", 30_000),
    }


def _made(answer: Response) -> dict[str, Any]:
    """What the emulator made. Raises ValueError, which fails the stack."""
    status, _, body = answer
    if status >= 400:
        raise ValueError(body.decode())
    made: dict[str, Any] = json.loads(body)
    return made
