"""Expressions that DynamoDB refuses by themselves, and the emulator only once an item meets them, or never."""

import json
from typing import Any, Final

from ministack.services import dynamodb
from ministack.services._dynamodb_keywords import AWS_KEYWORDS

from localcloud.gaps import patching
from localcloud.gaps.expressions import Operation, key_problem, operations, problem

_PARAMETERS: Final = "method path headers body query_params"
_emulated = patching.original(dynamodb, "handle_request", _PARAMETERS)
_table_name = patching.original(dynamodb, "_normalize_table_name", "value")
_error = patching.original(dynamodb, "error_response_json", "code message status extra message_key content_type")


def install() -> None:
    patching.replace(dynamodb, "handle_request", _PARAMETERS, handle_request)


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> tuple[int, dict[str, str], Any]:
    """Answer a request, refusing what DynamoDB refuses."""
    found = _refused(body) if b"Expression" in body else None
    answer: tuple[int, dict[str, str], Any]
    if found:
        answer = _error("ValidationException", found, 400)
    else:
        answer = await _emulated(method, path, headers, body, query_params)
    return answer


def _refused(body: bytes) -> str | None:
    try:
        request = json.loads(body)
    except ValueError:  # which the emulator refuses
        return None
    found = (problem(each, AWS_KEYWORDS) or key_problem(each, _keys(each)) for each in operations(request))
    return next((each for each in found if each), None)


def _keys(operation: Operation) -> set[str]:
    """The attributes of the key that an operation works with: its table's, or its index's."""
    table = dynamodb._tables.get(_table_name(operation.get("TableName")))
    if table is None:
        return set()
    index = operation.get("IndexName")
    indexes = [*table.get("GlobalSecondaryIndexes", ()), *table.get("LocalSecondaryIndexes", ())]
    schema = next((each["KeySchema"] for each in indexes if each["IndexName"] == index), table["KeySchema"])
    return {each["AttributeName"] for each in schema}
