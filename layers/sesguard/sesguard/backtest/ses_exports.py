"""What SES itself can hand out about mail of the past: send statistics, and its insights into single mails.

Both say less than events do. Statistics (``aws ses get-send-statistics``) are sums of a quarter of an hour of a whole
account and region, so that the account is replayed as one stream, ``account``, and a bounce joins the mail of the
quarter in which it came. Of the table of message insights the domain of the sender's address stands for the stream, as
it names no configuration set; a single message (``aws sesv2 get-message-insights``) has its set among its tags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from sesguard.backtest.moment import Row, SeenBounces, SeenComplaints, SeenDeliveries, SeenMoment, Send, UnusableError
from sesguard.lake.record import LATEST
from sesguard.ses_events.insights_table import column_name
from sesguard.ses_events.observation import CountsFor
from sesguard.ses_events.outcomes import bounce_counts, complaint_counts
from sesguard.ses_events.recipients import SIMULATOR, domain_of, status_code

ACCOUNT: Final = "account"
_QUARTER: Final = 900.0
_MILLISECONDS_FROM: Final = 100_000_000_000  # a number of seconds that is this large lies in the year 5138
_SET_TAG: Final = "ses:configuration-set"


def read_export(body: bytes | str) -> list[SeenMoment] | None:
    """Read one document or row of what SES exports; None where it is something else. Raises UnusableError."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    if isinstance(points := document.get("SendDataPoints"), list):
        return [_statistics(f"SendDataPoints[{place}]", point) for place, point in enumerate(points)]
    if isinstance(insights := document.get("Insights"), list) and "MessageId" in document:
        return [*_message(document, insights)]
    row = {column_name(name): value for name, value in document.items()}
    return [*_row(row)] if row.keys() >= {"messageid", "sendtimestamp", "lastdeliveryevent"} else None


def _statistics(where: str, point: object) -> SeenMoment:
    if not isinstance(point, dict):
        raise _wrong(where, point, "an object with Timestamp, DeliveryAttempts, Bounces and Complaints")
    sent = _second(point, "Timestamp", where)
    rows: list[Row] = []
    kinds: tuple[tuple[str, Callable[[float, int], Row]], ...] = (
        ("DeliveryAttempts", Send),
        ("Bounces", SeenBounces),
        ("Complaints", SeenComplaints),
    )
    for name, kind in kinds:
        count = point.get(name, 0)
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            field = f"{where}.{name}"
            raise _wrong(field, count, "a whole number of mails")
        if count:
            rows.append(kind(sent, count))
    return SeenMoment(ACCOUNT, sent + _QUARTER, rows)


def _row(row: Mapping[str, Any]) -> Iterator[SeenMoment]:
    """The moments of one mail of the table: sent, and the last that became of it."""
    sent = _second(row, "sendtimestamp")
    domain = domain_of(str(row.get("destination") or ""))
    stream = "from:" + domain_of(str(row.get("fromaddress") or row.get("fromemailaddress") or ""))
    if domain == SIMULATOR:
        return
    yield SeenMoment(stream, sent, [Send(sent, 1, domain)])
    last = str(row["lastdeliveryevent"] or "").strip().upper().replace(" ", "_")
    if last in {"", "SEND"}:
        return
    seen = max(sent, _second(row, "lastdeliveryeventtimestamp") if row.get("lastdeliveryeventtimestamp") else sent)
    subtype = str(row.get("bouncesubtype") or "").replace("_", "")
    identity = f"insights {row['messageid']}"
    if last.endswith("_BOUNCE") or last == "BOUNCE":
        kind = "Transient" if last.startswith(("TRANSIENT", "UNDETERMINED")) else "Permanent"
        if bounce_counts(kind, subtype)[0] is CountsFor.HARD_BOUNCE:
            code = status_code(None, str(row.get("diagnosticcode") or "")) or None
            yield SeenMoment(stream, seen, [SeenBounces(sent, 1, domain, code)], f"{identity} bounce")
        return
    yield SeenMoment(stream, seen, [SeenDeliveries(sent, 1, domain)])
    if last == "COMPLAINT" and complaint_counts(None, subtype)[0] is CountsFor.COMPLAINT:
        yield SeenMoment(stream, seen, [SeenComplaints(sent, 1, domain)], f"{identity} complaint")


def _message(message: Mapping[str, Any], insights: list[Any]) -> Iterator[SeenMoment]:
    """The moments of one message with all its events, by recipient."""
    stream = _set_of(message) or "from:" + domain_of(str(message.get("FromEmailAddress") or ""))
    for place, insight in enumerate(insights):
        where = f"Insights[{place}]"
        if not isinstance(insight, dict) or not isinstance(events := insight.get("Events"), list):
            raise _wrong(where, insight, "an object with Destination and Events")
        domain = domain_of(str(insight.get("Destination") or ""))
        identity = f"insights {message['MessageId']} {place}"
        times = [(it, _second(it, "Timestamp", where)) for it in events if isinstance(it, dict)]
        if not times or domain == SIMULATOR:
            continue
        sent = min(second for it, second in times)
        for event, seen in times:
            row = _row_of(event, sent, domain)
            if row is not None:
                counted = "" if isinstance(row, Send | SeenDeliveries) else f"{identity} {event['Type']}"
                yield SeenMoment(stream, seen, [row], counted)


def _row_of(event: Mapping[str, Any], sent: float, domain: str) -> Row | None:
    details = event.get("Details")
    details = details if isinstance(details, dict) else {}
    match event.get("Type"):
        case "SEND":
            return Send(sent, 1, domain)
        case "DELIVERY":
            return SeenDeliveries(sent, 1, domain)
        case "BOUNCE":
            bounce = details.get("Bounce") or {}
            kind = bounce_counts(str(bounce.get("BounceType") or ""), str(bounce.get("BounceSubType") or ""))[0]
            code = status_code(None, str(bounce.get("DiagnosticCode") or "")) or None
            return SeenBounces(sent, 1, domain, code) if kind is CountsFor.HARD_BOUNCE else None
        case "COMPLAINT":
            said = details.get("Complaint") or {}
            kind = complaint_counts(said.get("ComplaintFeedbackType"), said.get("ComplaintSubType"))[0]
            return SeenComplaints(sent, 1, domain) if kind is CountsFor.COMPLAINT else None
    return None


def _set_of(message: Mapping[str, Any]) -> str:
    for tag in message.get("EmailTags") or ():
        if isinstance(tag, dict) and tag.get("Name") == _SET_TAG and isinstance(tag.get("Value"), str):
            return str(tag["Value"])[:256]
    return ""


def _second(of: Mapping[str, Any], name: str, where: str = "") -> float:
    """A time in epoch seconds, as SES's commands and tables write it. Raises UnusableError."""
    value = of.get(name)
    found: float | None = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value)
    elif isinstance(value, str):
        text = value.strip().removesuffix(" UTC").removesuffix(" GMT")
        try:
            if text.replace(".", "", 1).isdigit():
                found = float(text)
            else:
                read = datetime.fromisoformat(text)
                found = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            found = None
    if found is not None and found >= _MILLISECONDS_FROM:
        found /= 1_000
    if found is None or not 0 <= found <= LATEST:
        raise _wrong(f"{where}.{name}" if where else name, value, "a time, such as 2026-11-20T08:00:00Z")
    return found


def _wrong(where: str, value: object, expected: str) -> UnusableError:
    shown = repr(value)
    return UnusableError(f"{where}: {shown if len(shown) <= 80 else shown[:77] + '…'}; expected {expected}")
