"""What DynamoDB answers to a query is read as AWS's library reads it, only sooner."""

from __future__ import annotations

import io
import json
from binascii import b2a_base64
from typing import Any
from zlib import crc32

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError, create_parser
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws import query_answers
from sesguard.aws.clients import Clients


class Body(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def a_client(*, plainly: bool) -> Any:
    session = Session()
    session.set_credentials("none", "none")
    session.set_config_variable("region", "eu-west-1")
    return Clients(session).dynamodb if plainly else session.create_client("dynamodb")


MODEL = Session().get_service_model("dynamodb")
SHAPE = MODEL.operation_model("Query").output_shape
PARSER = create_parser("json")


def asked(body: bytes, status: int = 200, *, plainly: bool = True) -> Any:
    """What a client of ours, or one as AWS's library makes it, gives for an answer of DynamoDB."""
    client = a_client(plainly=plainly)
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


@pytest.mark.parametrize("plainly", [True, False])
def test_an_answer_that_was_damaged_on_its_way_is_asked_for_again(plainly: bool) -> None:
    right, damaged = b'{"Items":[{"s05":{"N":"3"}}],"Count":1}', b'{"Items":[{"s05":{"N":"7"}}],"Count":1}'
    answers = [damaged, right]

    def send(request: Any, **_: object) -> AWSResponse:
        headers = HTTPHeaders()
        headers["x-amz-crc32"] = str(crc32(right))
        return AWSResponse(request.url, 200, headers, Body(answers.pop(0)))

    client = a_client(plainly=plainly)
    client.meta.events.register_first("before-send.dynamodb", send)
    assert client.query(TableName="t", KeyConditionExpression="a = :a")["Items"] == [{"s05": {"N": "3"}}]
    assert not answers


texts = st.text(max_size=5) | st.sampled_from(['"B":', '"M":', "B", "\ud800", "\0", "N"])
plain_values = st.one_of(
    st.builds(lambda it: {"S": it}, texts),
    st.builds(lambda it: {"N": str(it)}, st.integers() | st.decimals(allow_nan=False, allow_infinity=False)),
    st.builds(lambda it: {"B": b2a_base64(it, newline=False).decode()}, st.binary(max_size=9)),
    st.builds(lambda it: {"BOOL": it}, st.booleans()),
    st.just({"NULL": True}),
    st.builds(lambda it: {"SS": it}, st.lists(texts, max_size=2)),
    st.builds(lambda it: {"NS": [str(number) for number in it]}, st.lists(st.integers(), max_size=2)),
    st.builds(lambda it: {"BS": [b2a_base64(it, newline=False).decode()]}, st.binary(max_size=9)),
)
values = st.recursive(
    plain_values,
    lambda inner: st.one_of(
        st.builds(lambda it: {"L": it}, st.lists(inner, max_size=2)),
        st.builds(lambda it: {"M": it}, st.dictionaries(texts, inner, max_size=2)),
    ),
    max_leaves=4,
)
pages = st.fixed_dictionaries(
    {"Items": st.lists(st.dictionaries(texts, values, max_size=4), max_size=3)},
    optional={
        "Count": st.integers(0, 9),
        "ScannedCount": st.integers(0, 9),
        "LastEvaluatedKey": st.dictionaries(texts, st.builds(lambda it: {"S": it}, texts), min_size=1, max_size=2),
        "ConsumedCapacity": st.just({"TableName": "t", "CapacityUnits": 0.5, "Table": {"CapacityUnits": 0.5}}),
    },
)


@given(pages, st.booleans())
def test_any_page_of_items_is_read_as_the_library_reads_it(page: dict[str, Any], ascii_only: bool) -> None:
    body = json.dumps(page, ensure_ascii=ascii_only, separators=(",", ":")).encode(errors="surrogatepass")
    plainly: dict[str, Any] = {}
    answer: dict[str, Any] = {"body": body, "status_code": 200, "headers": {}}
    query_answers._read(answer, plainly)
    if answer["body"] != body:  # what is left alone is the library's
        librarys = PARSER.parse({"body": body, "status_code": 200, "headers": {}}, SHAPE)
        del librarys["ResponseMetadata"]
        assert plainly == librarys


def test_a_refusal_is_the_librarys() -> None:
    body = json.dumps({"__type": "com.amazonaws#ThrottlingException", "message": "slow down"}).encode()
    with pytest.raises(ClientError) as caught:
        asked(body, 400)
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
