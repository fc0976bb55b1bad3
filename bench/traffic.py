"""Traffic for the benchmarks: SES events as SES writes them, with the headers and tags that are most of their bytes.

Shapes: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html, whose events of one
recipient have 1,730 (Send) and 1,860 bytes (Delivery) without white space. The headers are those that mailbox providers
ask of whoever sends to many, such as one-click unsubscription: https://support.google.com/a/answer/81126
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
BOUNCES, COMPLAINTS = 0.02, 0.0002  # of streams that are never at risk


def configuration_set(number: int) -> str:
    return f"tenant-{number:05}-news"


def receiving_domain(number: int) -> str:
    """Two mails in five go to a provider that sends complaints back, the others to many domains."""
    return "outlook.com" if number % 5 < 2 else f"mail{number % 397}.example.com"


def a_mail(number: int, stream: int, sent_at: float) -> dict[str, Any]:
    """The ``mail`` object of one recipient's mail."""
    to = f"reader-{number}@{receiving_domain(number)}"
    sent = datetime.fromtimestamp(sent_at, UTC)
    message_id = f"0100019a{number:08x}-5d3f0c8e-8b1e-4f04-9c6d-{number:012x}-000000"
    subject = f"Your weekly letter, number {number % 52}"
    date = sent.strftime("%a, %d %b %Y %H:%M:%S +0000")
    sender = f"Tenant {stream} <news@tenant-{stream}.example>"
    return {
        "timestamp": sent.strftime("%Y-%m-%dT%H:%M:%S.") + f"{sent.microsecond // 1000:03}Z",
        "source": sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/tenant-{stream}.example",
        "sendingAccountId": ACCOUNT,
        "messageId": message_id,
        "destination": [to],
        "headersTruncated": False,
        "headers": [
            {"name": "Date", "value": date},
            {"name": "From", "value": sender},
            {"name": "To", "value": to},
            {"name": "Message-ID", "value": f"<{message_id}@{REGION}.amazonses.com>"},
            {"name": "Subject", "value": subject},
            {"name": "MIME-Version", "value": "1.0"},
            {"name": "Content-Type", "value": 'multipart/alternative; boundary="----=_Part_1_2.3"'},
            {"name": "Reply-To", "value": f"help@tenant-{stream}.example"},
            {"name": "List-Unsubscribe", "value": f"<https://tenant-{stream}.example/unsubscribe/{number:08x}>"},
            {"name": "List-Unsubscribe-Post", "value": "List-Unsubscribe=One-Click"},
            {"name": "Feedback-ID", "value": f"{number % 52}:{stream}:news:mailer"},
        ],
        "commonHeaders": {"from": [sender], "date": date, "to": [to], "messageId": message_id, "subject": subject},
        "tags": {
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [configuration_set(stream)],
            "ses:source-ip": ["192.0.2.17"],
            "ses:from-domain": [f"tenant-{stream}.example"],
            "ses:caller-identity": ["mailer"],
            "campaign": [f"week-{number % 52}"],
        },
    }


def a_send(mail: dict[str, Any]) -> dict[str, Any]:
    return {"eventType": "Send", "mail": mail, "send": {}}


def a_delivery(mail: dict[str, Any]) -> dict[str, Any]:
    return {
        "eventType": "Delivery",
        "mail": mail,
        "delivery": {
            "timestamp": mail["timestamp"],
            "processingTimeMillis": 1213,
            "recipients": mail["destination"],
            "smtpResponse": "250 2.6.0 Message received",
            "remoteMtaIp": "198.51.100.25",
            "reportingMTA": "a8-53.smtp-out.amazonses.com",
        },
    }


def a_bounce(mail: dict[str, Any], number: int) -> dict[str, Any]:
    (address,) = mail["destination"]
    recipient = {
        "emailAddress": address,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    return {
        "eventType": "Bounce",
        "mail": mail,
        "bounce": {
            "feedbackId": f"0100019a-bounce-{number:012x}-000000",
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [recipient],
            "timestamp": mail["timestamp"],
            "reportingMTA": "dsn; a8-53.smtp-out.amazonses.com",
        },
    }


def a_complaint(mail: dict[str, Any], number: int) -> dict[str, Any]:
    (address,) = mail["destination"]
    return {
        "eventType": "Complaint",
        "mail": mail,
        "complaint": {
            "feedbackId": f"0100019a-complaint-{number:012x}-000000",
            "complaintSubType": None,
            "complainedRecipients": [{"emailAddress": address}],
            "timestamp": mail["timestamp"],
            "userAgent": "Amazon SES Mailbox Simulator",
            "complaintFeedbackType": "abuse",
            "arrivalDate": mail["timestamp"],
        },
    }


def in_eventbridge(body: str) -> str:
    """The same event as EventBridge wraps it: https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html."""
    event = json.loads(body)
    kind = {
        "Send": "Email Sent",
        "Delivery": "Email Delivered",
        "Bounce": "Email Bounced",
        "Complaint": "Email Complaint Received",
    }
    tags = event["mail"]["tags"]
    envelope = {
        "version": "0",
        "id": "e5e7b1c2-0d3a-4f58-9ad5-7a6a5a5f3c11",
        "detail-type": kind[event["eventType"]],
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": event["mail"]["timestamp"][: len("2026-11-20T09:14:07")] + "Z",
        "region": REGION,
        "resources": [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/{tags['ses:configuration-set'][0]}"],
        "detail": event,
    }
    return json.dumps(envelope, separators=(",", ":"))


def bodies(count: int, streams: int, at: float, seed: int = 1) -> list[str]:
    """``count`` events of mail sent in the minute before ``at``: sends, deliveries and a few bad outcomes.

    With as many streams as events each event is of another stream.
    """
    chance = random.Random(seed)
    return [json.dumps(event, separators=(",", ":")) for event in _events(count, streams, at, chance)]


def _events(count: int, streams: int, at: float, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        mail = a_mail(number, number % streams, at - chance.uniform(0, 60))
        draw = chance.random()
        if draw < COMPLAINTS:
            yield a_complaint(mail, number)
        elif draw < COMPLAINTS + BOUNCES:
            yield a_bounce(mail, number)
        else:
            yield a_send(mail) if chance.random() < 0.5 else a_delivery(mail)
