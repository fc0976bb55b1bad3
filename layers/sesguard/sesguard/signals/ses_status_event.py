"""Read what SES says about a tenant on the default event bus: that it may send or not, and what it has found.

https://docs.aws.amazon.com/ses/latest/dg/tenants.html
https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html

Delivery is best effort, so an event is a hint: whoever acts on it asks SES for the state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from sesguard.signals.fields import Fields, fields_of
from sesguard.text import one_line

SOURCE: Final = "aws.ses"
_SENDING: Final = ("Sending Status Enabled", "Sending Status Disabled")
# "Closed" is what the announcement calls what the guide calls "Resolved".
_FINDING: Final = tuple(f"Advisor Recommendation Status {status}" for status in ("Open", "Resolved", "Closed"))
_TENANT: Final = re.compile(
    r"arn:aws[a-z-]*:ses:([a-z0-9-]{1,32}):(\d{12}):tenant/([A-Za-z0-9_-]{1,64})/[A-Za-z0-9_-]{1,128}"
)
_WORD: Final = re.compile(r"[A-Za-z0-9_]{1,40}")
_LONGEST_TEXT: Final = 512
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class Said(StrEnum):
    """What an event says of a tenant."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    FOUND = "found"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class SesStatusEvent:
    """What SES says of the tenant ``name``, whose ``arn`` is of ``account`` and ``region``.

    by_aws: it is SES's own verdict and not this account's doing, which SES repeats like an echo.
    at: aware UTC. impact, kind: of a finding, such as HIGH and BOUNCE. text: SES's words, one printable line.
    """

    said: Said
    arn: str
    account: str
    region: str
    name: str
    by_aws: bool
    at: datetime
    impact: str = ""
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Unusable:
    """An event about a tenant that names none, or not as documented. ``detail`` names the field."""

    detail: str


def read(body: str | bytes) -> SesStatusEvent | Unusable | None:
    """Read one message; None where it is none of these events. Never raises."""
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("source") != SOURCE:
        return None
    kind = event.get("detail-type")
    if not isinstance(kind, str) or kind not in (*_SENDING, *_FINDING):
        return None
    resources = event.get("resources")
    arn = resources[0] if isinstance(resources, list) and resources else None
    tenant = _TENANT.fullmatch(arn) if isinstance(arn, str) else None
    if tenant is None:
        return Unusable("resources: expected the ARN of an SES tenant")
    detail = fields_of(event.get("detail"))
    return _finding(kind, tenant, detail, event) if kind in _FINDING else _sending(kind, tenant, detail, event)


def _sending(kind: str, tenant: re.Match[str], detail: Fields, event: Fields) -> SesStatusEvent:
    data = fields_of(detail.get("data"))
    record = fields_of(data.get("record"))
    return SesStatusEvent(
        Said.DISABLED if kind.endswith("Disabled") else Said.ENABLED,
        arn=tenant[0],
        account=tenant[2],
        region=tenant[1],
        name=tenant[3],
        # Whatever else SES may come to call it: what is not this account's own doing is SES's.
        by_aws=data.get("origin") != "CUSTOMER_MANAGED",
        at=_instant(record.get("lastUpdatedTimestamp")) or _time(event.get("time")),
        text=one_line(record.get("cause"), _LONGEST_TEXT),
    )


def _finding(kind: str, tenant: re.Match[str], detail: Fields, event: Fields) -> SesStatusEvent:
    about = fields_of(detail.get("metadata"))
    return SesStatusEvent(
        Said.FOUND if kind.endswith("Open") else Said.RESOLVED,
        arn=tenant[0],
        account=tenant[2],
        region=tenant[1],
        name=tenant[3],
        by_aws=True,
        at=_time(event.get("time")),
        impact=_word(about.get("impact")),
        kind=_word(about.get("type")),
        text=one_line(detail.get("data"), _LONGEST_TEXT),
    )


def _instant(parts: object) -> datetime | None:
    """Read [year, month, day, hour, minute, second, nanosecond], of which the end may be missing where it is zero."""
    if not isinstance(parts, list) or not 3 <= len(parts) <= 7 or not all(type(part) is int for part in parts):
        return None
    filled: list[int] = (parts + [0] * 7)[:7]
    year, month, day, hour, minute, second, nanosecond = filled
    try:
        return datetime(year, month, day, hour, minute, second, nanosecond // 1_000, tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _time(text: object) -> datetime:
    """Read ISO 8601, else say the beginning of time: nothing rests on it but the names of notices."""
    try:
        read = datetime.fromisoformat(text) if isinstance(text, str) else _NEVER
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return _NEVER


def _word(value: object) -> str:
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""
