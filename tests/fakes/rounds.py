"""The round of all streams, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from sesguard.ports.streams import Place
from sesguard.stream import StreamId
from tests.fakes.world import MemoryStreams


class MemoryRounds:
    """The port Rounds over the streams of a memory."""

    def __init__(self, streams: MemoryStreams) -> None:
        self.streams = streams
        self.kept = Place()

    def place(self) -> Place:
        return self.kept

    def following(self, after: str, most: int) -> Sequence[StreamId | None]:
        rest = [stream for stream in sorted(self.streams.records) if str(stream) > after]
        return [*rest[:most], *([None] if len(rest) <= most else [])]

    def reached(self, place: Place) -> None:
        self.kept = place
