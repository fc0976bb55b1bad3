"""Reading what nearly all events are: a Send or Delivery of one recipient, as SES publishes it, many at a time.

Whatever is not exactly so, or of a stream that was not met before, is left to
:func:`sesguard.ses_events.envelope.read`; of what is counted here, that would say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import msgspec

from sesguard.detection.history import DELIVERED, SENT
from sesguard.detection.rows import HOUR
from sesguard.ingest.tally import COLUMNS, Tally, Volume, add_to_sample
from sesguard.ses_events.context import EARLIEST_MINUTE, Context
from sesguard.ses_events.moments import TO_MINUTE, USUAL_RESTS, minute_of
from sesguard.ses_events.observe import ONE_OF
from sesguard.ses_events.origin import KNOWN_STREAMS
from sesguard.ses_events.recipients import domain_of
from sesguard.ses_events.wrappers import LARGEST_BODY
from sesguard.stream import StreamId

_STARTS: Final = tuple(f'{{"eventType":{blank}"{kind}"' for kind in ("Send", "Delivery") for blank in ("", " "))


class _Tags(msgspec.Struct, gc=False):
    configuration_set: list[str] | None = msgspec.field(default=None, name="ses:configuration-set")


class _Mail(msgspec.Struct, gc=False, rename="camel"):
    timestamp: str
    source_arn: str
    sending_account_id: str
    message_id: str
    destination: list[str]
    tags: _Tags


class _Delivery(msgspec.Struct, gc=False):
    recipients: list[str]


class _Event(msgspec.Struct, gc=False, rename="camel"):
    event_type: str
    mail: _Mail
    delivery: _Delivery | None = None
    notification_type: str | None = None


_Place = tuple[dict[StreamId, Volume], int, int]
"""The volumes of an hour of sending, the slot of sends of a minute, and the hour."""
_UNPLACED: Final[_Place] = ({}, -1, -1)
_decode = msgspec.json.Decoder(_Event).decode


def tally_plain(bodies: Sequence[str], context: Context, tally: Tally) -> list[int]:
    """Count what is plain among ``bodies``; give the numbers of all others.

    Written in one piece: nearly every event passes here, and a call for each would cost a tenth of the time.
    """
    others: list[int] = []
    set_aside = others.append
    decode, stream_of, usual_rests = _decode, KNOWN_STREAMS.get, USUAL_RESTS
    of_minute: dict[str, _Place | None] = {}
    place_of = of_minute.get
    for number, body in enumerate(bodies):
        if not body.startswith(_STARTS) or len(body) > LARGEST_BODY:
            set_aside(number)
            continue
        try:
            event = decode(body)
        except (ValueError, RecursionError):
            set_aside(number)
            continue
        mail = event.mail
        sent = event.event_type != "Delivery"
        addresses = mail.destination if sent else event.delivery.recipients if event.delivery else ()
        sets, at = mail.tags.configuration_set, mail.timestamp
        if len(addresses) != 1 or not sets or at[TO_MINUTE:] not in usual_rests or "amazonses" in addresses[0].lower():
            set_aside(number)
            continue
        minute_text = at[:TO_MINUTE]
        place = place_of(minute_text, _UNPLACED)
        if place is _UNPLACED:
            place = of_minute[minute_text] = _place(minute_text, context, tally)
        stream = stream_of((mail.sending_account_id, mail.source_arn, sets[0]))
        if place is None or stream is None:
            set_aside(number)
            continue
        streams, slot, hour = place
        if not sent:
            slot += DELIVERED
        volume = streams.get(stream)
        if volume is None:
            volume = streams[stream] = Volume(stream, hour, [slot, 1, number])
        else:
            volume.entries += (slot, 1, number)
        if sent and crc32(mail.message_id.encode()) % ONE_OF == 0:
            add_to_sample(volume, domain_of(addresses[0]), slot // COLUMNS, 1)
    return others


def _place(minute_text: str, context: Context, tally: Tally) -> _Place | None:
    """The volumes of the hour, and the slot of sends of the minute; None for a time at which no mail was sent."""
    minute = minute_of(f"{minute_text}:00.000Z")
    if minute is None or not EARLIEST_MINUTE <= minute <= context.latest_minute:
        return None
    hour = minute // HOUR
    return tally.volumes_of(hour), minute % HOUR * COLUMNS + SENT, hour
