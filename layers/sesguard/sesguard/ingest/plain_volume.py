"""Reading what nearly all events are: a Send or Delivery of one recipient, as SES publishes it, many at a time.

As they come over SNS, which leaves its envelope out, or over EventBridge. Whatever is not exactly so, or of a stream
that was not met before, is left to :func:`sesguard.ses_events.envelope.read`; of what is counted here, that would say
the same. (Its bound on a body's size is not asked for: SQS holds nothing larger. Nor is what stands beside ``mail`` and
is not of a Send or Delivery, or beside ``detail``: an event that is odd there, as SES never writes it, is counted here
and would be refused there.)

Decoding takes more than half of the time that is left: skipping what is not read takes 1.3 of its 1.7 µs an event, and
neither a search for the few fields in the text nor cutting out the headers before decoding is faster. So the rest is
kept to a few look-ups: by a time's second, and by the configuration set alone, as an account and region rarely change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from zlib import crc32

import msgspec

from sesguard.detection.columns import DELIVERED, SENT, TO_EVENTBRIDGE
from sesguard.detection.rows import HOUR
from sesguard.ingest.tally import Tally
from sesguard.ingest.volume import COLUMNS
from sesguard.ingest.volume_sums import HOUR_CELLS, MOST_STREAMS, NO_CELL, NumberedStreams, sum_up
from sesguard.ses_events.context import EARLIEST_MINUTE, Context
from sesguard.ses_events.moments import minute_of
from sesguard.ses_events.observe import ONE_OF
from sesguard.ses_events.origin import KNOWN_STREAMS, source_prefix
from sesguard.ses_events.recipients import SIMULATOR, domain_of
from sesguard.stream import DRILL, StreamId

_START: Final = '{"eventType":'
_ENVELOPE_START: Final = '{"version":'
_TO_MILLISECOND: Final = len("2026-11-20T09:14:07.")
_MILLISECONDS: Final = frozenset(f"{number:03}Z" for number in range(1_000))
_MOST_REMEMBERED: Final = MOST_STREAMS // 2  # at the start of a batch, so that it has room for new ones


class _Tags(msgspec.Struct, gc=False):
    configuration_set: tuple[str] = msgspec.field(name="ses:configuration-set")


class _SentMail(msgspec.Struct, gc=False, rename="camel"):
    timestamp: str
    source_arn: str
    sending_account_id: str
    message_id: str
    destination: tuple[str]
    tags: _Tags


class _DeliveredMail(msgspec.Struct, gc=False, rename="camel"):
    timestamp: str
    source_arn: str
    sending_account_id: str
    tags: _Tags


class _Receipt(msgspec.Struct, gc=False):
    recipients: tuple[str]


class _Send(msgspec.Struct, gc=False, tag_field="eventType", tag="Send"):
    mail: _SentMail


class _Delivery(msgspec.Struct, gc=False, tag_field="eventType", tag="Delivery"):
    mail: _DeliveredMail
    delivery: _Receipt


class _Envelope(msgspec.Struct, gc=False):
    """EventBridge's, with nothing in it by which a body would be read as something else."""

    source: Literal["aws.ses"]
    detail: _Send | _Delivery
    event_type: None = msgspec.field(default=None, name="eventType")
    notification_type: None = msgspec.field(default=None, name="notificationType")
    message: None = msgspec.field(default=None, name="Message")


_decode = msgspec.json.Decoder(_Send | _Delivery).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode


_Mail = _SentMail | _DeliveredMail

_NOBODY: Final = NumberedStreams(StreamId("", "", ""))
_numbered: dict[tuple[str, str], NumberedStreams] = {}
"""By the account that sent, and by what source ARNs begin with: these say whose a configuration set is."""


