"""When an event became visible, and when exactly its mail was sent: what replays and the lake need beside a minute."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from sesguard.ses_events.envelope import MOST_ENVELOPES


class _Stamped(msgspec.Struct, gc=False):
    """An SES event, a part of it, or an envelope, cut down to the times in it."""

    timestamp: object = None
    time: object = None
    published: object = msgspec.field(default=None, name="Timestamp")
    mail: _Stamped | None = None
    bounce: _Stamped | None = None
    complaint: _Stamped | None = None
    delivery: _Stamped | None = None
    delay: _Stamped | None = msgspec.field(default=None, name="deliveryDelay")
    open: _Stamped | None = None
    click: _Stamped | None = None
    subscription: _Stamped | None = None
    detail: _Stamped | None = None
    sns: _Stamped | None = msgspec.field(default=None, name="Sns")
    message: _Stamped | str | None = msgspec.field(default=None, name="Message")
    records: list[_Stamped] | None = msgspec.field(default=None, name="Records")

    @property
    def outcome(self) -> _Stamped | None:
        parts = (self.bounce, self.complaint, self.delivery, self.delay, self.open, self.click, self.subscription)
        return next((part for part in parts if part is not None), None)


_decode = msgspec.json.Decoder(_Stamped).decode


def times_of(body: bytes | str, minute: int) -> tuple[float, float]:
    """When the mail of an event was sent, and when the event became visible, in epoch seconds.

    Visible: the bounce's, complaint's or delivery's own time, else its envelope's. A Send event comes as mail is sent.
    ``minute``: epoch minute of sending, as the guard's reader gives it, where the event has no finer time.
    """
    event, envelope = _opened(body)
    sent = _second(event.mail) if event is not None else None
    if sent is None:
        sent = float(minute * 60)
    outcome = event.outcome if event is not None else None
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
