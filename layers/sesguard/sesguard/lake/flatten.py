"""From an SES event in any envelope to a record of the lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from sesguard.lake.personal import PersonalFields
from sesguard.lake.record import LakeRecord
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import find_event, observe
from sesguard.ses_events.observation import CountsFor, Ignored, Observation, Rejected
from sesguard.ses_events.recipients import INVALID, SIMULATOR, domain_of
from sesguard.ses_events.visible import times_of

_LONGEST = 256  # of a name or type from outside
_MOST_TEXTS = 1_000


class _Person(msgspec.Struct, gc=False, rename="camel"):
    email_address: str = ""
    diagnostic_code: str | None = None


class _Headers(msgspec.Struct, gc=False):
    subject: str | None = None


class _Tags(msgspec.Struct, gc=False):
    tenant: list[str] | None = msgspec.field(default=None, name="ses:tenant-name")
    from_domain: list[str] | None = msgspec.field(default=None, name="ses:from-domain")


class _Mail(msgspec.Struct, gc=False, rename="camel"):
    message_id: str | None = None
    source: str | None = None
    destination: list[str] | None = None
    common_headers: _Headers | None = None
    tags: _Tags | None = None


class _BounceBody(msgspec.Struct, gc=False, rename="camel"):
    bounce_type: str | None = None
    bounce_sub_type: str | None = None
    bounced_recipients: list[_Person] = []


class _ComplaintBody(msgspec.Struct, gc=False, rename="camel"):
    complaint_feedback_type: str | None = None
    complained_recipients: list[_Person] = []


class _DeliveryBody(msgspec.Struct, gc=False, rename="camel"):
    recipients: list[str] = []
    processing_time_millis: int | None = None
    smtp_response: str | None = None


class _DelayBody(msgspec.Struct, gc=False, rename="camel"):
    delay_type: str | None = None
    delayed_recipients: list[_Person] = []


class _Event(msgspec.Struct, gc=False):
    event_type: str | None = msgspec.field(default=None, name="eventType")
    notification_type: str | None = msgspec.field(default=None, name="notificationType")
    mail: _Mail | None = None
    bounce: _BounceBody | None = None
    complaint: _ComplaintBody | None = None
    delivery: _DeliveryBody | None = None
    delay: _DelayBody | None = msgspec.field(default=None, name="deliveryDelay")
    detail: _Event | None = None


_decode = msgspec.json.Decoder(_Event, strict=False).decode


class Flattener:
    """Makes records of the lake under one rule for personal fields.

    hashed: stands in for a text, where they are hashed.
    """

    def __init__(self, context: Context, personal: PersonalFields, hashed: Callable[[str], str] | None = None) -> None:
        if personal is PersonalFields.HASH and hashed is None:
            raise ValueError("personal fields can be hashed with a key only")
        self._context, self._personal = context, personal
        self._shown = hashed if personal is PersonalFields.HASH and hashed is not None else str

    def flatten(self, body: bytes | str) -> LakeRecord | Ignored | Rejected:
        """Read one message as the guard reads it. Never raises: what cannot be read is Rejected."""
        found = find_event(body)
        if not isinstance(found, tuple):
            return found
        seen = observe(found, self._context)
        if not isinstance(seen, Observation):
            return seen
        record, envelope, _, text = found
        sent_at, seen_at = times_of(record, envelope, seen.minute)
        event = _details(text)
        mail = event.mail or _Mail()
        bounce, complaint, delay = event.bounce, event.complaint, event.delay
        keep = self._personal is PersonalFields.KEEP
        return LakeRecord(
            event=event.event_type or event.notification_type or seen.kind,
            counts_for=seen.counts_for.value,
            via=seen.via.value,
            account=seen.stream.account,
            region=seen.stream.region,
            configuration_set=seen.stream.configuration_set,
            sent_at=sent_at,
            seen_at=max(sent_at, seen_at),
            message_id=(mail.message_id or "")[:_LONGEST],
            identity=seen.identity,
            recipients=seen.count,
            domains=_domains(seen, event),
            codes=_spread(seen.codes),
            bounce_type=_short(bounce.bounce_type if bounce else None),
            bounce_subtype=_short(bounce.bounce_sub_type if bounce else None),
            complaint_type=_short(complaint.complaint_feedback_type if complaint else None),
            delay_type=_short(delay.delay_type if delay else None),
            from_domain=_from_domain(mail),
            tenant=_short(mail.tags.tenant[0] if mail.tags and mail.tags.tenant else None),
            delivery_milliseconds=event.delivery.processing_time_millis if event.delivery else None,
            to=self._texts(_addresses(event)),
            subject=self._text(mail.common_headers.subject if mail.common_headers else None),
            diagnostics=tuple(_diagnostics(event)[:_MOST_TEXTS]) or None if keep else None,
        )

    def _text(self, text: str | None) -> str | None:
        return self._shown(text) if text and self._personal is not PersonalFields.DROP else None

    def _texts(self, texts: Sequence[str]) -> tuple[str, ...] | None:
        if self._personal is PersonalFields.DROP:
            return None
        return tuple(map(self._shown, texts[:_MOST_TEXTS])) or None


def _details(text: bytes | str) -> _Event:
    """What a record keeps of an event; an empty one where its details are of other types than SES writes."""
    try:
        found = _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return _Event()
    return found.detail if found.mail is None and found.detail is not None else found


def _domains(seen: Observation, event: _Event) -> tuple[str, ...]:
    """Receiving domains as the guard counts them; of a Send event those of all its recipients."""
    if seen.counts_for is CountsFor.VOLUME or not seen.domains:
        found = [domain_of(address) for address in _addresses(event)]
        if seen.counts_for is CountsFor.VOLUME:
            found = [domain for domain in found if domain != SIMULATOR]
            found += [INVALID] * (seen.count - len(found))
        return tuple(sorted(found[: max(seen.count, 1)]))
    return _spread(seen.domains)


def _addresses(event: _Event) -> list[str]:
    if event.bounce:
        return [it.email_address for it in event.bounce.bounced_recipients]
    if event.complaint:
        return [it.email_address for it in event.complaint.complained_recipients]
    if event.delay:
        return [it.email_address for it in event.delay.delayed_recipients]
    if event.delivery:
        return event.delivery.recipients
    return (event.mail.destination if event.mail else None) or []


def _diagnostics(event: _Event) -> list[str]:
    if event.delivery and event.delivery.smtp_response:
        return [event.delivery.smtp_response]
    people = (event.bounce.bounced_recipients if event.bounce else []) + (
        event.delay.delayed_recipients if event.delay else []
    )
    return [it.diagnostic_code for it in people if it.diagnostic_code]


def _from_domain(mail: _Mail) -> str | None:
    tagged = mail.tags.from_domain[0] if mail.tags and mail.tags.from_domain else None
    if tagged:
        return domain_of(f"@{tagged}")
    return domain_of(mail.source) if mail.source else None


def _spread(tally: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(name for name, count in tally for _ in range(count))


def _short(text: str | None) -> str | None:
    return text[:_LONGEST] if text else None
