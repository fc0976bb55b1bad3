"""When an event became visible, and when exactly its mail was sent: what replays and the lake need beside a minute."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from sesguard.ses_events.moments import minute_of
from sesguard.ses_events.records import Record


def times_of(event: Record, envelope: Record | None, minute: int) -> tuple[float, float]:
    """When the mail of an event was sent, and when the event became visible, in epoch seconds.

    Visible: the bounce's, complaint's or delivery's own time, else its envelope's. A Send event comes as mail is sent.
    ``minute``: epoch minute of sending, as the guard's reader gives it, where the event has no finer time.
    """
    sent = _second(event.mail.timestamp if event.mail is not None else None)
    if sent is None:
        sent = float(minute * 60)
    parts = (
        event.bounce,
        event.complaint,
        event.delivery,
        event.delivery_delay,
        event.open,
        event.click,
        event.subscription,
    )
    outcome = next((part for part in parts if part is not None), None)
    if outcome is None:
        return sent, sent
    published = (envelope.time, envelope.sns_timestamp) if envelope is not None else ()
    seen = (second for time in (outcome.timestamp, *published) if (second := _second(time)) is not None)
    return sent, next(seen, sent)


def _second(time: str | None) -> float | None:
    """The epoch second of a time that the guard's reader reads, to a fraction where it is written in ISO 8601."""
    if time is None:
        return None
    with suppress(msgspec.ValidationError, OverflowError):
        read = msgspec.convert(time, datetime)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    minute = minute_of(time)
    return None if minute is None else minute * 60.0
