"""The volume of many streams as plain numbers: what a batch adds to one hour of sending, without an object a stream.

A *cell* is a stream's number times the slots of an hour, and the slot: minute of the hour * COLUMNS + column. Adding
an event is appending an int, and counting equal cells is C's work: most of what makes a batch of thousands of streams
as fast to take as one of a few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from sesguard.detection.rows import HOUR
from sesguard.detection.sample import TAKEN, names_of
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.stream import StreamId

HOUR_SLOTS: Final = HOUR * COLUMNS
MOST_STREAMS: Final = 65_536
"""That are numbered in an account and region."""
HOUR_CELLS: Final = 1 << 24
"""In a batch cells of its first hour lie below this, of its second below twice this: all of MOST_STREAMS fit."""
NO_CELL: Final = -1

Sample = dict[str, int]
"""What :func:`sesguard.detection.sample.names_of` says of events in the sample -> how many of them."""


class NumberedStreams:
    """The streams of one account and region, by number. firsts: configuration set -> its stream's first cell."""

    def __init__(self, home: StreamId) -> None:
        self.home = home
        self.streams: list[StreamId] = []
        self.firsts: dict[str, int] = {}

    def add(self, stream: StreamId) -> int | None:
        """Number ``stream``, which has no number, and give its first cell; None where there are too many."""
        if len(self.streams) == MOST_STREAMS:
            return None
        first = self.firsts[stream.configuration_set] = len(self.streams) * HOUR_SLOTS
        self.streams.append(stream)
        return first


class VolumeSums(msgspec.Struct, gc=False):
    """Volume of many streams of one account and region, of mail sent in one epoch hour.

    sums: cell -> recipients. sample: number of a stream -> what is said of its events in the sample. cells: of each
    message of the batch, those of this hour from ``first`` on.
    """

    numbered: NumberedStreams
    hour: int
    cells: Sequence[int]
    first: int
    sums: dict[int, int]
    sample: dict[int, Sample]

    def parted(self, streams: Collection[StreamId]) -> tuple[list[VolumeSums], list[VolumeSums]]:
        """What is of ``streams``, and what is not."""
        firsts, home = self.numbered.firsts, self.numbered.home
        names = {it.configuration_set for it in streams if it._replace(configuration_set="") == home}
        wanted = {firsts[name] // HOUR_SLOTS for name in names if name in firsts}
        theirs = {cell: count for cell, count in self.sums.items() if cell // HOUR_SLOTS in wanted} if wanted else {}
        if not theirs:
            return [], [self]
        rest = {cell: count for cell, count in self.sums.items() if cell not in theirs}
        sampled = {number: sample for number, sample in self.sample.items() if number in wanted}
        others = {number: sample for number, sample in self.sample.items() if number not in wanted}
        return [self._with(theirs, sampled)], [self._with(rest, others)] if rest else []

    def size(self) -> int:
        """How many entries these are, those of the sample among them."""
        return len(self.sums) + sum(map(sample_size, self.sample.values()))

    def pieces(self, most: int) -> Iterator[VolumeSums]:
        """Cut into sums of at most ``most`` entries each, or one more stream's sample. All of a cell is in one."""
        if self.size() <= most:
            yield self
            return
        sums: dict[int, int] = {}
        sample: dict[int, Sample] = {}
        left = dict(self.sample)
        room = most
        for cell, count in self.sums.items():
            sums[cell] = count
            room -= 1
            number = cell // HOUR_SLOTS
            if number in left:
                sample[number] = left.pop(number)
                room -= sample_size(sample[number])
            if room <= 0:
                yield self._with(sums, sample)
                sums, sample, room = {}, {}, most
        if sums:
            yield self._with(sums, sample)

    def volumes(self) -> list[Volume]:
        """The same as an object a stream, with the messages that it rests on."""
        found: dict[int, Volume] = {}
        first, sums = self.first, self.sums
        for message, cell in enumerate(self.cells):
            if cell - first in sums:
                number, slot = divmod(cell - first, HOUR_SLOTS)
                volume = found.get(number)
                if volume is None:
                    stream = self.numbered.streams[number]
                    volume = found[number] = Volume(stream, self.hour, [], self.sample.get(number))
                volume.entries += (slot, 1, message)
        return list(found.values())

    def _with(self, sums: dict[int, int], sample: dict[int, Sample]) -> VolumeSums:
        return VolumeSums(self.numbered, self.hour, self.cells, self.first, sums, sample)


def sum_up(
    cells: Sequence[int], hours: Sequence[tuple[NumberedStreams, int]], sampled: Iterable[tuple[int, str]]
) -> list[VolumeSums]:
    """Sum up the cells of a batch, one of each message or NO_CELL.

    hours: whose and which epoch hour the first HOUR_CELLS are of, the second, and so on. sampled: cells of single
    events, and the receiving domain of each.
    """
    found = [
        VolumeSums(numbered, hour, cells, number * HOUR_CELLS, {}, {}) for number, (numbered, hour) in enumerate(hours)
    ]
    for cell, count in Counter(cells).items():
        if cell != NO_CELL:
            found[cell // HOUR_CELLS].sums[cell % HOUR_CELLS] = count
    for cell, domain in sampled:
        number, slot = divmod(cell % HOUR_CELLS, HOUR_SLOTS)
        sample = found[cell // HOUR_CELLS].sample.setdefault(number, {})
        for name in names_of(domain, slot // COLUMNS):
            sample[name] = sample.get(name, 0) + 1
    return [sums for sums in found if sums.sums]


def sample_size(sample: Mapping[str, int]) -> int:
    """How many entries a sample is: names of receiving domains are twice as long, and count twice."""
    return len(sample) + sum(name.startswith(TAKEN) for name in sample)
