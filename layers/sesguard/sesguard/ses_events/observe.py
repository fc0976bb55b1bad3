"""The rules of counting: what one SES event says about its stream. One function a kind of event."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeAlias
from zlib import crc32

from sesguard.ses_events.observation import CountsFor, Observation
from sesguard.ses_events.origin import origin_of, source_identity
from sesguard.ses_events.outcomes import bounce_counts, complaint_counts
from sesguard.ses_events.reasons import RejectedReason, UnreadableError, Why, missing
from sesguard.ses_events.recipients import SIMULATOR, domain_of, simulated, status_code, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sesguard.ses_events.context import Context
    from sesguard.ses_events.observation import Via
    from sesguard.ses_events.records import BouncedRecipient, Mail, Recipient, Record
    from sesguard.stream import StreamId

MOST_RECIPIENTS = 1_000
"""SES allows 50 recipients a message (https://docs.aws.amazon.com/ses/latest/dg/quotas.html). Twenty times that leaves
room for a raised quota, and keeps what one event can do to a stream within bounds."""

ONE_OF: Final = 16
"""Of so many Send events one is in the sample that says where a stream's mail goes, by a hash of the mail's id: so an
event that comes twice is in it twice or never."""

Rule: TypeAlias = "Callable[[Record, Context, Record | None, Via], Observation]"

# Looked up once: an enum's members are slow to reach before Python 3.12.
_VOLUME: Final = CountsFor.VOLUME
_HARD_BOUNCE: Final = CountsFor.HARD_BOUNCE
_COMPLAINT: Final = CountsFor.COMPLAINT
_NOTHING: Final = CountsFor.NOTHING
_SENT: Final = Why.SENT
_DELIVERED: Final = Why.DELIVERED
_SOFT_BOUNCE: Final = Why.SOFT_BOUNCE
_SIMULATED: Final = (CountsFor.NOTHING, Why.SIMULATOR)
_NO_OUTCOME: Final = (CountsFor.NOTHING, Why.NO_OUTCOME)


def _send(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
    mail, stream, minute = origin_of(record, context, envelope)
    addresses = mail.destination
    if addresses is None:
        raise missing("mail.destination")
    count = _real(addresses, "mail.destination", context)
    if count:
        message_id = mail.message_id
        if message_id is not None and crc32(message_id.encode()) % ONE_OF == 0:
            domains = [name for address in addresses if (name := domain_of(address)) != SIMULATOR]
            return Observation("send", stream, minute, count, _VOLUME, _SENT, via, domains=tally(domains))
        return Observation("send", stream, minute, count, _VOLUME, _SENT, via)
    return Observation("send", stream, minute, len(addresses), *_SIMULATED, via)


def _delivery(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
    _, stream, minute = origin_of(record, context, envelope)
    delivery = record.delivery
    if delivery is None:
        raise missing("delivery")
    count = _real(delivery.recipients, "delivery.recipients", context)
    if count:
        return Observation("delivery", stream, minute, count, _VOLUME, _DELIVERED, via)
    return Observation("delivery", stream, minute, len(delivery.recipients), *_SIMULATED, via)


def _real(addresses: list[str], field: str, context: Context) -> int:
    """Count recipients without those at the mailbox simulator, where that does not count."""
    if len(addresses) == 1 and "amazonses" not in addresses[0].lower():  # nearly always
        return 1
    count = _bounded(len(addresses), field)
    if not context.count_simulator:
        for address in addresses:
            if simulated(address):
                count -= 1
    return count


def _bounce(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
    mail, stream, minute = origin_of(record, context, envelope)
    bounce = record.bounce
    if bounce is None:
        raise missing("bounce")
    recipients = bounce.bounced_recipients
    counts_for, why = bounce_counts(bounce.bounce_type, bounce.bounce_sub_type)
    if counts_for is not _HARD_BOUNCE:
        count = _at_least_one(recipients)
        if why is not _SOFT_BOUNCE:
            return Observation("bounce", stream, minute, count, counts_for, why, via)
        return _deferred("bounce", stream, minute, count, why, via, mail, recipients)
    count = _bounded(len(recipients), "bounce.bouncedRecipients")
    identity = _identity(stream, "bounce", bounce.feedback_id, mail, recipients)
    domains, codes = [], []
    for it in recipients:
        domain = domain_of(it.email_address)
        if domain != SIMULATOR or context.count_simulator:
            domains.append(domain)
            codes.append(status_code(it.status, it.diagnostic_code))
    if not domains:
        return Observation("bounce", stream, minute, count, *_SIMULATED, via, identity)
    names = tally(domains), tally(codes)
    return Observation(
        "bounce", stream, minute, len(domains), counts_for, why, via, identity, *names, source_identity(mail)
    )


def _complaint(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
    mail, stream, minute = origin_of(record, context, envelope)
    complaint = record.complaint
    if complaint is None:
        raise missing("complaint")
    recipients = complaint.complained_recipients
    counts_for, why = complaint_counts(complaint.complaint_feedback_type, complaint.complaint_sub_type)
    if counts_for is not _COMPLAINT:
        return Observation("complaint", stream, minute, 1, counts_for, why, via)
    _bounded(len(recipients), "complaint.complainedRecipients")
    identity = _identity(stream, "complaint", complaint.feedback_id, mail, recipients)
    domains = {domain_of(it.email_address) for it in recipients}
    if not context.count_simulator:
        domains.discard(SIMULATOR)
    if not domains:
        return Observation("complaint", stream, minute, 1, *_SIMULATED, via, identity)
    names = tally([*domains])
    return Observation("complaint", stream, minute, 1, counts_for, why, via, identity, names, (), source_identity(mail))


def _delivery_delay(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
    mail, stream, minute = origin_of(record, context, envelope)
    delayed = (record.delivery_delay.delayed_recipients if record.delivery_delay is not None else None) or ()
    count = _at_least_one(delayed or mail.destination)
    return _deferred("delivery_delay", stream, minute, count, _NO_OUTCOME[1], via, mail, delayed)


def _deferred(
    kind: str,
    stream: StreamId,
    minute: int,
    count: int,
    why: Why,
    via: Via,
    mail: Mail,
    recipients: Sequence[BouncedRecipient],
) -> Observation:
    """What counts for nothing, with its status codes: they may say that the mail is not authenticated."""
    some = recipients[:MOST_RECIPIENTS]
    codes = [code for it in some if (code := status_code(it.status, it.diagnostic_code))]
    if not codes:
        return Observation(kind, stream, minute, count, _NOTHING, why, via)
    return Observation(
        kind, stream, minute, count, _NOTHING, why, via, codes=tally(codes), source=source_identity(mail)
    )


def _of_recipients(kind: str) -> Rule:
    """Make the rule of an event that concerns all recipients of a mail and counts for nothing."""

    def rule(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
        mail, stream, minute = origin_of(record, context, envelope)
        return Observation(kind, stream, minute, _at_least_one(mail.destination), *_NO_OUTCOME, via)

    return rule


def _of_one(kind: str) -> Rule:
    """Make the rule of an event that is one recipient's doing and counts for nothing."""

    def rule(record: Record, context: Context, envelope: Record | None, via: Via) -> Observation:
        _, stream, minute = origin_of(record, context, envelope)
        return Observation(kind, stream, minute, 1, *_NO_OUTCOME, via)

    return rule


def _at_least_one(recipients: Sequence[object] | None) -> int:
    """How many recipients, of what counts for nothing anyway: a list that is missing or empty is one."""
    return min(max(1, len(recipients or ())), MOST_RECIPIENTS)


def counts_for_nothing(record: Record) -> bool:
    """Whether an event is one that adds nothing to any count, whatever else it says."""
    match record.event_type or record.notification_type:
        case "Send" | "Delivery":
            return False
        case "Bounce":
            bounce = record.bounce
            return bounce is not None and bounce_counts(bounce.bounce_type, bounce.bounce_sub_type)[0] is _NOTHING
        case "Complaint":
            said = record.complaint
            kinds = (said.complaint_feedback_type, said.complaint_sub_type) if said is not None else (None, None)
            return complaint_counts(*kinds)[0] is _NOTHING
        case kind:
            return kind in RULES


def _bounded(count: int, field: str) -> int:
    if not 0 < count <= MOST_RECIPIENTS:
        expected = f"expected 1 to {MOST_RECIPIENTS}"
        raise UnreadableError(RejectedReason.RECIPIENTS, f"{field}: {count} recipients; {expected}")
    return count


def _identity(stream: StreamId, kind: str, feedback_id: str | None, mail: Mail, recipients: Sequence[Recipient]) -> str:
    """Hash what makes an outcome unique. SES gives ``feedbackId``; without it, the message and whom it concerns.

    The configuration set is no part of it: a legacy notification of the same outcome does not name one.
    """
    if not feedback_id:
        if not mail.message_id:
            raise missing("feedbackId, and mail.messageId as well")
        kind = f"{kind} without feedbackId"
        feedback_id = json.dumps([mail.message_id, sorted(it.email_address for it in recipients)])
    text = "\0".join((stream.account, stream.region, kind, feedback_id))
    return sha256(text.encode(), usedforsecurity=False).hexdigest()[:32]


RULES: Final[dict[str | None, Rule]] = {
    "Send": _send,
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Reject": _of_recipients("reject"),
    "Rendering Failure": _of_recipients("rendering_failure"),
    "DeliveryDelay": _delivery_delay,
    "Subscription": _of_one("subscription"),
    "Open": _of_one("open"),
    "Click": _of_one("click"),
}
"""The rule of each ``eventType``; ``notificationType`` uses the same names for the three that it knows.

A rule takes the record, the context, the innermost envelope that it came in, and by which path; it raises
UnreadableError.
"""
