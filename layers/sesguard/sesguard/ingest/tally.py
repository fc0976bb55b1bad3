"""A batch's sums: what its observations add to each stream's hours of sending, and which messages each sum rests on.

Every event passes here, so what could be said more briefly is said more quickly: hours first, because an int is hashed
faster than a stream, and no enum as a key, because those are hashed in Python.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import msgspec

from sesguard.detection.history import DELIVERED, SENT, SENT_EVENTBRIDGE
from sesguard.detection.rows import HOUR
from sesguard.detection.sample import names_of
from sesguard.ses_events.observation import CountsFor, Observation, Via
from sesguard.stream import StreamId

COLUMNS = 4
"""Columns of volume, numbered as :mod:`sesguard.detection.history` does."""

_EVENTBRIDGE = SENT_EVENTBRIDGE - SENT  # from a column of SNS to the same of EventBridge

_VOLUME, _NOTHING, _SNS = CountsFor.VOLUME, CountsFor.NOTHING, Via.SNS


class Volume(msgspec.Struct, gc=False):
    """Volume of one stream's mail sent in one epoch hour.

    entries: of each event in turn, flat, its slot (minute of the hour * COLUMNS + column), its recipients, and the
    number of its message. One list takes half the time and memory of what is clearer, where streams are many.
    sample: recipients of the events in the sample by where they are, None for no such event: see
    :func:`sesguard.detection.sample.names_of`.
    """

    stream: StreamId
    hour: int
    entries: list[int]
    sample: dict[str, int] | None = None

    def sums(self) -> dict[int, int]:
        """Slot -> recipients."""
        sums: dict[int, int] = {}
        entries = self.entries
        for slot, count in zip(entries[::3], entries[1::3], strict=True):
            sums[slot] = sums.get(slot, 0) + count
        return sums

    def all_messages(self) -> list[int]:
        return self.entries[2::3]


class Outcomes(msgspec.Struct, gc=False):
    """Hard bounces and complaints of one stream's mail sent in one epoch hour.

    events: identity -> the event. messages: identity -> the numbers of the messages that brought it, as a queue may
    deliver one event twice in a batch.
    """

    stream: StreamId
    hour: int
    events: dict[str, Observation]
    messages: dict[str, list[int]]

    def all_messages(self) -> list[int]:
        return [message for messages in self.messages.values() for message in messages]


Part = Volume | Outcomes


class Tally:
    """The sums of one batch, each an independent write."""

    def __init__(self) -> None:
        self._volumes: dict[int, dict[StreamId, Volume]] = {}
        self._outcomes: dict[int, dict[StreamId, Outcomes]] = {}

    def add(self, seen: Observation, message: int) -> None:
        """Add what message number ``message`` says. What counts for nothing adds nothing."""
        minute = seen.minute
        hour = minute // HOUR
        if seen.counts_for is _VOLUME:
            column = SENT if seen.kind == "send" else DELIVERED
            if seen.via is not _SNS:
                column += _EVENTBRIDGE
            slot = minute % HOUR * COLUMNS + column
            streams = self._volumes.get(hour)
            if streams is None:
                streams = self._volumes[hour] = {}
            stream = seen.stream
            volume = streams.get(stream)
            if volume is None:
                volume = streams[stream] = Volume(stream, hour, [slot, seen.count, message])
            else:
                volume.entries += (slot, seen.count, message)
            if seen.domains:
                _add_sample(volume, seen)
        elif seen.counts_for is not _NOTHING:
            self._add_outcome(seen, hour, message)

    def volumes_of(self, hour: int) -> dict[StreamId, Volume]:
        """The sums of volume of an epoch hour by stream, to be added to."""
        return self._volumes.setdefault(hour, {})

    def _add_outcome(self, seen: Observation, hour: int, message: int) -> None:
        streams = self._outcomes.setdefault(hour, {})
        outcomes = streams.get(seen.stream)
        if outcomes is None:
            outcomes = streams[seen.stream] = Outcomes(seen.stream, hour, {}, {})
        outcomes.events.setdefault(seen.identity, seen)
        outcomes.messages.setdefault(seen.identity, []).append(message)

    def bad_streams(self) -> dict[StreamId, list[int]]:
        """The streams with a bounce or complaint, and the numbers of the messages that brought them."""
        found: dict[StreamId, list[int]] = {}
        for outcomes in self._all_outcomes():
            if any(not event.foreign for event in outcomes.events.values()):
                found.setdefault(outcomes.stream, []).extend(outcomes.all_messages())
        return found

    def outcomes_of(self, streams: Collection[StreamId]) -> tuple[int, int]:
        """Hard bounces and complaints of ``streams`` that are held against them."""
        bounces = complaints = 0
        for outcomes in self._all_outcomes():
            if outcomes.stream in streams:
                for event in outcomes.events.values():
                    if not event.foreign and event.counts_for is CountsFor.HARD_BOUNCE:
                        bounces += event.count
                    elif not event.foreign:
                        complaints += event.count
        return bounces, complaints

    def parts(self) -> tuple[list[Part], list[Part]]:
        """All sums, in two lots: those of streams with a bounce or complaint, which are to be weighed, and the rest."""
        bad = {outcomes.stream for outcomes in self._all_outcomes()}
        first: list[Part] = [*self._all_outcomes()]
        rest: list[Part] = []
        for streams in self._volumes.values():
            for stream, volume in streams.items():
                (first if stream in bad else rest).append(volume)
        return first, rest

    def unattributed(self) -> int:
        """Recipients of mail that named no configuration set, by Send events or deliveries, whichever are more."""
        sent = delivered = 0
        for streams in self._volumes.values():
            for stream, volume in streams.items():
                if not stream.configuration_set:
                    for slot, count in volume.sums().items():
                        if slot % _EVENTBRIDGE == SENT:
                            sent += count
                        else:
                            delivered += count
        return max(sent, delivered)

    def _all_outcomes(self) -> Iterator[Outcomes]:
        for streams in self._outcomes.values():
            yield from streams.values()


def _add_sample(volume: Volume, seen: Observation) -> None:
    for domain, count in seen.domains:
        add_to_sample(volume, domain, seen.minute, count)


def add_to_sample(volume: Volume, domain: str, minute: int, count: int) -> None:
    """Count ``count`` sampled mails to ``domain``, sent in epoch ``minute`` or in that minute of the hour."""
    sample = volume.sample
    if sample is None:
        sample = volume.sample = {}
    for name in names_of(domain, minute):
        sample[name] = sample.get(name, 0) + count


class Unwritten(NamedTuple):
    """Sums that could not be written: whose, the numbers of the messages they came from, and the error's code."""

    stream: StreamId
    messages: tuple[int, ...]
    code: str
