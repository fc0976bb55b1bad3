"""What DynamoDB answers to a query is read as AWS's library reads it, only sooner."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.session import Session

from sesguard.aws import query_answers
from sesguard.aws.clients import Clients


class Body(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def asked(body: bytes, status: int = 200, *, plainly: bool = True) -> Any:
    """What a client of ours, or one as AWS's library makes it, gives for an answer of DynamoDB."""
    session = Session()
    session.set_credentials("none", "none")
    session.set_config_variable("region", "eu-west-1")
    client: Any = Clients(session).dynamodb if plainly else session.create_client("dynamodb")
    client.meta.events.register_first(
        "before-send.dynamodb", lambda request, **_: AWSResponse(request.url, status, HTTPHeaders(), Body(body))
    )
    return client.query(TableName="t", KeyConditionExpression="a = :a")


@pytest.mark.parametrize(
    "answer",
    [
        {"Items": [], "Count": 0, "ScannedCount": 0},
        {
            "Items": [{"stream": {"S": 'ä "B":'}, "s05": {"N": "3"}, "done": {"BOOL": True}, "none": {"NULL": True}}],
            "LastEvaluatedKey": {"stream": {"S": "x"}, "cohort": {"S": "y"}},
            "ConsumedCapacity": {"TableName": "t", "CapacityUnits": 0.5},
        },
        {"Items": [{"v": {"B": "gqE="}, "B": {"N": "1"}}, {"set": {"SS": ["a", "b"]}, "n": {"NS": ["1"]}}]},
        {"Items": [{"m": {"M": {"b": {"B": "gqE="}}}, "l": {"L": [{"N": "1"}]}, "bs": {"BS": ["gqE="]}}]},
        {"Count": 3},
    ],
)
def test_an_answer_is_the_same_as_the_librarys(answer: dict[str, Any]) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode()
    assert asked(body) == asked(body, plainly=False)


def test_a_page_of_items_is_not_left_to_the_library() -> None:
    answer = {"body": b'{"Items":[{"v":{"B":"gqE="}}]}', "status_code": 200}
    read: dict[str, Any] = {}
    query_answers._read(answer, read)
    assert (read, answer["body"]) == ({"Items": [{"v": {"B": b"\x82\xa1"}}]}, b"{}")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"Items": {"B": 3}}', b'{"Items": [{"v": {"B": "a"}}]}'])
def test_what_is_no_answer_to_a_query_is_what_the_library_makes_of_it(body: bytes) -> None:
    def outcome(*, plainly: bool) -> object:
        try:
            return asked(body, plainly=plainly)
        except (ResponseParserError, ValueError, TypeError, AttributeError) as error:
            return type(error)

    assert outcome(plainly=True) == outcome(plainly=False)


def test_a_refusal_is_the_librarys() -> None:
    body = json.dumps({"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}).encode()
    with pytest.raises(ClientError) as caught:
        asked(body, 400)
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
