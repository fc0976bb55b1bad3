"""What SES says of the guard's own mail: an owner's contact that bounces or complains."""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Final

import msgspec

SES: Final = "aws.ses"
# Tags of the guard's mail. SES lets their values be of these letters: A-Z a-z 0-9 _ -
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html
TENANT_TAG: Final = "sesguard-tenant"
CONTACT_TAG: Final = "sesguard-contact"
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")
# A mailbox that is gone may be made again, and a complaint is a person's word.
UNUSABLE_FOR: Final = {"bounce": timedelta(days=30), "complaint": timedelta(days=365)}


class BadContact(msgspec.Struct, frozen=True):
    """``contact``: the fingerprint of its address. ``what``: bounce or complaint."""

    tenant: str
    contact: str
    what: str


class _Bounce(msgspec.Struct, frozen=True):
    kind: str = msgspec.field(default="", name="bounceType")


class _Complaint(msgspec.Struct, frozen=True):
    kind: str | None = msgspec.field(default=None, name="complaintFeedbackType")


class _Mail(msgspec.Struct, frozen=True):
    tags: dict[str, list[str]] = {}  # msgspec copies an empty default for each instance


class _Detail(msgspec.Struct, frozen=True):
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


class _Event(msgspec.Struct, frozen=True):
    detail: _Detail


def tags(tenant: str, contact: str) -> dict[str, str]:
    """The tags by which a mail's bounce is known again: no address, and an id in letters that SES allows."""
    return {TENANT_TAG: urlsafe_b64encode(tenant.encode()).decode().rstrip("="), CONTACT_TAG: contact}


def read(body: str) -> BadContact | None:
    """Read an event of SES in EventBridge's envelope; None where it says nothing against a contact.

    Soft bounces pass by themselves, and "not-spam" is no complaint. Raises msgspec.DecodeError for other bodies.
    """
    detail = msgspec.json.decode(body, type=_Event).detail
    gone = detail.bounce is not None and detail.bounce.kind == "Permanent"
    complains = detail.complaint is not None and detail.complaint.kind != "not-spam"
    tenant, contact = ((detail.mail.tags.get(name) or [""])[0] for name in (TENANT_TAG, CONTACT_TAG))
    if not (gone or complains) or not _FINGERPRINT.fullmatch(contact):
        return None
    return BadContact(_tenant(tenant), contact, "complaint" if complains else "bounce")


def _tenant(tag: str) -> str:
    try:
        return urlsafe_b64decode(tag + "=" * (-len(tag) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
