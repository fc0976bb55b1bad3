"""What each stream sent in a day: counted directly, and as the sweep's snapshot has it.

A part of the snapshot is an item beside the account's unattributed mail, sort key ``f#07``; ``part``, packed as
:mod:`sesguard.fleet.snapshot` has it, and ``expires``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.counts.account_reader import read_day
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.query import between, query_all
from sesguard.aws.workers import Workers
from sesguard.errors import RecordError
from sesguard.fleet.hours import HOURS, HourCounts, hour_at
from sesguard.fleet.snapshot import unpack
from sesguard.stream import StreamId

PART: Final = "f#"
_KEPT_SECONDS: Final = 2 * 86_400
_END: Final = "~"  # sorts after every part

_log = logging.getLogger(__name__)


class DynamoDayCounts:
    """Counts the last day of streams, several at once."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str, workers: Workers) -> None:
        self._client = client
        self._table = table
        self._log = VolumeLog(client, table)
        self._workers = workers

    def of(self, streams: Iterable[StreamId], now: datetime) -> dict[StreamId, HourCounts]:
        """Count what each of ``streams`` sent, two queries each. Raises AwsError."""
        found: dict[StreamId, HourCounts] = {}
        last = hour_at(now)

        def count(stream: StreamId) -> None:
            day = read_day(self._client, self._table, self._log, stream, now)
            volumes, sums = day.volumes, day.sums
            hours = tuple(volumes.get(hour, 0) for hour in range(last - HOURS + 1, last + 1))
            found[stream] = HourCounts(last, hours, sums.bounces, sums.complaints, sums.unreported, now)

        self._workers.each(count, streams)
        return found


class DynamoSnapshotStore:
    """The port ``SnapshotStore`` over DynamoDB. home: the account and region, as a stream without a set."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem"})

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId) -> None:
        self._client = client
        self._table = table
        self._home = str(home)

    def write(self, part: int, packed: bytes, now: datetime) -> None:
        with calling("PutItem"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "stream": {"S": self._home},
                    "cohort": {"S": f"{PART}{part:02}"},
                    "part": {"B": packed},
                    "expires": {"N": str(int(now.timestamp()) + _KEPT_SECONDS)},
                },
            )


class DynamoSnapshotReader:
    """Reads the snapshot: 60 items, whatever the number of streams."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId) -> None:
        self._client = client
        self._table = table
        self._home = str(home)

    def read(self) -> Mapping[StreamId, HourCounts]:
        """Read every part; one that cannot be read leaves its streams uncounted, and a line in the log.

        Raises AwsError.
        """
        found: dict[StreamId, HourCounts] = {}
        for item in query_all(self._client, between(self._table, self._home, PART, PART + _END)):
            try:
                found |= unpack(item["part"]["B"], item["cohort"]["S"])
            except (RecordError, KeyError) as error:
                _log.warning("a part of the snapshot is not usable: %s", error)
        return found
