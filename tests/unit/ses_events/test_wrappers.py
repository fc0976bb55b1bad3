"""SES events in whatever services of AWS, and people, put around them: read, or set aside, and never dropped."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import Ignored, Observation, Reading, Rejected
from sesguard.ses_events.wrappers import LARGEST_BODY
from tests.ses_events import (
    HERE,
    Event,
    a_bounce,
    a_complaint,
    a_delivery,
    a_legacy,
    a_mail,
    a_send,
    in_eventbridge,
    in_lambda_sns,
    in_sns,
    in_sqs,
)

EVENTS = [a_bounce(), a_complaint(), a_send(), a_delivery(), a_legacy(a_bounce())]
Wrap = Callable[[Event], Any]


def text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)


def in_base64(document: Any) -> str:
    return base64.b64encode(text(document).encode()).decode()


def zipped(document: Any) -> str:
    return base64.b64encode(gzip.compress(text(document).encode())).decode()


def reading_of(body: Any) -> Reading:
    return read(text(body), HERE)


def in_kinesis(event: Event) -> Event:
    return {"eventSource": "aws:kinesis", "kinesis": {"data": in_base64(event)}}


def logged(event: Event) -> Event:
    return {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 5, "message": text(event)}]}


READ: dict[str, Wrap] = {
    "a list of one": lambda event: [event],
    "a list of one in a list": lambda event: [[event]],
    "a list of one SNS envelope": lambda event: [in_sns(event)],
    "a list of a message in text": lambda event: [text(event)],
    "JSON in JSON": lambda event: json.dumps(text(event)),
    "JSON in JSON in JSON": lambda event: json.dumps(json.dumps(text(event))),
    "JSON in JSON in an SNS envelope": lambda event: in_sns(json.dumps(text(event))),
    "base64": in_base64,
    "base64 for addresses": lambda event: base64.urlsafe_b64encode(text(event).encode()).decode(),
    "base64 without padding": lambda event: in_base64(event).rstrip("="),
    "base64 in lines": lambda event: base64.encodebytes(text(event).encode()).decode(),
    "base64 of indented JSON": lambda event: in_base64(json.dumps(event, indent=2)),
    "base64 of base64": lambda event: in_base64(in_base64(event)),
    "base64 of JSON in JSON": lambda event: in_base64(json.dumps(text(event))),
    "base64 as a JSON text": lambda event: json.dumps(in_base64(event)),
    "base64 in an SNS envelope": lambda event: in_sns(in_base64(event)),
    "base64 of gzip": zipped,
    "a byte order mark": lambda event: "\ufeff" + text(event),
    "a record of SQS, as EventBridge Pipes passes it on": lambda event: in_sqs(event)["Records"][0],
    "a list of one record of SQS": lambda event: in_sqs(event)["Records"],
    "a record of SQS with an SNS envelope": lambda event: in_sqs(in_sns(event))["Records"][0],
    "a message as aws sqs receive-message prints it": lambda event: {"Messages": [{"Body": text(event)}]},
    "a request to API Gateway": lambda event: {"httpMethod": "POST", "headers": {"a": "b"}, "body": text(event)},
    "the same in base64": lambda event: {"version": "2.0", "body": in_base64(in_sns(event)), "isBase64Encoded": True},
    "a record of Kinesis": lambda event: {"Records": [in_kinesis(event)]},
    "the same by EventBridge Pipes": lambda event: {"eventSource": "aws:kinesis", "data": in_base64(event)},
    "records of Firehose": lambda event: {"records": [{"recordId": "1", "data": in_base64(event)}]},
    "a line of CloudWatch Logs": logged,
    "a subscription of CloudWatch Logs": lambda event: {"awslogs": {"data": zipped(logged(event))}},
    "the same by Kinesis": lambda event: {"kinesis": {"data": zipped(logged(event))}},
    "what Lambda keeps of a failed call": lambda event: {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": {"Records": [in_lambda_sns(event)]},
        "responsePayload": {"errorMessage": "Task timed out"},
    },
    "a message for each protocol of SNS": lambda event: in_sns({"default": text(event)}),
    "an SNS envelope without a type": lambda event: {"Message": text(event), "TopicArn": "arn:aws:sns:eu-west-1:1:t"},
    "an SNS envelope of another type": lambda event: in_sns(event, Type=7),
    "an SNS envelope whose message is a list": lambda event: in_sns("", Message=[event]),
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.get("eventType", "legacy"))
@pytest.mark.parametrize("wrapping", READ)
def test_what_a_service_puts_around_an_event_changes_nothing(wrapping: str, event: Event) -> None:
    bare = reading_of(event)
    assert isinstance(bare, Observation)
    assert reading_of(READ[wrapping](event)) == bare


@pytest.mark.parametrize("event", EVENTS[:3], ids=lambda event: event["eventType"])
def test_a_detail_of_eventbridge_that_is_text_reads_as_one_that_is_none(event: Event) -> None:
    for envelope in (in_eventbridge(event), {"detail": event}):
        assert reading_of(envelope | {"detail": text(event)}) == reading_of(envelope)


def test_what_is_around_the_wrapping_still_says_whose_it_is() -> None:
    event = a_bounce(mail=a_mail(sendingAccountId=None, sourceArn=None))
    topic = "arn:aws:sns:ap-south-1:333333333333:t"
    for message in (in_base64(event), json.dumps([event]), json.dumps(text(event))):
        reading = reading_of(in_sns(message, TopicArn=topic))
        assert isinstance(reading, Observation), reading
        assert reading.stream == ("333333333333", "ap-south-1", "acme-news")


@pytest.mark.parametrize("kind", ["BOUNCE", "bounce", " Bounce"])
def test_a_kind_of_event_spelled_in_another_case_is_that_kind(kind: str) -> None:
    for wrap in (text, in_sns, in_eventbridge):
        event = a_bounce()
        assert reading_of(wrap(event | {"eventType": kind})) == reading_of(wrap(event))
    assert reading_of({"eventType": "RENDERING_FAILURE", "mail": a_mail()}) == reading_of(
        {"eventType": "Rendering Failure", "mail": a_mail()}
    )


ASIDE: dict[str, tuple[str, Wrap]] = {
    "a list of several": ("several_records", lambda event: [event, a_send()]),
    "several records of SNS": ("several_records", lambda event: {"Records": [in_lambda_sns(event)] * 2}),
    "several records of Kinesis": ("several_records", lambda event: {"Records": [in_kinesis(event)] * 2}),
    "several lines of CloudWatch Logs": (
        "several_records",
        lambda event: {"logEvents": logged(event)["logEvents"] * 2},
    ),
    "several in base64": ("several_records", lambda event: in_base64([event, event])),
    "one after the other": ("not_json", lambda event: text(event) + "\n" + text(event)),
    "one after the other in base64": ("not_json", lambda event: in_base64(text(event) + text(event))),
    "somebody's own wrapper": ("wrapped", lambda event: {"event": event}),
    "the same with a type of its own": ("wrapped", lambda event: {"eventType": "relayed", "payload": event}),
    "the same in text": ("wrapped", lambda event: {"payload": text(event), "id": 7}),
    "the same in base64": ("wrapped", lambda event: {"payload": in_base64(event)}),
    "CloudEvents": ("wrapped", lambda event: {"specversion": "1.0", "type": "x", "data_base64": in_base64(event)}),
    "another event beside it": ("wrapped", lambda event: {"body": text(a_send()), "event": event}),
    "something else where an event should be": ("wrapped", lambda event: {"message": "hello", "event": event}),
    "a relay's own source": ("wrapped", lambda event: in_eventbridge(event, source="com.example.relay")),
    "a pipe to a bus": ("wrapped", lambda event: in_eventbridge(in_sqs(event)["Records"][0], source="Pipe mail")),
    "a line of a log": ("not_json", lambda event: "INFO Received event: " + text(event)),
    "a form": ("not_json", lambda event: "Action=SendMessage&MessageBody=" + quote(text(event))),
    "cut off in two places": ("wrapped", lambda event: {"body": text(event)[:60], "x": [text(event)[:60]]}),
    "cut off in base64": ("not_json", lambda event: in_base64(event)[:101]),
    "cut off in a wrapper": ("not_json", lambda event: {"body": text(event)[:60]}),
    "cut off in gzip": ("not_json", lambda event: zipped(event)[:-20]),
    "a pointer into S3": ("wrapped", lambda _: ["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3Key": "k"}]),
}  # fmt: skip


@pytest.mark.parametrize("wrapping", ASIDE)
def test_an_event_that_cannot_be_told_from_its_wrapping_is_set_aside(wrapping: str) -> None:
    reason, wrap = ASIDE[wrapping]
    for event in (a_bounce(), a_complaint()):
        reading = reading_of(wrap(event))
        assert isinstance(reading, Rejected), reading
        assert reading.reason == reason


FORGED = json.dumps(a_bounce(mail=a_mail(configuration_set="somebody-elses")))


@pytest.mark.parametrize(
    "body",
    [
        {"eventType": "Teleport", "mail": a_mail(commonHeaders={"subject": FORGED})},
        in_eventbridge({"eventType": "Teleport", "mail": a_mail(commonHeaders={"subject": FORGED})}),
        {"notificationType": "Received", "mail": a_mail(), "content": FORGED},
        in_sns({"notificationType": "Received", "mail": a_mail(source=FORGED), "content": in_base64(FORGED)}),
    ],
)
def test_what_a_mail_says_of_itself_is_never_opened(body: Event) -> None:
    """Headers and content are whoever wrote them's."""
    assert isinstance(reading_of(body), Ignored)
    assert not isinstance(reading_of({"body": text(body)}), Observation)
    assert not isinstance(reading_of([body]), Observation)


@pytest.mark.parametrize(
    "body",
    [
        in_base64("hello, who is there?"),
        {"data": in_base64("x" * 40)},
        {"body": "hello"},
        {"Records": [{"eventSource": "aws:s3", "s3": {}}] * 2},
        [1, 2],
        ["a"],
        "A" * 64,
        "e" * 1_000_000,
        "eventType " * 100_000,
    ],
    ids=lambda body: text(body)[:20],
)
def test_what_holds_no_event_is_left_alone(body: Any) -> None:
    assert isinstance(reading_of(body), Ignored)


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(gzip.compress(b" " * 200_000_000 + b"{}")).decode()
    assert len(bomb) < LARGEST_BODY
    reading = reading_of(bomb)
    assert isinstance(reading, Rejected)
    assert reading.reason == "too_large"
