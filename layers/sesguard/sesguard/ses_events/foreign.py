"""What stands beside SES's events in a queue, and what exactly is wrong with an event that cannot be read.

Only bodies that the decoder refused, or in which it found no event, come here: being slow costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from sesguard.ses_events.observation import Ignored, Rejected
from sesguard.ses_events.observe import RULES
from sesguard.ses_events.reasons import IgnoredReason, RejectedReason
from sesguard.ses_events.wrappers import holds_event, speaks_of_event

SES: Final = "aws.ses"
WRAPPED: Final = Rejected(RejectedReason.WRAPPED, "body: an SES event inside a document that no AWS service sends")
_TYPE_NAME = re.compile("[A-Za-z][A-Za-z ]{0,39}")  # what may be repeated of a name from outside
_PROBLEM = re.compile(r"(?P<what>.*?)(?: - at `(?P<path>[^`]*)`.*)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def not_json(body: str | bytes, problem: ValueError) -> Ignored | Rejected:
    """Say what a body is that no JSON decoder reads: SES's greeting to a new topic, other plain text, or broken."""
    start = body[:200].lstrip() if isinstance(body, str) else bytes(body[:200]).decode("utf-8", "replace").lstrip()
    # https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
    if start.startswith("Successfully validated SNS topic"):
        return Ignored(IgnoredReason.TOPIC_VALIDATED, "SES has tried out its new event destination")
    if start[:1].isalpha():
        if speaks_of_event(body if isinstance(body, str) else bytes(body).decode("utf-8", "replace")):
            return Rejected(RejectedReason.NOT_JSON, "body: text with an SES event in it, or a part of one")
        return Ignored(IgnoredReason.PLAIN_TEXT, "body: plain text")
    what = "not UTF-8" if isinstance(problem, UnicodeError) else str(problem)
    return Rejected(RejectedReason.NOT_JSON, f"body: {what}")


def classify(document: Mapping[str, object]) -> Ignored | None:
    """Recognise what is certainly no SES sending event. None where it may be one."""
    if document.get("Type") in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return Ignored(IgnoredReason.SNS_SUBSCRIPTION, "SNS asks to confirm a change of subscription")
    if "AlarmName" in document or "alarmData" in document or document.get("source") == "aws.cloudwatch":
        return Ignored(IgnoredReason.CLOUDWATCH_ALARM, "an alarm belongs to the alarm topic")
    if "detail-type" in document and isinstance(document.get("source"), str):
        return _classify_bus_event(document)
    if "Service" in document and "Event" in document:
        return Ignored(IgnoredReason.TEST_MESSAGE, "a service has tried out its notification")
    return _classify_type(document)


def _classify_bus_event(envelope: Mapping[str, object]) -> Ignored | None:
    # https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html
    if envelope["source"] != SES:
        return Ignored(IgnoredReason.OTHER_SOURCE, "source: another than aws.ses")
    detail_type = str(envelope["detail-type"])
    if detail_type.startswith("Sending Status "):
        return Ignored(IgnoredReason.SENDING_STATUS, f"detail-type: {_name(detail_type)}")
    if detail_type.startswith("Advisor Recommendation Status "):
        return Ignored(IgnoredReason.ADVISOR_RECOMMENDATION, f"detail-type: {_name(detail_type)}")
    detail = envelope.get("detail")
    return _classify_type(detail) if isinstance(detail, dict) else None


def _classify_type(record: Mapping[str, object]) -> Ignored | None:
    event_type = record.get("eventType")
    if isinstance(event_type, str) and event_type not in RULES:
        return Ignored(IgnoredReason.UNKNOWN_EVENT_TYPE, f"eventType: {_name(event_type)}")
    legacy = record.get("notificationType")
    if legacy == "Received":
        return Ignored(IgnoredReason.INBOUND_MAIL, "notificationType: Received, which is mail coming in")
    if legacy == "AmazonSnsSubscriptionSucceeded":
        return Ignored(IgnoredReason.TOPIC_VALIDATED, "SES has tried out its new topic")
    if isinstance(legacy, str) and legacy not in RULES:
        return Ignored(IgnoredReason.UNKNOWN_EVENT_TYPE, f"notificationType: {_name(legacy)}")
    return None


def _name(text: str) -> str:
    return text if _TYPE_NAME.fullmatch(text) else "a name that SES does not use"


def nameless(document: Mapping[str, object]) -> Ignored | Rejected:
    """Judge an object that names no type of event: one that has lost it, or something else altogether."""
    if document.get("source") == SES:
        field = "detail.eventType" if isinstance(document.get("detail"), dict) else "detail"
        return Rejected(RejectedReason.MISSING_FIELD, f"{field}: missing")
    if document.get("Type") == "Notification":
        return Rejected(RejectedReason.MISSING_FIELD, "Message: missing")
    if "mail" in document:
        return Rejected(RejectedReason.MISSING_FIELD, "eventType: missing")
    if holds_event(document):
        return WRAPPED
    return Ignored(IgnoredReason.NOT_AN_EVENT, "body: an object that is neither an event nor an envelope of one")


def explain(problem: msgspec.ValidationError) -> Rejected:
    """Turn the decoder's message into field and expectation. It holds paths and types, never a value."""
    found = _PROBLEM.fullmatch(str(problem))
    what = (found["what"] if found else str(problem)).replace("`", "").replace(" | null", "")
    path = ((found["path"] if found else None) or "$").removeprefix("$").removeprefix(".")
    missing = _MISSING.match(str(problem))
    if missing:
        return Rejected(RejectedReason.MISSING_FIELD, f"{path}.{missing[1]}: missing")
    return Rejected(RejectedReason.WRONG_TYPE, f"{path or 'body'}: {what[:1].lower()}{what[1:]}")
