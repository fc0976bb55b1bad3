"""Builders of SES's events, as dicts in the shapes that SES publishes, and of the envelopes they travel in."""

from __future__ import annotations

import json
from typing import Any

from sesguard.ses_events.context import Context

ACCOUNT = "123456789012"
REGION = "eu-west-1"
SENT_AT = "2026-11-20T09:14:07.412Z"
SENT_MINUTE = 29_919_434
HERE = Context(account="999999999999", region="us-east-1")
"""Of a guard that is neither in the account nor in the region that the events themselves name."""

Event = dict[str, Any]

DETAIL_TYPES = {
    "Send": "Email Sent",
    "Delivery": "Email Delivered",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Reject": "Email Rejected",
    "Rendering Failure": "Email Rendering Failed",
    "DeliveryDelay": "Email Delivery Delayed",
    "Subscription": "Email Subscribed",
    "Open": "Email Opened",
    "Click": "Email Clicked",
}


def a_mail(*to: str, configuration_set: str | None = "acme-news", **fields: Any) -> Event:
    recipients = list(to or ("ada@inbox.example",))
    mail = {
        "timestamp": SENT_AT,
        "source": "Acme <news@acme.example>",
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/acme.example",
        "sendingAccountId": ACCOUNT,
        "messageId": "0102019a9f3c2b10-5d3f0c8e-000000",
        "destination": recipients,
        "headersTruncated": False,
        "headers": [{"name": "To", "value": ", ".join(recipients)}],
        "commonHeaders": {"to": recipients, "subject": "November at Acme"},
        "tags": {"ses:from-domain": ["acme.example"]},
    }
    if configuration_set is not None:
        mail["tags"] = {"ses:configuration-set": [configuration_set]}
    return mail | fields


def a_send(*to: str, mail: Event | None = None) -> Event:
    return {"eventType": "Send", "mail": mail or a_mail(*to), "send": {}}


def a_delivery(*to: str, mail: Event | None = None) -> Event:
    recipients = list(to or ("ada@inbox.example",))
    delivery = {"timestamp": SENT_AT, "recipients": recipients, "smtpResponse": "250 OK", "processingTimeMillis": 12}
    return {"eventType": "Delivery", "mail": mail or a_mail(*recipients), "delivery": delivery}


def a_bounced(address: str = "ada@inbox.example", status: str | None = "5.1.1", diagnostic: str = "") -> Event:
    fields = {"status": status} if status is not None else {}
    return {"emailAddress": address, "action": "failed", "diagnosticCode": diagnostic} | fields


def a_bounce(
    *recipients: Event,
    type_: str = "Permanent",
    subtype: str | None = "General",
    mail: Event | None = None,
    **fields: Any,
) -> Event:
    bounce = {
        "bounceType": type_,
        "bounceSubType": subtype,
        "bouncedRecipients": list(recipients or (a_bounced(),)),
        "timestamp": SENT_AT,
        "feedbackId": "0102019a9f3c4d22-8b1e6f04-000000",
    }
    return {"eventType": "Bounce", "bounce": bounce | fields, "mail": mail or a_mail()}


def a_complaint(*addresses: str, mail: Event | None = None, **fields: Any) -> Event:
    complaint = {
        "complainedRecipients": [{"emailAddress": address} for address in addresses or ("ada@inbox.example",)],
        "timestamp": SENT_AT,
        "feedbackId": "0102019a9f3c4d22-8b1e6f04-000000",
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
    }
    return {"eventType": "Complaint", "complaint": complaint | fields, "mail": mail or a_mail()}


def a_legacy(event: Event) -> Event:
    """The same event as an identity's feedback notification: another discriminator, and no tags."""
    rest = {key: value for key, value in event.items() if key not in {"eventType", "mail"}}
    mail = {key: value for key, value in event["mail"].items() if key != "tags"}
    return {"notificationType": event["eventType"], "mail": mail} | rest


def in_sns(message: Event | str, **fields: Any) -> Event:
    envelope = {
        "Type": "Notification",
        "MessageId": "1c0f2a77-0f2e-5b61-9d6c-4a4c2d1e0b9a",
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:ses-events",
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-11-20T09:15:30.301Z",
    }
    return envelope | fields


def in_eventbridge(detail: Event, **fields: Any) -> Event:
    envelope = {
        "version": "0",
        "id": "5f0c2b1a-7d3e-4f60-8a9b-0c1d2e3f4a5b",
        "detail-type": DETAIL_TYPES.get(str(detail.get("eventType")), "Email Sent"),
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": "2026-11-20T09:16:30Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }
    return envelope | fields


def in_lambda_sns(message: Event | str) -> Event:
    return {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": in_sns(message)}


def in_sqs(*bodies: Event | str, region: str = REGION, account: str = ACCOUNT) -> Event:
    """The event that Lambda hands to a function with a batch from a queue."""
    records = [
        {
            "messageId": f"message-{place}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{region}:{account}:ses-events",
            "awsRegion": region,
        }
        for place, body in enumerate(bodies, start=1)
    ]
    return {"Records": records}
