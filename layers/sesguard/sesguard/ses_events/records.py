"""The shapes of SES's events and of the envelopes they come in, cut down to what the guard reads.

Fields: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html (event publishing),
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html (legacy identity notifications),
https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html (EventBridge). Whatever is not listed here is
skipped by the decoder without an object being made for it, which is what makes reading faster than ``json.loads``.
A field without a default must be there; the decoder's own message then says which one is missing.
"""

from __future__ import annotations

import msgspec


class Tags(msgspec.Struct, gc=False):
    configuration_set: list[str] | None = msgspec.field(default=None, name="ses:configuration-set")


class Mail(msgspec.Struct, gc=False, rename="camel"):
    timestamp: str | None = None
    source_arn: str | None = None
    sending_account_id: str | None = None
    message_id: str | None = None
    destination: list[str] | None = None
    tags: Tags | None = None


class Recipient(msgspec.Struct, gc=False, rename="camel"):
    email_address: str


class BouncedRecipient(Recipient, gc=False, rename="camel"):
    status: str | None = None
    diagnostic_code: str | None = None


class Bounce(msgspec.Struct, gc=False, rename="camel"):
    bounce_type: str
    bounced_recipients: list[BouncedRecipient]
    bounce_sub_type: str | None = None
    feedback_id: str | None = None
    timestamp: str | None = None


class Complaint(msgspec.Struct, gc=False, rename="camel"):
    complained_recipients: list[Recipient]
    complaint_sub_type: str | None = None
    complaint_feedback_type: str | None = None
    feedback_id: str | None = None
    timestamp: str | None = None


class Delivery(msgspec.Struct, gc=False):
    recipients: list[str]
    timestamp: str | None = None


class DeliveryDelay(msgspec.Struct, gc=False, rename="camel"):
    delayed_recipients: list[BouncedRecipient] | None = None
    timestamp: str | None = None


class TimedBody(msgspec.Struct, gc=False):
    """The body of an event of which only the time matters."""

    timestamp: str | None = None


class Record(msgspec.Struct, gc=False):
    """An SES event, or an SNS or EventBridge envelope: one type, so that any body is decoded once."""

    event_type: str | None = msgspec.field(default=None, name="eventType")
    mail: Mail | None = None
    notification_type: str | None = msgspec.field(default=None, name="notificationType")
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    delivery: Delivery | None = None
    delivery_delay: DeliveryDelay | None = msgspec.field(default=None, name="deliveryDelay")
    subscription: TimedBody | None = None
    open: TimedBody | None = None
    click: TimedBody | None = None

    sns_type: str | None = msgspec.field(default=None, name="Type")
    topic_arn: str | None = msgspec.field(default=None, name="TopicArn")
    message: str | None = msgspec.field(default=None, name="Message")
    sns_timestamp: str | None = msgspec.field(default=None, name="Timestamp")

    source: str | None = None
    account: str | None = None
    time: str | None = None
    region: str | None = None
    detail: Record | None = None


decode = msgspec.json.Decoder(Record).decode
