"""Reading any body that a queue may hold: the way in to this package."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from sesguard.ses_events.context import Context
from sesguard.ses_events.foreign import SES, WRAPPED, classify, explain, nameless, not_json
from sesguard.ses_events.mending import mended, respelled, whole_characters
from sesguard.ses_events.observation import Ignored, Reading, Rejected, Via
from sesguard.ses_events.observe import RULES, counts_for_nothing
from sesguard.ses_events.reasons import IgnoredReason, RejectedReason, UnreadableError
from sesguard.ses_events.records import Bounce, Complaint, Record, decode
from sesguard.ses_events.wrappers import LARGEST_BODY, element_of, holds_event, opened, unpacked

MOST_ENVELOPES = 8
"""Envelopes in each other that are opened: a list, a Lambda event, its record, base64, SNS, text, and some to spare."""

Opened = tuple[Record | None, str | bytes]
"""An envelope, None for a wrapper that says nothing of its own, and what was in it."""

Found = tuple[Record, Record | None, Via, str | bytes]
"""An event, the innermost envelope that it came in, by which path, and the text that it was read of: its own, or an
EventBridge envelope's."""

_OPENINGS = range(1 + MOST_ENVELOPES)
_SNS, _EVENTBRIDGE = Via.SNS, Via.EVENTBRIDGE


def read(body: str | bytes, context: Context) -> Reading:
    """Read one message: an SES event bare, or in an SNS, Lambda SNS record or EventBridge envelope, also nested.

    Never raises: whatever cannot be read is Rejected, whatever is not for the guard is Ignored. ``via`` is EVENTBRIDGE
    where there is an EventBridge envelope, and SNS otherwise, as only SNS delivers bare records.
    """
    found = find_event(body)
    return observe(found, context) if isinstance(found, tuple) else found


def observe(found: Found, context: Context) -> Reading:
    """Say what an event counts for, by the rule of its kind. Never raises."""
    event, envelope, via, _ = found
    try:
        return RULES[event.event_type or event.notification_type](event, context, envelope, via)
    except UnreadableError as problem:
        if counts_for_nothing(event):
            return Ignored(IgnoredReason.COUNTS_FOR_NOTHING, problem.detail)
        return Rejected(problem.reason, problem.detail)


def find_event(body: str | bytes) -> Found | Ignored | Rejected:
    """Find the SES event in a message, or say what is there instead. Never raises."""
    envelope: Record | None = None
    try:
        for _ in _OPENINGS:
            try:
                if len(body) > LARGEST_BODY:
                    return Rejected(RejectedReason.TOO_LARGE, f"body: larger than {LARGEST_BODY} bytes")
                record = decode(body)
            except msgspec.ValidationError as problem:
                settled = _settle(body, problem)
            except ValueError as problem:
                settled = _unlike_json(body, problem)
            else:
                if (record.event_type or record.notification_type) in RULES:
                    return record, envelope, _SNS, body
                message = record.message
                if message is not None and record.sns_type == "Notification":
                    envelope, body = record, message
                    continue
                detail = record.detail
                if (
                    detail is not None
                    and (record.source == SES or record.source is None)
                    and (detail.event_type or detail.notification_type) in RULES
                ):
                    return detail, record, _EVENTBRIDGE, body
                settled = _settle(body, None)
            if not isinstance(settled, tuple):
                return settled
            envelope, body = settled[0] or envelope, settled[1]
    except UnreadableError as problem:
        return Rejected(problem.reason, problem.detail)
    except RecursionError:
        return Rejected(RejectedReason.TOO_DEEP, "body: nested deeper than any event of SES")
    return Rejected(RejectedReason.TOO_DEEP, f"body: more than {MOST_ENVELOPES} envelopes in each other")


def _unlike_json(body: str | bytes, problem: ValueError) -> Opened | Ignored | Rejected:
    """Open what no JSON decoder reads as it is, or say what it is. Raises UnreadableError."""
    inner = unpacked(body) or whole_characters(body)
    return not_json(body, problem) if inner is None else (None, inner)


def _settle(body: str | bytes, problem: msgspec.ValidationError | None) -> Opened | Ignored | Rejected:
    """Decide on a body in which no event was found, or which the decoder refused with ``problem``."""
    try:
        document = msgspec.json.decode(body)
    except ValueError as broken:  # after the place at which the decoder gave up
        return _unlike_json(body, broken)
    if isinstance(document, str):
        return None, document
    if isinstance(document, list) and (element := element_of(document)) is not None:
        return None, element
    if not isinstance(document, dict):
        return Ignored(IgnoredReason.NOT_AN_EVENT, "body: JSON, but no object")
    better = respelled(document)
    if better is not None:
        return None, msgspec.json.encode(better)
    foreign = classify(document)
    if foreign is not None:
        return WRAPPED if holds_event(document) else foreign
    unusual = _unusual_envelope(document)
    if unusual is not None:
        return unusual
    return nameless(document) if problem is None else _mend(document, problem)


def _mend(document: dict[str, Any], problem: msgspec.ValidationError) -> Opened | Ignored | Rejected:
    """Give an event that the decoder refused without what is odd about it, or say what is wrong."""
    inside = not isinstance(document.get("mail"), dict) and isinstance(document.get("detail"), dict)
    event = document["detail"] if inside else document
    better = mended(event)
    if better != event:
        return Record(), msgspec.json.encode({**document, "detail": better} if inside else better)
    explained = explain(problem)
    kind = event.get("eventType", event.get("notificationType"))
    if isinstance(kind, str) and counts_for_nothing(_outcome_of(kind, event)):
        return Ignored(IgnoredReason.COUNTS_FOR_NOTHING, explained.detail)
    return explained


def _outcome_of(kind: str, event: dict[str, Any]) -> Record:
    """What says whether an event counts, of one that cannot be read as a whole."""
    record = Record(event_type=kind)
    with suppress(msgspec.ValidationError):
        record.bounce = msgspec.convert({"bouncedRecipients": [], **_texts_of(event.get("bounce"))}, Bounce)
    with suppress(msgspec.ValidationError):
        record.complaint = msgspec.convert({"complainedRecipients": [], **_texts_of(event.get("complaint"))}, Complaint)
    return record


def _texts_of(body: object) -> dict[str, str]:
    return {name: value for name, value in body.items() if isinstance(value, str)} if isinstance(body, dict) else {}


def _unusual_envelope(document: dict[str, Any]) -> Opened | None:
    """Open what services of AWS make, and what none sends but people and tests do: its sense is plain."""
    arn, time = document.get("TopicArn"), document.get("Timestamp")
    says = isinstance(arn, str), isinstance(time, str)
    envelope = Record(topic_arn=arn if says[0] else None, sns_timestamp=time if says[1] else None)
    inner = opened(document) or (None if holds_event(document) else _without_event(document))
    return None if inner is None else (envelope if any(says) else None, inner)


def _without_event(document: dict[str, Any]) -> str | bytes | None:
    """What is in an envelope beside which there is no event, so that it is named what it is."""
    records, message = document.get("Records"), document.get("Message")
    if isinstance(message, str) and "Type" not in document:
        return message
    inner = message if isinstance(message, dict) else document.get("Sns")
    if isinstance(records, list) and len(records) == 1:
        inner = records[0]
    return None if not isinstance(inner, dict) else msgspec.json.encode(inner)
