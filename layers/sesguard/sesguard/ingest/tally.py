"""A batch's sums: what its observations add to each stream's hours of sending, and which messages each sum rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import msgspec

from sesguard.detection.columns import DELIVERED, SENT, TO_EVENTBRIDGE
from sesguard.detection.rows import HOUR
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.ingest.volume_sums import VolumeSums
from sesguard.ses_events.observation import CountsFor, Observation, Via
from sesguard.stream import StreamId

_VOLUME, _NOTHING, _SNS = CountsFor.VOLUME, CountsFor.NOTHING, Via.SNS


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


Part = VolumeSums | Volume | Outcomes


class Tally:
    """The sums of one batch, each an independent write."""

    def __init__(self) -> None:
        self._volumes: dict[int, dict[StreamId, Volume]] = {}
        self._plain: list[VolumeSums] = []
        self._outcomes: dict[int, dict[StreamId, Outcomes]] = {}

    def add(self, seen: Observation, message: int) -> None:
        """Add what message number ``message`` says. What counts for nothing adds nothing."""
        minute = seen.minute
        hour = minute // HOUR
        if seen.counts_for is _VOLUME:
            column = SENT if seen.kind == "send" else DELIVERED
            if seen.via is not _SNS:
                column += TO_EVENTBRIDGE
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
            for domain, count in seen.domains:
                volume.count_sample(domain, minute, count)
        elif seen.counts_for is not _NOTHING:
            self._add_outcome(seen, hour, message)

    def add_plain(self, sums: Iterable[VolumeSums]) -> None:
        """Add volume of plain events, which is summed up already."""
        self._plain += sums

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
        for sums in self._plain:
            theirs, others = sums.parted(bad)
            first += theirs
            rest += others
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
                        if slot % TO_EVENTBRIDGE == SENT:
                            sent += count
                        else:
                            delivered += count
        return max(sent, delivered)

    def _all_outcomes(self) -> Iterator[Outcomes]:
        for streams in self._outcomes.values():
            yield from streams.values()


class Unwritten(NamedTuple):
    """Sums that could not be written: whose, the numbers of the messages they came from, and the error's code."""

    stream: StreamId
    messages: tuple[int, ...]
    code: str
