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


STORES = ("lambda:InvokeFunction", "s3:PutObject")


def a_stream(aws: Account, *, may: tuple[str, ...] = STORES, below: str = "*") -> str:
    """A bucket, a function, and a stream that has it transform what comes, by a role that may do so: its ARN."""
    aws.s3.create_bucket(Bucket=f"lake-{aws.id}")
    function = aws.function(aws.role(["logs:PutLogEvents"], ["*"]), TRANSFORM)
    arn = f"arn:aws:lambda:us-east-1:{aws.id}:function:{function}"
    parameters = {"LambdaArn": arn, "NumberOfRetries": "1"}
    listed = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    known = {"StringEquals": {"sts:ExternalId": aws.id}}
    resources = [arn, f"arn:aws:s3:::lake-{aws.id}/{below}"]
    made: str = aws.firehose.create_delivery_stream(
        DeliveryStreamName="lake",
        ExtendedS3DestinationConfiguration={
            "RoleARN": aws.role([*may], resources, "firehose.amazonaws.com", known, "stores"),
            "BucketARN": f"arn:aws:s3:::lake-{aws.id}",
            "Prefix": "events/day=!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/",
            "CompressionFormat": "GZIP",
            "ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": listed}]},
        },
    )["DeliveryStreamARN"]
    return made


def delivers(aws: Account, service: str, stream: str, *, source: str | None = None, name: str = "delivers") -> str:
    """A role by which a service puts records into a stream, where it acts for an account, this one: its ARN."""
    only = {"StringEquals": {"aws:SourceAccount": source or aws.id}}
    return aws.role(["firehose:PutRecord"], [stream], service, only, name)


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
        Attributes={
            "RawMessageDelivery": "true",
            "SubscriptionRoleArn": delivers(aws, "sns.amazonaws.com", stream),
        },
    )
    aws.sns.publish(TopicArn=topic, Message="good")
    aws.wait_until(lambda: bool(stored(aws, "events/")), lambda: str(stored(aws, "")))
    assert [gzip.decompress(body) for body in stored(aws, "events/").values()] == [b"GOOD\n"]


def put_rule(aws: Account, stream: str, role: str, name: str) -> None:
    aws.events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    aws.events.put_targets(Rule=name, Targets=[{"Id": "stream", "Arn": stream, "RoleArn": role}])


def put_events(aws: Account, *names: str) -> None:
    entries = [{"Source": name, "DetailType": name, "Detail": '{"some": "thing"}'} for name in names]
    assert aws.events.put_events(Entries=entries)["FailedEntryCount"] == 0


def test_a_rule_delivers_to_a_stream_the_whole_event_by_its_targets_role(aws: Account) -> None:
    stream = a_stream(aws)
    put_rule(aws, stream, delivers(aws, "events.amazonaws.com", stream), "mail")
    put_events(aws, "mail")
    aws.wait_until(lambda: bool(raw(aws)), lambda: str(stored(aws, "")))
    ((event, *_),) = raw(aws)  # which is none of the words that the function knows
    assert (json.loads(event)["source"], json.loads(event)["detail"]) == ("mail", {"some": "thing"})


def test_no_service_delivers_by_a_role_that_is_not_for_it(aws: Account) -> None:
    stream = a_stream(aws)
    roles = {
        "anothers": delivers(aws, "sns.amazonaws.com", stream, name="anothers"),
        "elsewhere": delivers(aws, "events.amazonaws.com", stream, source="999999999999", name="elsewhere"),
        "weak": delivers(aws, "events.amazonaws.com", f"{stream}-other", name="weak"),
        "mail": delivers(aws, "events.amazonaws.com", stream, name="mail"),
    }
    for name, role in roles.items():
        put_rule(aws, stream, role, name)
    put_events(aws, *roles)
    aws.wait_until(lambda: bool(raw(aws)), lambda: str(stored(aws, "")))
    assert [json.loads(event)["source"] for event, *_ in raw(aws)] == ["mail"]


def test_where_the_streams_role_may_not_call_the_function_all_is_set_aside(aws: Account) -> None:
    a_stream(aws, may=("s3:PutObject",))
    aws.firehose.put_record(DeliveryStreamName="lake", Record={"Data": b"good"})
    aws.wait_until(lambda: bool(raw(aws)), lambda: str(stored(aws, "")))
    assert raw(aws) == [("good", "Lambda.InvokeAccessDenied", 2)]


def test_what_the_streams_role_may_not_write_is_not_stored_and_the_rest_is(aws: Account) -> None:
    a_stream(aws, below="errors/*")
    records = [{"Data": text.encode()} for text in ("good", "bad")]
    aws.firehose.put_record_batch(DeliveryStreamName="lake", Records=records)
    aws.wait_until(lambda: bool(raw(aws)), lambda: str(stored(aws, "")))  # written after what was transformed
    assert [text for text, *_ in raw(aws)] == ["bad"]
    assert stored(aws, "events/") == {}
