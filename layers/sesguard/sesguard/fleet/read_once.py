"""Reading for one page: what several of its parts ask for is read once, so that they also agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sesguard.detection.history import History
from sesguard.detection.ports import Counts
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.ports import JournalReader
from sesguard.policy import Policy
from sesguard.stream import StreamId


class CountsOnce:
    """The port ``Counts``, for one moment: a history that was read is given again."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._read: dict[tuple[StreamId, datetime | None, bool], History] = {}

    def history(
        self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy, *, names: bool = True
    ) -> History:
        key = stream, since, names
        if key not in self._read:
            self._read[key] = self._counts.history(stream, now, since, policy, names=names)
        return self._read[key]

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        return self._counts.tenants_mail(stream, tenant, now)


class JournalOnce:
    """The port ``JournalReader``: the entries of a stream are read whole, and once."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._read: dict[StreamId, Sequence[JournalEntry]] = {}

    def of(self, stream: StreamId) -> Sequence[JournalEntry]:
        if stream not in self._read:
            self._read[stream] = self._journal.of(stream)
        return self._read[stream]

    def last(self, stream: StreamId, most: int) -> Sequence[JournalEntry]:
        return self.of(stream)[-most:]

    def all(self) -> Iterable[JournalEntry]:
        return self._journal.all()
