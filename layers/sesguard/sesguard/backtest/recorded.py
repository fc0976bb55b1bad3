"""Reading SES events for a replay: the guard's own reader, and when each event became visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

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
    UnusableError,
)
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import find_event, observe, read
from sesguard.ses_events.observation import CountsFor, Ignored, Observation, Rejected, Via
from sesguard.ses_events.reasons import NO_MESSAGE, IgnoredReason
from sesguard.ses_events.recipients import SIMULATOR, domain_of, tally
from sesguard.ses_events.records import Record
from sesguard.ses_events.visible import times_of

_VOLUME: dict[tuple[str, Via], Callable[[float, int, str], Row]] = {
    ("send", Via.SNS): Send,
    ("send", Via.EVENTBRIDGE): SendByBus,
    ("delivery", Via.SNS): SeenDeliveries,
    ("delivery", Via.EVENTBRIDGE): DeliveryByBus,
}

_OF_MAIL = frozenset({IgnoredReason.COUNTS_FOR_NOTHING, IgnoredReason.UNKNOWN_EVENT_TYPE})
"""What is an event of a mail's, though of no consequence."""


class Skipped(NamedTuple):
    """A message that a replay has no use for.

    unattributed: it names no configuration set, so no stream. event: it is an event of SES's at all.
    """

    unattributed: bool
    event: bool = True


def read_event(body: bytes | str, context: Context) -> SeenMoment | Skipped:
    """Read one message of SES in any shape. Raises UnusableError for what is none, or cannot be read."""
    found = find_event(body)
    reading = observe(found, context) if isinstance(found, tuple) else found
    if isinstance(reading, Rejected):
        raise UnusableError(reading.detail)
    if isinstance(reading, Ignored):
        if reading.reason in NO_MESSAGE:
            detail = f"{reading.detail}; expected a line of counts or an SES event"
            raise UnusableError(detail)
        return Skipped(unattributed=False, event=reading.reason in _OF_MAIL)
    if reading.counts_for is CountsFor.NOTHING or not isinstance(found, tuple):
        return Skipped(unattributed=False)
    if not reading.stream.attributed:
        return Skipped(unattributed=True)
    event, envelope, _, _ = found
    sent, seen = times_of(event, envelope, reading.minute)
    name = "/".join(filter(None, reading.stream))
    return SeenMoment(name, max(sent, seen), _rows(reading, event, sent, context), reading.identity)


def noise(body: bytes | str, context: Context) -> bool:
    """Whether a body is something else that SES or SNS puts into a queue, such as its greeting to a new topic."""
    reading = read(body, context)
    return isinstance(reading, Ignored) and reading.reason not in NO_MESSAGE


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
