"""What streams sent on each day of some time: counted while the counts are there, before that from the daily history.

Reads are eventually consistent, which halves their price. A stream whose every day is settled, or older than its
counts, costs one query of some 30 small numbers; one that never had a bounce is settled nowhere, and all of its hours
are read, as far as they are there.

What was written within the last half hour or so is in the log of volume still, which is read once for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts import day_counts
from sesguard.aws.counts.daily_history import counted_from, recorded
from sesguard.aws.counts.day_counts import StreamDays
from sesguard.aws.counts.unfolded import Unfolded, VolumeLog
from sesguard.aws.workers import Workers
from sesguard.costs.day_counts import DayCounts, DaysRead
from sesguard.costs.usage import MailCounts
from sesguard.stream import StreamId

ACTIONS: Final = day_counts.ACTIONS


class DynamoMonthCounts:
    """Counts by stream and days of sending, over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, workers: Workers) -> None:
        self._client = client
        self._table = table
        self._workers = workers
        self._log = VolumeLog(client, table)

    def of(self, streams: Iterable[StreamId], days: range, now: datetime) -> DaysRead:
        """What each of ``streams`` sent on each of epoch ``days``; one that sent nothing is left out. Raises AwsError.

        A day that is no longer counted is unknown where none of them has it on record: one that has not was not there.
        """
        found: dict[StreamId, DayCounts] = {}
        border = min(max(counted_from(now), days.start), days.stop)
        older, counted = range(days.start, border), range(border, days.stop)
        known: set[int] = set()

        def read(stream: StreamId) -> None:
            reader = StreamDays(self._client, self._table, stream)
            counts = {day: it.counts for day, it in recorded(reader, older).items()}
            known.update(counts)
            if counted:
                home = stream._replace(configuration_set="")
                counts |= self._log.reading(home, now, lambda unfolded: _counted(reader, stream, counted, unfolded))
            counts = {day: it for day, it in counts.items() if it.events()}
            if counts:
                found[stream] = counts

        self._workers.each(read, streams)
        return DaysRead(found, tuple(day for day in older if day not in known))


def _counted(reader: StreamDays, stream: StreamId, days: range, unfolded: Unfolded) -> dict[int, MailCounts]:
    held = dict(reader.settled(days).held)
    return held | reader.counted(days, held, unfolded.of(stream.configuration_set))
