"""Bodies that are no SES event, or a broken one: each gets a reason of its own and raises nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sesguard.ses_events import origin, recipients
from sesguard.ses_events.context import EARLIEST_MINUTE, Context
from sesguard.ses_events.envelope import MOST_ENVELOPES, read
from sesguard.ses_events.observation import Ignored, Observation, Rejected
from sesguard.ses_events.observe import MOST_RECIPIENTS
from sesguard.ses_events.wrappers import LARGEST_BODY
from tests.ses_events import (
    HERE,
    SENT_MINUTE,
    Event,
    a_bounce,
    a_bounced,
    a_complaint,
    a_delivery,
    a_mail,
    a_send,
    in_eventbridge,
    in_sns,
)

ALARM = {"AlarmName": "a", "NewStateValue": "ALARM", "Trigger": {"Namespace": "AWS/SES"}, "Region": "EU (Ireland)"}
STATUS = {"version": "1.0.0", "data": {"origin": "AWS_MANAGED", "record": {"status": "DISABLED"}}}


def dumped(body: Any) -> str | bytes:
    return body if isinstance(body, str | bytes) else json.dumps(body)


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("sns_subscription", in_sns("You have chosen to subscribe", Type="SubscriptionConfirmation")),
        ("sns_subscription", in_sns("You have chosen to deactivate", Type="UnsubscribeConfirmation")),
        ("topic_validated", "Successfully validated SNS topic for Amazon SES event publishing."),
        ("topic_validated", in_sns("Successfully validated SNS topic for Amazon SES event publishing.")),
        ("topic_validated", {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed"}),
        ("plain_text", "hello"),
        ("plain_text", in_sns("hello")),
        ("test_message", {"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-20T09:14:07.412Z"}),
        ("cloudwatch_alarm", ALARM),
        ("cloudwatch_alarm", in_sns(ALARM)),
        ("cloudwatch_alarm", {"source": "aws.cloudwatch", "alarmArn": "arn:x", "alarmData": {}}),
        ("cloudwatch_alarm", in_eventbridge({"alarmName": "a"}, source="aws.cloudwatch")),
        ("sending_status", in_eventbridge(STATUS, **{"detail-type": "Sending Status Disabled"})),
        ("sending_status", in_eventbridge(STATUS, **{"detail-type": "Sending Status Enabled"})),
        (
            "advisor_recommendation",
            in_eventbridge({"data": "x"}, **{"detail-type": "Advisor Recommendation Status Open"}),
        ),
        ("other_source", in_eventbridge({"bucket": {"name": "b"}}, source="aws.s3")),
        ("other_source", in_eventbridge({"mail": 5}, source="com.example")),
        ("inbound_mail", {"notificationType": "Received", "mail": a_mail(), "receipt": {}}),
        ("unknown_event_type", {"eventType": "Teleport", "mail": a_mail()}),
        ("unknown_event_type", {"eventType": "Teleport", "mail": 5}),
        ("unknown_event_type", in_eventbridge({"eventType": "AwsApiCall", "eventSource": "ses.amazonaws.com"})),
        ("unknown_event_type", {"notificationType": "Teleport"}),
        ("not_an_event", {}),
        ("not_an_event", []),
        ("not_an_event", "5"),
        ("not_an_event", "null"),
        ("plain_text", '"Bounce"'),
        ("not_an_event", {"Records": []}),
    ],
)
def test_what_is_no_sending_event_is_ignored(reason: str, body: Any) -> None:
    reading = read(dumped(body), HERE)
    assert isinstance(reading, Ignored), reading
    assert reading.reason == reason


BOUNCE = json.dumps(a_bounce())


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        ("not_json", ""),
        ("not_json", BOUNCE[:-1]),
        ("not_json", BOUNCE[: len(BOUNCE) // 2]),
        ("not_json", in_sns(BOUNCE[:-1])),
        ("not_json", BOUNCE + "x"),
        ("not_json", '{"eventType": 5, "mail": '),
        ("not_json", '{"Type": [], "x": ' + "1" * 5_000 + "}"),
        ("wrong_type", in_sns("hello", Type=[])),
        ("not_json", BOUNCE.replace('"Permanent"', "NaN")),
        ("not_json", BOUNCE.replace('"Permanent"', "-Infinity")),
        ("not_json", BOUNCE.replace("Permanent", "\x00")),
        ("not_json", BOUNCE.replace("Permanent", "\ud800")),
        ("not_json", BOUNCE.encode().replace(b"Permanent", b"\xff")),
        ("not_json", BOUNCE.encode("utf-16")),
        ("not_json", b"\x1f\x8b\x08\x00"),
        ("too_deep", "[" * 100_000),
        ("too_deep", '{"detail":' * 100_000),
        ("too_deep", BOUNCE[:-1] + ',"x":' + "[" * 50_000 + "]" * 50_000 + "}"),
        ("too_large", BOUNCE[:-1] + " " * LARGEST_BODY + "}"),
        ("missing_field", {"eventType": "Bounce"}),
        ("missing_field", {"eventType": "Bounce", "mail": a_mail()}),
        ("missing_field", {"eventType": "Bounce", "mail": None, "bounce": None}),
        ("missing_field", {"eventType": "Delivery", "mail": a_mail(), "delivery": {}}),
        ("missing_field", {"mail": a_mail(), "bounce": {}}),
        ("missing_field", {"Type": "Notification", "TopicArn": "arn:x"}),
        ("missing_field", in_eventbridge({})),
        ("missing_field", in_eventbridge(a_bounce()) | {"detail": None}),
        ("missing_field", a_send(mail=a_mail(destination=None))),
        ("missing_field", a_bounce({"status": "5.1.1"})),
        ("wrong_type", {"eventType": 5, "mail": a_mail()}),
        ("wrong_type", {"eventType": ["Bounce"], "mail": a_mail()}),
        ("wrong_type", {"eventType": "Send", "mail": []}),
        ("wrong_type", a_send(mail=a_mail(tags=["ses:configuration-set"]))),
        ("wrong_type", a_send(mail=a_mail(tags={"ses:configuration-set": "acme-news"}))),
        ("wrong_type", a_send(mail=a_mail(destination="ada@inbox.example"))),
        ("wrong_type", a_send(mail=a_mail(destination=[{}]))),
        ("wrong_type", a_send(mail=a_mail(timestamp=1_795_166_047))),
        ("wrong_type", a_bounce(feedbackId={})),
        ("wrong_type", a_complaint(complainedRecipients={"emailAddress": "ada@inbox.example"})),
        ("wrong_type", in_eventbridge(a_bounce()) | {"detail": []}),
        ("wrong_type", in_sns("", Message=["hello"])),
        ("send_time", a_send(mail=a_mail(timestamp=""))),
        ("send_time", a_send(mail=a_mail(timestamp="yesterday"))),
        ("send_time", a_send(mail=a_mail(timestamp="2026-02-30T09:14:07Z"))),
        ("send_time", a_send(mail=a_mail(timestamp="2026-11-20T09:14:07"))),
        ("send_time", a_send(mail=a_mail(timestamp="1970-01-01T00:00:00Z"))),
        ("send_time", a_send(mail=a_mail(timestamp="0001-01-01T00:00:00+23:59"))),
        ("send_time", a_send(mail=a_mail(timestamp="9999-12-31T23:59:59-23:59"))),
        ("recipients", a_send(mail=a_mail(destination=[]))),
        ("recipients", {"eventType": "Delivery", "mail": a_mail(), "delivery": {"recipients": []}}),
        ("recipients", a_bounce(bouncedRecipients=[])),
        ("recipients", a_complaint(complainedRecipients=[])),
        ("recipients", a_send(mail=a_mail(destination=["a@b.example"] * (MOST_RECIPIENTS + 1)))),
        ("recipients", a_bounce(bouncedRecipients=[{"emailAddress": "a@b"}] * (MOST_RECIPIENTS + 1))),
        ("configuration_set", a_send(mail=a_mail(configuration_set=""))),
        ("configuration_set", a_send(mail=a_mail(configuration_set="a" * 65))),
        ("configuration_set", a_send(mail=a_mail(configuration_set="a" * 10_000))),
        ("configuration_set", a_send(mail=a_mail(configuration_set="acme/news"))),
        ("configuration_set", a_send(mail=a_mail(configuration_set="acme-news\n"))),
        ("configuration_set", a_send(mail=a_mail(configuration_set="ácme"))),
        ("configuration_set", a_send(mail=a_mail(configuration_set="acme\u0661"))),
        ("region", a_send(mail=a_mail(sourceArn="arn:aws:ses:EU WEST:123456789012:identity/x"))),
        ("region", a_send(mail=a_mail(sourceArn="arn:aws:ses:a/b-c:123456789012:identity/x"))),
        ("region", a_send(mail=a_mail(sourceArn=f"arn:aws:ses:eu{'-x' * 40}:123456789012:identity/x"))),
        ("several_records", {"Records": [a_send(), a_send()]}),
        ("several_records", [a_send(), a_bounce()]),
        ("wrapped", {"event": a_bounce()}),
        ("wrapped", {"payload": json.dumps(a_bounce()), "id": 7}),
    ],
)
def test_what_should_have_been_an_event_is_rejected(reason: str, body: Any) -> None:
    reading = read(dumped(body), HERE)
    assert isinstance(reading, Rejected), reading
    assert reading.reason == reason
    assert reading.detail.isascii()
    assert len(reading.detail) < 200


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (a_bounce({"emailAddress": 5}), "bounce.bouncedRecipients[0].emailAddress: expected str, got int"),
        (a_bounce({}), "bounce.bouncedRecipients[0].emailAddress: missing"),
        (in_eventbridge(a_send(mail=a_mail(tags=7))), "detail.mail.tags: expected object, got int"),
        (a_send(mail=a_mail(destination=[])), "mail.destination: 0 recipients; expected 1 to 1000"),
    ],
)
def test_a_rejection_names_the_field_and_what_was_expected(body: Event, detail: str) -> None:
    reading = read(dumped(body), HERE)
    assert isinstance(reading, Rejected)
    assert reading.detail == detail


def counts(body: Any, context: Context = HERE) -> bool:
    return isinstance(read(dumped(body), context), Observation)


def test_both_sides_of_each_bound() -> None:
    assert counts(a_send(mail=a_mail(configuration_set="a" * 64)))
    assert counts(a_send(mail=a_mail(configuration_set="A-z_0")))
    assert counts(a_send(*["a@b.example"] * MOST_RECIPIENTS))
    assert counts(a_delivery(*["a@b.example"] * MOST_RECIPIENTS))
    assert counts(a_send(mail=a_mail(sourceArn="arn:aws-us-gov:ses:us-gov-west-1:123456789012:identity/x")))
    assert counts(BOUNCE[:-1] + " " * (LARGEST_BODY - len(BOUNCE)) + "}")
    assert counts(BOUNCE[:-1] + ', "new": {"field": [1, 2.5, null, "of SES"]}}'), "SES adds fields as it likes"


def test_a_mail_cannot_have_been_sent_after_the_latest_minute_of_the_context_or_before_ses() -> None:
    assert counts(a_send(), Context(latest_minute=SENT_MINUTE))
    assert not counts(a_send(), Context(latest_minute=SENT_MINUTE - 1))
    first = "2011-01-25T00:00:00Z"
    assert counts(a_send(mail=a_mail(timestamp=first)))
    assert not counts(a_send(mail=a_mail(timestamp="2011-01-24T23:59:59Z")))
    reading = read(dumped(a_send(mail=a_mail(timestamp=first))), HERE)
    assert isinstance(reading, Observation)
    assert reading.minute == EARLIEST_MINUTE


def test_envelopes_in_each_other_are_opened_up_to_a_depth() -> None:
    body: Event = a_send()
    for _ in range(MOST_ENVELOPES):
        body = in_sns(body)
    assert counts(body)
    reading = read(dumped(in_sns(body)), HERE)
    assert isinstance(reading, Rejected)
    assert reading.reason == "too_deep"


def test_an_envelope_whose_message_is_an_object_and_a_single_record_are_understood() -> None:
    event = a_bounce()
    without_type = {key: value for key, value in in_sns(event).items() if key != "Type"}
    records = {"Records": [{"Sns": in_sns(event)}]}
    for body in (in_sns("", Message=event), without_type, records, {"Sns": in_sns("", Message=event)}):
        assert read(dumped(body), HERE) == read(dumped(event), HERE)


def test_hostile_events_cannot_grow_what_is_remembered_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_MOST_KNOWN", 50)
    monkeypatch.setattr(recipients, "_MOST_KNOWN", 50)
    origin._known.clear()  # tests before this one remembered more
    recipients._known.clear()
    for place in range(200):
        bounced = a_bounced(f"a@host{place}.example")
        assert counts(a_bounce(bounced, mail=a_mail(configuration_set=f"set-{place}")))
        assert len(origin._known) <= 50
        assert len(recipients._known) <= 50


@pytest.mark.parametrize(
    ("sentence", "body"),
    [
        ("an account id as a number", a_bounce(mail=a_mail(sendingAccountId=123456789012))),
        ("a status as a number", a_bounce(a_bounced(status=5.11))),  # type: ignore[arg-type]  # the point of the row
        ("a recipient without an address", a_bounce(a_bounced(), {"status": "5.1.1"})),
        ("a recipient that is no object", a_bounce(None, a_bounced(), 5)),  # type: ignore[arg-type]  # as above
        ("an odd recipient of a complaint", a_complaint(complainedRecipients=[{}, {"emailAddress": "a@b.example"}])),
        ("an odd recipient of a mail", a_send(mail=a_mail(destination=["ada@inbox.example", None]))),
        ("an odd recipient of a delivery", a_delivery() | {"delivery": {"recipients": [7, "ada@inbox.example"]}}),
        ("an odd message id", a_send(mail=a_mail(messageId=5))),
        ("a time of the bounce as a number", a_bounce(timestamp=1_795_166_047)),
        ("half a character", a_bounce(a_bounced(), feedbackId="\ude00\ud83d\ude00\ud83d")),
        ("half a character of another's, in SNS", in_sns(a_bounce({**a_bounced(), "diagnosticCode": "5.1.1 \ud83d"}))),
        ("half a character behind an odd type", a_send(mail=a_mail(messageId=5, subject="\\\ud83d"))),
        ("in an envelope of EventBridge", in_eventbridge(a_bounce(a_bounced(), {}))),
        ("in an envelope of SNS", in_sns(a_bounce(a_bounced(), {}))),
    ],
)
def test_one_odd_detail_does_not_reject_the_rest(sentence: str, body: Any) -> None:
    reading = read(dumped(body), HERE)
    assert isinstance(reading, Observation), (sentence, reading)
    assert reading.count == 1
    assert reading.stream == ("123456789012", "eu-west-1", "acme-news")


@pytest.mark.parametrize(
    "body",
    [
        {"eventType": "DeliveryDelay", "mail": a_mail()},
        {"eventType": "DeliveryDelay", "mail": a_mail(), "deliveryDelay": {"delayedRecipients": []}},
        {"eventType": "Reject", "mail": a_mail(destination=None)},
        {"eventType": "Open", "mail": 5},
        {"eventType": "Open", "mail": a_mail(tags=5)},
        {"eventType": "Click", "mail": a_mail(timestamp="yesterday")},
        {"eventType": "Rendering Failure"},
        a_bounce(type_="Transient", bouncedRecipients=[]),
        a_bounce(type_="Transient", bouncedRecipients=5),
        a_bounce(type_="Undetermined", mail=a_mail(configuration_set="a/b")),
        a_complaint(complaintFeedbackType="not-spam", complainedRecipients=[]),
        a_complaint(complaintSubType="OnAccountSuppressionList", mail=a_mail(timestamp=5)),
        in_eventbridge({"eventType": "Open", "mail": []}),
    ],
)
def test_what_counts_for_nothing_is_never_a_dead_letter(body: Any) -> None:
    reading = read(dumped(body), HERE)
    assert not isinstance(reading, Rejected), reading
    if isinstance(reading, Observation):
        assert reading.counts_for == "nothing"
        assert reading.count == 1


@pytest.mark.parametrize(
    "none",
    ["-", "N/A", "n/a", "null", "None", "unknown", " - ", "--", "", "123", "1234567890123", "1/2/3"],
)
def test_an_account_that_is_none_falls_through_to_the_next_source(none: str) -> None:
    def account(mail: Event, wrap: Callable[[Event], Event] = lambda event: event, context: Context = HERE) -> str:
        reading = read(dumped(wrap(a_bounce(mail=mail))), context)
        assert isinstance(reading, Observation), (mail, reading)
        return reading.stream.account

    arn = f"arn:aws:ses:eu-west-1:{none}:identity/acme.example"
    assert account(a_mail(sendingAccountId=none)) == "123456789012"
    both = a_mail(sendingAccountId=none, sourceArn=arn)
    bridged = lambda event: in_eventbridge(event, account="333333333333")  # noqa: E731  # one of three in a row
    assert account(both, in_sns) == "123456789012", "of the topic"
    assert account(both, bridged) == "333333333333"
    assert account(both) == "999999999999", "of whoever received it"


def test_an_account_with_blanks_or_hyphens_is_one() -> None:
    for written in ("210987654321 ", " 210987654321", "2109-8765-4321"):
        reading = read(dumped(a_bounce(mail=a_mail(sendingAccountId=written))), HERE)
        assert isinstance(reading, Observation), reading
        assert reading.stream.account == "210987654321"


def test_an_event_that_says_an_account_nowhere_but_mangled_is_rejected() -> None:
    mangled = a_mail(sendingAccountId="1234", sourceArn=None)
    reading = read(dumped(a_bounce(mail=mangled)), Context(region="us-east-1"))
    assert isinstance(reading, Rejected)
    assert reading.reason == "account"


def test_an_event_in_detail_without_a_source_is_read() -> None:
    for event in (a_bounce(), a_complaint()):
        reading = read(dumped({"detail": event}), HERE)
        assert isinstance(reading, Observation), reading
        assert (reading.stream.configuration_set, reading.counts_for != "nothing") == ("acme-news", True)