def tally_plain(bodies: Sequence[str], context: Context, tally: Tally) -> list[int]:
    """Count what is plain among ``bodies``; give the numbers of all others.

    Written in one piece: nearly every event passes here, and a call for each would cost a tenth of the time.
    """
    if sum(len(numbered.streams) for numbered in _numbered.values()) > _MOST_REMEMBERED:
        _numbered.clear()
    cells = [NO_CELL] * len(bodies)
    sampled: list[tuple[int, str]] = []
    hours = _Hours(context)
    decode, decode_envelope, milliseconds = _decode, _decode_envelope, _MILLISECONDS
    account, prefix, numbered = "", "", _NOBODY
    firsts, places = numbered.firsts, hours.places_of(numbered)
    for number, body in enumerate(bodies):
        try:
            if body.startswith(_START):
                event, path = decode(body), 0
            elif body.startswith(_ENVELOPE_START):
                event, path = decode_envelope(body).detail, TO_EVENTBRIDGE
            else:
                continue
        except (ValueError, RecursionError):
            continue
        mail = event.mail
        (name,) = mail.tags.configuration_set
        if mail.sending_account_id != account or not mail.source_arn.startswith(prefix):
            prefix = source_prefix(mail.source_arn)
            numbered = _numbered_of(mail, name, prefix)
            account = mail.sending_account_id if numbered is not _NOBODY else ""  # the next one may be somebody's
            firsts, places = numbered.firsts, hours.places_of(numbered)
        time = mail.timestamp
        try:
            cell = firsts[name] + places[time[:_TO_MILLISECOND]]
        except KeyError:
            cell = hours.new_cell(numbered, mail, name)
        if cell == NO_CELL or time[_TO_MILLISECOND:] not in milliseconds:
            continue
        if type(event) is _Send:
            (address,) = event.mail.destination
            if "amazonses" not in address.lower():
                cells[number] = cell + path
                if crc32(event.mail.message_id.encode()) % ONE_OF == 0 and (domain := domain_of(address)) != SIMULATOR:
                    sampled.append((cell, domain))
        else:
            (address,) = event.delivery.recipients
            if "amazonses" not in address.lower():
                cells[number] = cell + path + DELIVERED
    tally.add_plain(sum_up(cells, hours.found, sampled))
    return [number for number, cell in enumerate(cells) if cell == NO_CELL]


def _numbered_of(mail: _Mail, name: str, prefix: str) -> NumberedStreams:
    """The streams of who sent ``mail``: nobody's, as long as none of them was met. prefix: of its source ARN."""
    account = mail.sending_account_id
    numbered = _numbered.get((account, prefix))
    if numbered is None:
        stream = KNOWN_STREAMS.get((account, mail.source_arn, name))
        if stream is None or not prefix:
            return _NOBODY
        numbered = _numbered[account, prefix] = NumberedStreams(stream._replace(configuration_set=""))
    return numbered


class _Hours:
    """The hours of sending that a batch has. found: whose and which epoch hour each is, in the order of their cells."""

    def __init__(self, context: Context) -> None:
        self.found: list[tuple[NumberedStreams, int]] = []
        self._latest = context.latest_minute
        self._places: dict[NumberedStreams, dict[str, int]] = {}

    def places_of(self, numbered: NumberedStreams) -> dict[str, int]:
        """Where sends of a second are counted: what that adds to a stream's first cell.

        By times as SES writes them, up to the point before the milliseconds.
        """
        return self._places.setdefault(numbered, {})

    def new_cell(self, numbered: NumberedStreams, mail: _Mail, name: str) -> int:
        """The cell of sends of a stream or second that is new here; NO_CELL for what is to be read by itself.

        That is a stream that was not met before, a drill's, which is nobody's volume, and what no time of sending is.
        """
        first, second = numbered.firsts.get(name), mail.timestamp[:_TO_MILLISECOND]
        if first is None:
            stream = KNOWN_STREAMS.get((mail.sending_account_id, mail.source_arn, name))
            if stream is None or numbered is _NOBODY or name.startswith(DRILL):
                return NO_CELL
            first = numbered.add(stream)
        minute = minute_of(f"{second}000Z")
        if first is None or minute is None or not EARLIEST_MINUTE <= minute <= self._latest:
            return NO_CELL
        hour = numbered, minute // HOUR
        if hour not in self.found:
            self.found.append(hour)
        place = self.found.index(hour) * HOUR_CELLS + minute % HOUR * COLUMNS + SENT
        self._places[numbered][second] = place
        return first + place
