"""What each SES event counts for: the rules of DESIGN's section Counting, one sentence a row."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import CountsFor, Observation, Rejected, Via
from sesguard.ses_events.reasons import REPORTED, RejectedReason, Why
from sesguard.stream import StreamId
from tests.ses_events import (
    ACCOUNT,
    HERE,
    REGION,
    SENT_MINUTE,
    Event,
    a_bounce,
    a_bounced,
    a_complaint,
    a_delivery,
    a_legacy,
    a_mail,
    a_send,
    in_eventbridge,
    in_lambda_sns,
    in_sns,
)

STREAM = StreamId(ACCOUNT, REGION, "acme-news")
DRILL = Context(account="999999999999", region="us-east-1", count_simulator=True)

HARD, NOTHING, COMPLAINT, VOLUME = CountsFor.HARD_BOUNCE, CountsFor.NOTHING, CountsFor.COMPLAINT, CountsFor.VOLUME


def seen(event: Event, context: Context = HERE) -> Observation:
    reading = read(json.dumps(event), context)
    assert isinstance(reading, Observation), reading
    return reading


def rejected(event: Event) -> Rejected:
    reading = read(json.dumps(event), HERE)
    assert isinstance(reading, Rejected), reading
    return reading


@pytest.mark.parametrize(
    ("sentence", "type_", "subtype", "counts_for", "why"),
    [
        ("an address that does not exist", "Permanent", "General", HARD, Why.HARD_BOUNCE),
        ("an address that the provider denies", "Permanent", "NoEmail", HARD, Why.HARD_BOUNCE),
        ("the global list counts, as in SES", "Permanent", "Suppressed", HARD, Why.GLOBALLY_SUPPRESSED),
        (
            "the account's own list protects",
            "Permanent",
            "OnAccountSuppressionList",
            NOTHING,
            Why.SUPPRESSED_BY_ACCOUNT,
        ),
        ("the tenant's own list protects", "Permanent", "OnTenantSuppressionList", NOTHING, Why.SUPPRESSED_BY_TENANT),
        ("validation protects", "Permanent", "EmailValidationSuppressed", NOTHING, Why.SUPPRESSED_BY_VALIDATION),
        ("unsubscribing protects", "Permanent", "UnsubscribedRecipient", NOTHING, Why.SUPPRESSED_BY_SUBSCRIPTION),
        ("a new subtype counts", "Permanent", "Brand New", HARD, Why.UNKNOWN_SUBTYPE),
        ("no subtype counts", "Permanent", None, HARD, Why.UNKNOWN_SUBTYPE),
        ("letter case does not matter", "PERMANENT", "general", HARD, Why.HARD_BOUNCE),
        ("a full mailbox is soft", "Transient", "MailboxFull", NOTHING, Why.SOFT_BOUNCE),
        ("an out-of-office reply is soft", "Transient", "General", NOTHING, Why.SOFT_BOUNCE),
        ("a bounce that SES cannot read", "Undetermined", "Undetermined", NOTHING, Why.UNDETERMINED),
        ("a new type is no hard bounce", "Quantum", "General", NOTHING, Why.UNKNOWN_BOUNCE_TYPE),
        ("an empty type is no hard bounce", "", "General", NOTHING, Why.UNKNOWN_BOUNCE_TYPE),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_bounces(sentence: str, type_: str, subtype: str | None, counts_for: CountsFor, why: Why) -> None:
    event = a_bounce(a_bounced("ada@a.example"), a_bounced("bob@b.example"), type_=type_, subtype=subtype)
    observation = seen(event)
    assert (observation.kind, observation.counts_for, observation.why) == ("bounce", counts_for, why)
    assert observation.count == 2, "recipients are counted, not events"


@pytest.mark.parametrize(
    ("sentence", "fields", "counts_for", "why"),
    [
        ("abuse", {}, COMPLAINT, Why.COMPLAINT),
        ("a complaint without a type", {"complaintFeedbackType": None}, COMPLAINT, Why.COMPLAINT),
        ("a complaint of another type", {"complaintFeedbackType": "virus"}, COMPLAINT, Why.COMPLAINT),
        ("the opposite of a complaint", {"complaintFeedbackType": "not-spam"}, NOTHING, Why.NOT_SPAM),
        ("the same in capitals", {"complaintFeedbackType": "Not-Spam"}, NOTHING, Why.NOT_SPAM),
        ("the account's list", {"complaintSubType": "OnAccountSuppressionList"}, NOTHING, Why.COMPLAINT_SUPPRESSED),
        ("the tenant's list", {"complaintSubType": "OnTenantSuppressionList"}, NOTHING, Why.COMPLAINT_SUPPRESSED),
        ("a new subtype", {"complaintSubType": "Brand New"}, COMPLAINT, Why.UNKNOWN_COMPLAINT_SUBTYPE),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_complaints(sentence: str, fields: dict[str, Any], counts_for: CountsFor, why: Why) -> None:
    observation = seen(a_complaint(**fields))
    assert (observation.kind, observation.counts_for, observation.why) == ("complaint", counts_for, why)


def test_a_complaint_counts_once_however_many_recipients_a_mailbox_provider_lists() -> None:
    observation = seen(a_complaint(*(f"r{n}@inbox.example" for n in range(40)), "x@post.example"))
    assert observation.count == 1
    assert observation.domains == (("inbox.example", 1), ("post.example", 1))


def test_what_ses_says_and_the_guard_does_not_know_is_reported() -> None:
    assert {seen(a_bounce(subtype="New")).why, seen(a_bounce(type_="New")).why} <= REPORTED
    assert seen(a_complaint(complaintSubType="New")).why in REPORTED
    assert seen(a_bounce()).why not in REPORTED


def test_volume_is_the_recipients_of_a_send_event_and_of_a_delivery_event() -> None:
    sent, delivered = seen(a_send("a@x.example", "b@x.example", "c@x.example")), seen(a_delivery("a@x.example"))
    assert (sent.kind, sent.count, sent.counts_for, sent.identity) == ("send", 3, VOLUME, "")
    assert (delivered.kind, delivered.count, delivered.counts_for, delivered.identity) == ("delivery", 1, VOLUME, "")


@pytest.mark.parametrize(
    ("event_type", "body", "kind", "count"),
    [
        ("Reject", {"reject": {"reason": "Bad content"}}, "reject", 2),
        ("Rendering Failure", {"failure": {"templateName": "t"}}, "rendering_failure", 2),
        (
            "DeliveryDelay",
            {"deliveryDelay": {"delayedRecipients": [{"emailAddress": "a@x.example"}]}},
            "delivery_delay",
            1,
        ),
        ("Subscription", {"subscription": {"contactList": "l"}}, "subscription", 1),
        ("Open", {"open": {"ipAddress": "192.0.2.1"}}, "open", 1),
        ("Click", {"click": {"link": "https://acme.example"}}, "click", 1),
    ],
)
def test_everything_else_counts_for_nothing(event_type: str, body: Event, kind: str, count: int) -> None:
    observation = seen({"eventType": event_type, "mail": a_mail("a@x.example", "b@x.example")} | body)
    assert (observation.kind, observation.count, observation.counts_for) == (kind, count, NOTHING)
    assert observation.why == Why.NO_OUTCOME


# The simulator


SIMULATED = "bounce+label@Simulator.AmazonSES.com"


@pytest.mark.parametrize(
    "event",
    [a_send(SIMULATED), a_delivery(SIMULATED), a_bounce(a_bounced(SIMULATED)), a_complaint(SIMULATED)],
    ids=["send", "delivery", "bounce", "complaint"],
)
def test_the_mailbox_simulator_counts_in_a_drill_only(event: Event) -> None:
    assert (seen(event).counts_for, seen(event).why) == (NOTHING, Why.SIMULATOR)
    assert seen(event, DRILL).counts_for is not NOTHING


def test_simulated_recipients_are_taken_out_of_a_mixed_event() -> None:
    assert seen(a_send("ada@x.example", SIMULATED)).count == 1
    bounce = seen(a_bounce(a_bounced("ada@x.example"), a_bounced(SIMULATED)))
    assert (bounce.count, bounce.counts_for, bounce.domains) == (1, HARD, (("x.example", 1),))
    assert seen(a_bounce(a_bounced("ada@x.example"), a_bounced(SIMULATED)), DRILL).count == 2


def test_a_domain_that_only_looks_like_the_simulator_counts() -> None:
    assert seen(a_send("bounce@simulator.amazonses.com.evil.example")).counts_for is VOLUME
    assert seen(a_send("bounce@xsimulator.amazonses.com")).counts_for is VOLUME


# Whose mail, and when


def test_the_stream_is_the_configuration_set_in_the_sending_account_and_the_region_of_the_identity() -> None:
    assert seen(a_send()).stream == STREAM


def test_mail_without_a_configuration_set_is_unattributed() -> None:
    for mail in (a_mail(configuration_set=None), a_mail(tags=None), a_mail(tags={"ses:configuration-set": []})):
        assert seen(a_send(mail=mail)).stream == StreamId(ACCOUNT, REGION, "")


def test_a_legacy_notification_is_unattributed() -> None:
    observation = seen(in_sns(a_legacy(a_bounce())))
    assert (observation.stream, observation.counts_for) == (StreamId(ACCOUNT, REGION, ""), HARD)


def test_with_sending_authorisation_the_stream_is_the_senders_not_the_owners_of_the_identity() -> None:
    mail = a_mail(sourceArn="arn:aws:ses:eu-west-1:222222222222:identity/owner.example")
    assert seen(a_send(mail=mail)).stream == STREAM


@pytest.mark.parametrize(
    ("sentence", "fields", "envelope", "account", "region"),
    [
        ("the event before its envelope", {}, {"account": "3" * 12, "region": "eu-south-1"}, ACCOUNT, REGION),
        ("the identity's account stands in", {"sendingAccountId": None}, {"account": "3" * 12}, ACCOUNT, REGION),
        ("the envelope's region stands in", {"sourceArn": None}, {"region": "eu-south-1"}, ACCOUNT, "eu-south-1"),
        (
            "an ARN that is none says nothing",
            {"sourceArn": "arn:identity/x"},
            {"region": "eu-south-1"},
            ACCOUNT,
            "eu-south-1",
        ),
        (
            "the envelope's account is next",
            {"sourceArn": None, "sendingAccountId": None},
            {"account": "3" * 12},
            "3" * 12,
            REGION,
        ),
        (
            "the context is last",
            {"sourceArn": None, "sendingAccountId": None},
            {"account": None, "region": None},
            "9" * 12,
            "us-east-1",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_what_an_event_does_not_say_is_taken_from_further_out(
    sentence: str, fields: Event, envelope: Event, account: str, region: str
) -> None:
    event = in_eventbridge(a_send(mail=a_mail(**fields)), **envelope)
    assert seen(event).stream == StreamId(account, region, "acme-news")


def test_an_sns_envelope_names_account_and_region_by_its_topic() -> None:
    mail = a_mail(sourceArn=None, sendingAccountId=None)
    envelope = in_sns(a_send(mail=mail), TopicArn="arn:aws:sns:ap-south-1:333333333333:t")
    assert seen(envelope).stream == StreamId("333333333333", "ap-south-1", "acme-news")


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-20T09:14:00.000Z",
        "2026-11-20T09:14:59.999Z",
        "2026-11-20T10:14:07+01:00",
        "2026-11-20T09:14:07Z",
        "2026-11-20T09:14:07 +0000",
        "2026-11-20 09:14:07 +0000",
        "2026-11-20T09:14:07.412+0000",
        "2026-11-20T09: 14: 07.412+0000",
        "2026-11-20T10:14:07.412+01",
        "2026-11-20T04:44:07-0430",
        "2026-11-20T09:14:07.412345678Z",
        "2026-11-20T09:14:59.9999999Z",
        "2026-11-20T09:14:60Z",
        "2026-11-20T09:14:60.000Z",
        "2026-11-20t09:14:07z",
        " 2026-11-20T09:14:07.412Z ",
        "2026-11-20T09:14Z",
        "2026-11-20 09:14:07.412 UTC",
    ],
)
def test_the_minute_is_that_of_sending_in_utc(timestamp: str) -> None:
    assert seen(a_send(mail=a_mail(timestamp=timestamp))).minute == SENT_MINUTE


def test_without_a_send_time_the_events_own_time_is_used_and_then_the_envelopes() -> None:
    mail = a_mail(timestamp=None)
    assert seen(a_bounce(mail=mail)).minute == SENT_MINUTE
    assert seen(in_sns(a_send(mail=mail))).minute == SENT_MINUTE + 1
    assert seen(in_eventbridge(a_send(mail=mail))).minute == SENT_MINUTE + 2
    assert rejected(a_send(mail=mail)).reason == RejectedReason.SEND_TIME


# Domains and status codes


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ada@Inbox.Example", "inbox.example"),
        ("Ada <ada@inbox.example>", "inbox.example"),
        ('"a@b, <c>" <ada@inbox.example>', "inbox.example"),
        ('"odd @ local"@inbox.example', "inbox.example"),
        ("ada@inbox.example.", "inbox.example"),
        ("***@inbox.example", "inbox.example"),
        ("ada@bücher.example", "xn--bcher-kva.example"),
        ("ada@xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("ada", "invalid"),
        ("", "invalid"),
        ("ada@", "invalid"),
        ("ada@in box.example", "invalid"),
        ("ada@-inbox.example", "invalid"),
        ("ada@inbox..example", "invalid"),
        ("ada@[192.0.2.1]", "invalid"),
        ("ada@" + "a" * 64 + ".example", "invalid"),
        ("ada@" + "a." * 130 + "example", "invalid"),
        ("ada@\x1b[31m.example", "invalid"),
    ],
)
def test_the_receiving_domain_is_kept_in_ascii_or_as_invalid(address: str, domain: str) -> None:
    assert seen(a_bounce(a_bounced(address))).domains == ((domain, 1),)


@pytest.mark.parametrize(
    ("status", "diagnostic", "code"),
    [
        ("5.1.1", "smtp; 550 5.7.1 refused", "5.1.1"),
        (None, "smtp; 550 5.1.10 RESOLVER.ADR.RecipientNotFound", "5.1.10"),
        ("failed", "smtp;554-5.7.1 refused", "5.7.1"),
        ("5.1.1 (ada@inbox.example)", "no such user", "5.1.1"),
        (" 5.1.1 ", "", "5.1.1"),
        ("<5.1.1>", "", "5.1.1"),
        ("[5.7.26]", "", "5.7.26"),
        ("5. 1. 1", "", "5.1.1"),
        ("#5.1.1 bad destination", "", "5.1.1"),
        ("failed. 5.1.1", "", "5.1.1"),
        ("5.1.1.1", "", ""),
        ("9.9.9", "", ""),
        (None, "smtp; 550 blocked from 5.10.20.30", ""),
        (None, "smtp; 550 user unknown", ""),
        (None, "3.1.1 is no failure", ""),
        ("", "", ""),
    ],
)
def test_the_status_code_is_the_enhanced_one_or_none(status: str | None, diagnostic: str, code: str) -> None:
    assert seen(a_bounce(a_bounced(status=status, diagnostic=diagnostic))).codes == ((code, 1),)


def test_domains_and_codes_are_counted_by_recipient_and_in_order() -> None:
    bounced = [a_bounced("a@y.example"), a_bounced("b@x.example", status="5.2.1"), a_bounced("c@y.example")]
    observation = seen(a_bounce(*bounced))
    assert observation.domains == (("x.example", 1), ("y.example", 2))
    assert observation.codes == (("5.1.1", 2), ("5.2.1", 1))


# Identity


def test_two_deliveries_of_an_outcome_have_one_identity_by_whatever_path() -> None:
    event = a_bounce()
    identities = {seen(body).identity for body in (event, in_sns(event), in_lambda_sns(event), in_eventbridge(event))}
    assert len(identities) == 1
    assert len(identities.pop()) == 32, "128 bits in hex"


def test_another_feedback_kind_or_account_is_another_identity() -> None:
    other_account = a_bounce(mail=a_mail(sendingAccountId="222222222222"))
    other_region = a_bounce(mail=a_mail(sourceArn=f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/acme.example"))
    events = [a_bounce(), a_bounce(feedbackId="other"), a_complaint(), other_account, other_region]
    assert len({seen(event).identity for event in events}) == len(events)


def test_an_outcome_told_as_an_event_and_as_a_legacy_notification_has_one_identity() -> None:
    for event in (a_bounce(), a_complaint()):
        assert seen(event).identity == seen(a_legacy(event)).identity
        assert seen(event).source == seen(a_legacy(event)).source == "acme.example"


def test_without_a_feedback_id_the_message_and_its_recipients_are_the_identity() -> None:
    one, two = a_bounced("a@x.example"), a_bounced("b@x.example")
    assert seen(a_bounce(one, two, feedbackId=None)).identity == seen(a_bounce(two, one, feedbackId=None)).identity
    assert seen(a_bounce(one, feedbackId=None)).identity != seen(a_bounce(two, feedbackId=None)).identity
    assert seen(a_bounce(one, feedbackId=None)).identity != seen(a_bounce(one)).identity
    assert rejected(a_bounce(feedbackId=None, mail=a_mail(messageId=None))).reason == RejectedReason.MISSING_FIELD


def test_an_event_that_came_through_eventbridge_says_so_even_inside_sns() -> None:
    assert seen(a_send()).via is Via.SNS
    assert seen(in_sns(a_send())).via is Via.SNS
    assert seen(in_eventbridge(a_send())).via is Via.EVENTBRIDGE
    assert seen(in_sns(in_eventbridge(a_send()))).via is Via.EVENTBRIDGE
