"""Calls that the emulator authorises by another action than AWS does.

Those about several messages of a queue need the permission for one; who reads a function's concurrency need not be one
who may set it.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

from typing import Any, Final

from ministack.core import iam_actions

from localcloud.gaps import patching

_PARAMETERS: Final = "service method path headers body query_params"
_action = patching.original(iam_actions, "extract_iam_action", _PARAMETERS)
BATCHES: Final = frozenset(f"sqs:{name}Batch" for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility"))


def install() -> None:
    patching.replace(iam_actions, "extract_iam_action", _PARAMETERS, action)


def action(
    service: str, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> str | None:
    """The action that a call is authorised by, None where it needs no permission."""
    found: str | None = _action(service, method, path, headers, body, query_params)
    if method == "GET" and found == "lambda:PutFunctionConcurrency":
        return "lambda:GetFunctionConcurrency"
    return found.removesuffix("Batch") if found in BATCHES else found
