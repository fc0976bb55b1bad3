"""Reading SES events for a replay: the guard's own reader, and when each event became visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
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
from sesguard.ses_events.envelope import find_event, observe, read
from sesguard.ses_events.moments import minute_of
from sesguard.ses_events.observation import CountsFor, Ignored, Observation, Rejected, Via
from sesguard.ses_events.reasons import IgnoredReason
from sesguard.ses_events.recipients import SIMULATOR, domain_of, tally
from sesguard.ses_events.records import Record

_VOLUME: dict[tuple[str, Via], Callable[[float, int, str], Row]] = {
    ("send", Via.SNS): Send,
    ("send", Via.EVENTBRIDGE): SendByBus,
    ("delivery", Via.SNS): SeenDeliveries,
    ("delivery", Via.EVENTBRIDGE): DeliveryByBus,
}

_NO_MESSAGE = frozenset({IgnoredReason.PLAIN_TEXT, IgnoredReason.NOT_AN_EVENT})
"""What a queue may hold, but no record of mail."""


class Skipped(NamedTuple):
    """An event that a replay has no use for. unattributed: it names no configuration set, so no stream."""

    unattributed: bool


def read_event(body: bytes | str, context: Context) -> SeenMoment | Skipped:
    """Read one message of SES in any shape. Raises UnusableError for what is none, or cannot be read."""
    found = find_event(body)
    reading = observe(found, context) if isinstance(found, tuple) else found
    if isinstance(reading, Rejected):
        raise UnusableError(reading.detail)
    if isinstance(reading, Ignored):
        if reading.reason in _NO_MESSAGE:
            detail = f"{reading.detail}; expected a line of counts or an SES event"
            raise UnusableError(detail)
        return Skipped(unattributed=False)
    if reading.counts_for is CountsFor.NOTHING or not isinstance(found, tuple):
        return Skipped(unattributed=False)
    if not reading.stream.attributed:
        return Skipped(unattributed=True)
    event, envelope, _ = found
    sent, seen = _times(event, envelope, reading.minute)
    name = "/".join(filter(None, reading.stream))
    return SeenMoment(name, max(sent, seen), _rows(reading, event, sent, context), reading.identity)


def noise(body: bytes | str, context: Context) -> bool:
    """Whether a body is something else that SES or SNS puts into a queue, such as its greeting to a new topic."""
    reading = read(body, context)
    return isinstance(reading, Ignored) and reading.reason not in _NO_MESSAGE


def _rows(seen: Observation, event: Record, sent: float, context: Context) -> Sequence[Row]:
    if seen.counts_for is CountsFor.HARD_BOUNCE:
        (domain, count), *others = seen.domains
        return [CodedBounce(sent, count, domain, codes=seen.codes), *(SeenBounces(sent, n, name) for name, n in others)]
    if seen.counts_for is CountsFor.COMPLAINT:
        return [SeenComplaints(sent, seen.count, seen.domains[0][0])]
    row = _VOLUME[seen.kind, seen.via]
    return [row(sent, count, domain) for domain, count in _receiving_domains(event, context)]


def _receiving_domains(event: Record, context: Context) -> Iterable[tuple[str, int]]:
    """Where the mail of a Send or Delivery event went, of all of its recipients: a replay needs no sample."""
    delivery, mail = event.delivery, event.mail
    addresses = delivery.recipients if delivery is not None else (mail.destination if mail is not None else None)
    domains = [domain_of(address) for address in addresses or ()]
    return tally([domain for domain in domains if domain != SIMULATOR or context.count_simulator])


def _times(event: Record, envelope: Record | None, minute: int) -> tuple[float, float]:
    """When the mail of an event was sent, and when the event became visible, in epoch seconds.

    Visible: the bounce's, complaint's or delivery's own time, else its envelope's. A Send event comes as mail is sent.
    """
    sent = _second(event.mail.timestamp if event.mail is not None else None)
    if sent is None:
        sent = float(minute * 60)
    outcome = event.bounce or event.complaint or event.delivery
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
