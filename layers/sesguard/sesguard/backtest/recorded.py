"""Reading SES events for a replay: the guard's own reader, and when each event became visible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from sesguard.backtest.moment import (
    CodedBounce,
    DeliveryByBus,
    Row,
    SeenBounces,
    SeenComplaints,
    SeenDeliveries,
    SeenMoment,
    Send,
    SendByBus,
)
from sesguard.backtest.unusable import UnusableError
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import MOST_ENVELOPES, read
from sesguard.ses_events.observation import CountsFor, Ignored, Observation, Rejected, Via
from sesguard.ses_events.reasons import IgnoredReason

_VOLUME: dict[tuple[str, Via], Callable[[float, int], Row]] = {
    ("send", Via.SNS): Send,
    ("send", Via.EVENTBRIDGE): SendByBus,
    ("delivery", Via.SNS): SeenDeliveries,
    ("delivery", Via.EVENTBRIDGE): DeliveryByBus,
}

_NO_MESSAGE = frozenset({IgnoredReason.PLAIN_TEXT, IgnoredReason.NOT_AN_EVENT})
"""What a queue may hold, but no record of mail."""


class _Stamped(msgspec.Struct, gc=False):
    """An SES event, a part of it, or an envelope, cut down to the times in it."""

    timestamp: object = None
    time: object = None
    published: object = msgspec.field(default=None, name="Timestamp")
    mail: _Stamped | None = None
    bounce: _Stamped | None = None
    complaint: _Stamped | None = None
    delivery: _Stamped | None = None
    detail: _Stamped | None = None
    sns: _Stamped | None = msgspec.field(default=None, name="Sns")
    message: _Stamped | str | None = msgspec.field(default=None, name="Message")
    records: list[_Stamped] | None = msgspec.field(default=None, name="Records")


_decode = msgspec.json.Decoder(_Stamped).decode


class Skipped(NamedTuple):
    """An event that a replay has no use for. unattributed: it names no configuration set, so no stream."""

    unattributed: bool


def read_event(body: bytes | str, context: Context) -> SeenMoment | Skipped:
    """Read one message of SES in any shape. Raises UnusableError for what is none, or cannot be read."""
    reading = read(body, context)
    if isinstance(reading, Rejected):
        raise UnusableError(reading.detail)
    if isinstance(reading, Ignored):
        if reading.reason in _NO_MESSAGE:
            detail = f"{reading.detail}; expected a line of counts or an SES event"
            raise UnusableError(detail)
        return Skipped(unattributed=False)
    if reading.counts_for is CountsFor.NOTHING:
        return Skipped(unattributed=False)
    if not reading.stream.attributed:
        return Skipped(unattributed=True)
    sent, seen = _times(body, reading.minute)
    name = "/".join(filter(None, reading.stream))
    return SeenMoment(name, max(sent, seen), _rows(reading, sent), reading.identity)


def noise(body: bytes | str, context: Context) -> bool:
    """Whether a body is something else that SES or SNS puts into a queue, such as its greeting to a new topic."""
    reading = read(body, context)
    return isinstance(reading, Ignored) and reading.reason not in _NO_MESSAGE


def _rows(seen: Observation, sent: float) -> Sequence[Row]:
    if seen.counts_for is CountsFor.HARD_BOUNCE:
        (domain, count), *others = seen.domains
        return [CodedBounce(sent, count, domain, codes=seen.codes), *(SeenBounces(sent, n, name) for name, n in others)]
    if seen.counts_for is CountsFor.COMPLAINT:
        return [SeenComplaints(sent, seen.count, seen.domains[0][0])]
    return [_VOLUME[seen.kind, seen.via](sent, seen.count)]


def _times(body: bytes | str, minute: int) -> tuple[float, float]:
    """When the mail of an event was sent, and when the event became visible, in epoch seconds.

    Visible: the bounce's, complaint's or delivery's own time, else its envelope's. A Send event comes as mail is sent.
    """
    event, envelope = _opened(body)
    sent = _second(event.mail) if event is not None else None
    if sent is None:
        sent = float(minute * 60)
    outcome = (event.bounce or event.complaint or event.delivery) if event is not None else None
    if outcome is None:
        return sent, sent
    seen = _second(outcome)
    return sent, _second(envelope) or sent if seen is None else seen


def _second(stamped: _Stamped | None) -> float | None:
    for time in (stamped.timestamp, stamped.time, stamped.published) if stamped is not None else ():
        try:
            read = msgspec.convert(time, datetime)
            return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
        except (msgspec.ValidationError, OverflowError):
            continue
    return None


def _opened(body: bytes | str) -> tuple[_Stamped | None, _Stamped | None]:
    """The event in its envelopes, and the innermost of those. ``body`` is one that the guard's reader has accepted."""
    envelope: _Stamped | None = None
    found: _Stamped | str | bytes | None = body
    for _ in range(2 * (1 + MOST_ENVELOPES)):
        if isinstance(found, str | bytes):
            try:
                found = _decode(found)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                break
        if found is None or found.mail is not None:
            return found, envelope
        envelope = found
        found = found.detail or found.sns or found.message or (found.records[0] if found.records else None)
    return None, envelope
