"""Where rounds of all streams have come to, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from sesguard.pausing.audit_cursor import Cursor
from tests.fakes.world import MemoryStreams


class MemoryAuditCursor:
    """The port AuditCursor over the streams of a memory."""

    def __init__(self, streams: MemoryStreams) -> None:
        self.streams = streams
        self.kept = Cursor()

    def load(self) -> Cursor:
        return self.kept

    def following(self, after: str, most: int) -> Sequence[str | None]:
        rest = [key for key in sorted(map(str, self.streams.records)) if key > after]
        return [*rest[:most], *([None] if len(rest) <= most else [])]

    def save(self, cursor: Cursor) -> None:
        self.kept = cursor


class MemorySweepCursor:
    """The port SweepCursor."""

    def __init__(self) -> None:
        self.key = ""

    def load(self) -> str:
        return self.key

    def save(self, key: str) -> None:
        self.key = key
