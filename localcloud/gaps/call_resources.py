"""Which resource a call is about, for IAM: where the emulator reads it otherwise than AWS, a gap names it."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ministack.core import iam_actions

from localcloud.gaps import patching

_PARAMETERS: Final = "service method path headers body query_params region account_id"


class Call(NamedTuple):
    """A request as the emulator has read it, with what ``extract_resource_arn`` takes."""

    service: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    query_params: dict[str, Any]
    region: str
    account_id: str


def replace(resource_of: Callable[[Call, Callable[[], str]], str]) -> None:
    """Have ``resource_of`` name the resource of each call; what it is given beside the call answers as until now."""
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
        call = Call(service, method, path, headers, body, query_params, region, account_id)
        return resource_of(call, lambda: str(found(*call)))

    patching.replace(iam_actions, "extract_resource_arn", _PARAMETERS, resource)
