"""Reading what DynamoDB answers to a query without AWS's library, whose parser takes two thirds of a look's time.

That asks of each attribute for all ten kinds of value that it may be, where JSON says which it is. The library gives
the answer to whoever registered for it before it parses, in botocore/endpoint.py of https://github.com/boto/botocore;
a version that does not parses as ever, and so does each with what is not read here.
"""

from __future__ import annotations

from binascii import a2b_base64
from typing import Any, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient

_OK: Final = 200
_BINARY: Final = b'"B":'
_NESTED: Final = (b'"M":', b'"L":', b'"BS":')


def read_queries_plainly(client: DynamoDBClient) -> None:
    """Read the answers to a client's queries here."""
    client.meta.events.register("before-parse.dynamodb.Query", _read)


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Read an answer, and leave nothing of it to parse; what is no plain page of items is left as it is."""
    body: bytes = response_dict["body"]
    if response_dict["status_code"] != _OK or any(kind in body for kind in _NESTED):
        return
    try:
        answer = msgspec.json.decode(body, type=dict[str, Any])
        if _BINARY in body:
            _decode_binaries(answer["Items"])
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ):  # of no service of AWS: the library says what it makes of it
        return
    if isinstance(answer.get("Items"), list):
        customized_response_dict |= answer
        response_dict["body"] = b"{}"


def _decode_binaries(items: list[dict[str, dict[str, Any]]]) -> None:
    for item in items:
        for value in item.values():
            if "B" in value:
                value["B"] = a2b_base64(value["B"])
