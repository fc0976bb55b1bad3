"""Reading any body that a queue may hold: the way in to this package."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from sesguard.ses_events.foreign import SES, classify, explain, nameless, not_json
from sesguard.ses_events.mending import mended
from sesguard.ses_events.observation import Ignored, Rejected, Via
from sesguard.ses_events.observe import RULES, counts_for_nothing
from sesguard.ses_events.reasons import IgnoredReason, RejectedReason, UnreadableError
from sesguard.ses_events.records import Bounce, Complaint, Record, decode

if TYPE_CHECKING:
    from sesguard.ses_events.context import Context
    from sesguard.ses_events.observation import Reading

LARGEST_BODY = 1_048_576
"""Bytes, or characters of text: what SQS holds at most
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)."""

MOST_ENVELOPES = 4
"""Envelopes in each other that are opened: a Lambda event, its record, SNS, and one to spare."""

Opened = tuple[Record, str | bytes]
"""An envelope and what was in it."""

_OPENINGS = range(1 + MOST_ENVELOPES)
_SNS, _EVENTBRIDGE = Via.SNS, Via.EVENTBRIDGE


def read(body: str | bytes, context: Context) -> Reading:
    """Read one message: an SES event bare, or in an SNS, Lambda SNS record or EventBridge envelope, also nested.

    Never raises: whatever cannot be read is Rejected, whatever is not for the guard is Ignored. ``via`` is EVENTBRIDGE
    where there is an EventBridge envelope, and SNS otherwise, as only SNS delivers bare records.
    """
    envelope: Record | None = None
    event: Record | None = None
    try:
        for _ in _OPENINGS:
            try:
                if len(body) > LARGEST_BODY:
                    return Rejected(RejectedReason.TOO_LARGE, f"body: larger than {LARGEST_BODY} bytes")
                record = decode(body)
            except msgspec.ValidationError as problem:
                opened = _settle(body, problem)
            except ValueError as problem:
                return not_json(body, problem)
            else:
                event, rule = record, RULES.get(record.event_type or record.notification_type)
                if rule is not None:
                    return rule(record, context, envelope, _SNS)
                message = record.message
                if message is not None and record.sns_type == "Notification":
                    envelope, body = record, message
                    continue
                detail = record.detail
                if detail is not None and (record.source == SES or record.source is None):
                    event, rule = detail, RULES.get(detail.event_type or detail.notification_type)
                    if rule is not None:
                        return rule(detail, context, record, _EVENTBRIDGE)
                opened = _settle(body, None)
            if not isinstance(opened, tuple):
                return opened
            envelope, body = opened
    except UnreadableError as problem:
        if event is not None and counts_for_nothing(event):
            return Ignored(IgnoredReason.COUNTS_FOR_NOTHING, problem.detail)
        return Rejected(problem.reason, problem.detail)
    except RecursionError:
        return Rejected(RejectedReason.TOO_DEEP, "body: nested deeper than any event of SES")
    return Rejected(RejectedReason.TOO_DEEP, f"body: more than {MOST_ENVELOPES} envelopes in each other")


def _settle(body: str | bytes, problem: msgspec.ValidationError | None) -> Opened | Ignored | Rejected:
    """Decide on a body in which no event was found, or which the decoder refused with ``problem``."""
    try:
        document = msgspec.json.decode(body)
    except ValueError as broken:  # after the place at which the decoder gave up
        return not_json(body, broken)
    if not isinstance(document, dict):
        return Ignored(IgnoredReason.NOT_AN_EVENT, "body: JSON, but no object")
    unusual = classify(document) or _unusual_envelope(document)
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


def _unusual_envelope(document: dict[str, Any]) -> Opened | Rejected | None:
    """Open a Lambda event's record, and what no AWS service sends but people and tests do: its sense is plain."""
    records = document.get("Records")
    if isinstance(records, list) and records:
        if len(records) > 1:
            return Rejected(RejectedReason.SEVERAL_RECORDS, f"Records: {len(records)}; expected one event a message")
        return Record(), msgspec.json.encode(records[0])
    if isinstance(document.get("Sns"), dict):
        return Record(), msgspec.json.encode(document["Sns"])
    message, arn, time = (document.get(key) for key in ("Message", "TopicArn", "Timestamp"))
    envelope = Record(
        topic_arn=arn if isinstance(arn, str) else None, sns_timestamp=time if isinstance(time, str) else None
    )
    if isinstance(message, dict):
        return envelope, msgspec.json.encode(message)
    return (envelope, message) if isinstance(message, str) and "Type" not in document else None
