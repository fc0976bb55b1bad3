"""A stream as Firehose has it: buffered, compressed, and what cannot be transformed set aside as it came."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.contract.conftest import Account

pytestmark = pytest.mark.emulator

TRANSFORM = """
import base64

RESULTS = {"good": "Ok", "bad": "ProcessingFailed", "odd": "Dropped"}

def handler(event, context):
    def answer(record):
        text = base64.b64decode(record["data"]).decode()
        if text == "boom":
            raise ValueError(text)
        data = base64.b64encode(text.upper().encode() + b"\\n").decode()
        return {"recordId": record["recordId"], "result": RESULTS[text], "data": data}
    return {"records": [answer(record) for record in event["records"]]}
"""


def a_stream(aws: Account) -> str:
    """A bucket, a function, and a stream that has it transform what comes: its ARN."""
    aws.s3.create_bucket(Bucket=f"lake-{aws.id}")
    function = aws.function(aws.role(["logs:PutLogEvents"], ["*"]), TRANSFORM)
    arn = f"arn:aws:lambda:us-east-1:{aws.id}:function:{function}"
    parameters = {"LambdaArn": arn, "NumberOfRetries": "1"}
    listed = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    made: str = aws.firehose.create_delivery_stream(
        DeliveryStreamName="lake",
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{aws.id}:role/role",
            "BucketARN": f"arn:aws:s3:::lake-{aws.id}",
            "Prefix": "events/day=!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/",
            "CompressionFormat": "GZIP",
            "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": listed}]},
        },
    )["DeliveryStreamARN"]
    return made


def stored(aws: Account, prefix: str) -> dict[str, bytes]:
    """The objects below a prefix of the stream's bucket."""
    bucket = f"lake-{aws.id}"
    listed = aws.s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {it["Key"]: aws.s3.get_object(Bucket=bucket, Key=it["Key"])["Body"].read() for it in listed}


def raw(aws: Account) -> list[tuple[str, str, int]]:
    """What was set aside: each record as it came, why, and after how many attempts."""
    lines = [json.loads(line) for body in stored(aws, "errors/").values() for line in body.splitlines()]
    return [(base64.b64decode(it["rawData"]).decode(), it["errorCode"], it["attemptsMade"]) for it in lines]


def test_what_comes_together_is_one_compressed_object_and_what_fails_is_set_aside(aws: Account) -> None:
    a_stream(aws)
    records = [{"Data": text.encode()} for text in ("good", "bad", "odd", "good")]
    aws.firehose.put_record_batch(DeliveryStreamName="lake", Records=records)
    aws.wait_until(lambda: bool(stored(aws, "events/") and raw(aws)), lambda: str(stored(aws, "")))
    ((key, body),) = stored(aws, "events/").items()
    assert key.endswith(".gz")
    assert gzip.decompress(body) == b"GOOD\nGOOD\n"
    assert raw(aws) == [("bad", "Lambda.ProcessingFailedStatus", 1)]
    assert all(key.startswith("errors/processing-failed/day=") for key in stored(aws, "errors/"))


def test_where_the_function_fails_the_batch_is_tried_again_and_set_aside_as_it_came(aws: Account) -> None:
    a_stream(aws)
    aws.firehose.put_record_batch(DeliveryStreamName="lake", Records=[{"Data": b"boom"}, {"Data": b"good"}])
    aws.wait_until(lambda: bool(raw(aws)), lambda: str(stored(aws, "")))
    assert raw(aws) == [("boom", "Lambda.FunctionError", 2), ("good", "Lambda.FunctionError", 2)]
    assert stored(aws, "events/") == {}


def test_a_topic_delivers_to_a_stream_the_message_alone(aws: Account) -> None:
    stream = a_stream(aws)
    topic = aws.sns.create_topic(Name="events")["TopicArn"]
    aws.sns.subscribe(
        TopicArn=topic,
        Protocol="firehose",
        Endpoint=stream,
        Attributes={"RawMessageDelivery": "true", "SubscriptionRoleArn": f"arn:aws:iam::{aws.id}:role/role"},
    )
    aws.sns.publish(TopicArn=topic, Message="good")
    aws.wait_until(lambda: bool(stored(aws, "events/")), lambda: str(stored(aws, "")))
    assert [gzip.decompress(body) for body in stored(aws, "events/").values()] == [b"GOOD\n"]
