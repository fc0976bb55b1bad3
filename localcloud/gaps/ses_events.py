"""The records that SES publishes: pure.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html
https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from localcloud.gaps.ses_world import Fate

# API name → (eventType, detail-type in EventBridge)
TYPES: Final = {
    "SEND": ("Send", "Email Sent"),
    "DELIVERY": ("Delivery", "Email Delivered"),
    "BOUNCE": ("Bounce", "Email Bounced"),
    "COMPLAINT": ("Complaint", "Email Complaint Received"),
}
REPORTING_MTA: Final = "a8-70.smtp-out.amazonses.com"
REMOTE_IP: Final = "192.0.2.25"  # of the addresses kept for documentation (RFC 5737)
OUTGOING_IP: Final = "192.0.2.17"
# bounceType, bounceSubType, status, diagnosticCode
_BOUNCES: Final = {
    Fate.NO_MAILBOX: ("Permanent", "General", "5.1.1", "smtp; 550 5.1.1 user unknown"),
    Fate.MAILBOX_FULL: ("Transient", "MailboxFull", "5.2.2", "smtp; 552 5.2.2 mailbox full"),
    # https://support.google.com/a/answer/3726730
    Fate.NOT_AUTHENTICATED: (
        "Permanent",
        "General",
        "5.7.26",
        "smtp; 550-5.7.26 This mail has been blocked because the sender is unauthenticated",
    ),
    Fate.SUPPRESSED: (
        "Permanent",
        "Suppressed",
        "5.1.1",
        "Amazon SES has suppressed sending to this address because it has a recent history of bouncing",
    ),
}


@dataclass(frozen=True)
class Mail:
    """A mail that SES accepted: who sent what to whom, and what SES adds to each record about it."""

    message_id: str
    sent_at: datetime
    account: str
    region: str
    configuration_set: str
    identity: str
    source: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    source_ip: str
    caller: str
    tags: Mapping[str, str]

    @property
    def destination(self) -> tuple[str, ...]:
        """All envelope recipients, as bare addresses."""
        return tuple(parseaddr(entry)[1] for entry in (*self.to, *self.cc, *self.bcc))

    @property
    def identity_arn(self) -> str:
        return f"arn:aws:ses:{self.region}:{self.account}:identity/{self.identity}"


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def record(api_type: str, mail: Mail, body: Mapping[str, Any]) -> dict[str, Any]:
    """A record as published to SNS, and as the `detail` of an EventBridge event."""
    event_type = TYPES[api_type][0]
    return {"eventType": event_type, "mail": _mail(api_type, mail), event_type.lower(): dict(body)}


def _mail(api_type: str, mail: Mail) -> dict[str, Any]:
    headers = [("From", mail.source), ("To", ", ".join(mail.to)), ("Subject", mail.subject), ("MIME-Version", "1.0")]
    if mail.cc:
        headers.insert(2, ("Cc", ", ".join(mail.cc)))
    tags = {
        "ses:operation": ["SendEmail"],
        "ses:configuration-set": [mail.configuration_set],
        "ses:source-ip": [mail.source_ip],
        "ses:from-domain": [parseaddr(mail.source)[1].rpartition("@")[2]],
        "ses:caller-identity": [mail.caller],
        **({"ses:outgoing-ip": [OUTGOING_IP]} if api_type == "DELIVERY" else {}),
        **{name: [value] for name, value in mail.tags.items()},
    }
    return {
        "timestamp": instant(mail.sent_at),
        "source": mail.source,
        "sourceArn": mail.identity_arn,
        "sendingAccountId": mail.account,
        "messageId": mail.message_id,
        "destination": list(mail.destination),
        "headersTruncated": False,
        "headers": [{"name": name, "value": value} for name, value in headers],
        "commonHeaders": {
            "from": [mail.source],
            "to": list(mail.to),
            **({"cc": list(mail.cc)} if mail.cc else {}),
            "messageId": mail.message_id,
            "subject": mail.subject,
        },
        "tags": tags,
    }


def delivery(mail: Mail, recipients: Sequence[str], at: datetime) -> dict[str, Any]:
    return {
        "timestamp": instant(at),
        "processingTimeMillis": int((at - mail.sent_at).total_seconds() * 1000),
        "recipients": list(recipients),
        "smtpResponse": "250 2.6.0 Message received",
        "remoteMtaIp": REMOTE_IP,
        "reportingMTA": REPORTING_MTA,
    }


def bounce(fate: Fate, recipients: Sequence[str], feedback_id: str, at: datetime) -> dict[str, Any]:
    kind, subtype, status, diagnosis = _BOUNCES[fate]
    return {
        "bounceType": kind,
        "bounceSubType": subtype,
        "bouncedRecipients": [
            {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": diagnosis}
            for address in recipients
        ],
        "timestamp": instant(at),
        "feedbackId": feedback_id,
        "reportingMTA": f"dns; {REPORTING_MTA}",
        # Nobody outside was asked about an address that SES itself keeps from sending to.
        **({} if fate is Fate.SUPPRESSED else {"remoteMtaIp": REMOTE_IP}),
    }


def complaint(recipients: Sequence[str], feedback_id: str, at: datetime) -> dict[str, Any]:
    return {
        "feedbackId": feedback_id,
        "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": address} for address in recipients],
        "timestamp": instant(at),
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": instant(at),
    }
