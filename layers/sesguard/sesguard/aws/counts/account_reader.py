"""What a whole account sent within a day, and what became of it: roughly at once, exactly by reading every stream."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sesguard.account.sums import Sums
from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import Clients
from sesguard.aws.counts.account_sums import NAMES, SUMS
from sesguard.aws.counts.cohort_items import Item, beside_counts, hour_in
from sesguard.aws.counts.cohorts import BOUNCES, COMPLAINTS, LETTERS, OUTCOMES, VOLUME, hour_text
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, LATER_TOTALS, block_of
from sesguard.aws.counts.unfolded import Unfolded, VolumeLog
from sesguard.aws.counts.volume_log import FOLDED
from sesguard.aws.query import between, query_all
from sesguard.aws.ses.configuration_sets import configuration_sets
from sesguard.aws.workers import Workers
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of
from sesguard.detection.reporting import reporting_share
from sesguard.detection.sample import REPORTING, SAMPLED
from sesguard.stream import DRILL, StreamId

ACTIONS: Final = frozenset({"dynamodb:Query"})
HOURS: Final = 24
LOOK_KEPT: Final = timedelta(minutes=10)
"""How long a look goes on from sweep to sweep: 10,000 streams take some 20 s of a core."""
_READ = (*LETTERS, SAMPLED, REPORTING, FOLDED, BLOCK_FOLDED, *LATER_TOTALS)
_TOTALS = ", ".join(f"#{name}" for name in _READ)
_TOTAL_NAMES = {f"#{name}": name for name in _READ}

Buckets = dict[int, list[int]]
"""Epoch hour -> counts by column, as :mod:`sesguard.detection.history` numbers them."""


class DynamoAccount:
    """The port ``Account`` over DynamoDB, and SES for the names of the streams."""

    def __init__(self, clients: Clients, table: str, workers: Workers) -> None:
        self._clients = clients
        self._client: DynamoDBClient = clients.dynamodb
        self._table = table
        self._workers = workers
        self._log = VolumeLog(self._client, table)
        self._look: _Look | None = None

    def rough(self, home: StreamId, now: datetime) -> Sums:
        buckets: Buckets = {}
        for item in _items(self._client, self._table, home, SUMS, now):
            for column, name in enumerate(NAMES):
                if name in item:
                    _bucket(buckets, item)[column] += int(item[name]["N"])
        return _sums(buckets.values())

    def is_looking(self, now: datetime) -> bool:
        return self._look is not None and now - self._look.began < LOOK_KEPT

    def by_stream(
        self, home: StreamId, now: datetime, time_left: Callable[[], bool] = lambda: True
    ) -> Mapping[StreamId, Sums] | None:
        if self._look is None or not self.is_looking(now):
            names = ["", *(name for name in configuration_sets(self._clients.sesv2) if not name.startswith(DRILL))]
            self._look = _Look(now, deque(home._replace(configuration_set=name) for name in names), {})
        look, self._look = self._look, None  # what fails leaves none that lacks streams

        def read(stream: StreamId) -> None:
            if not time_left():
                look.left.append(stream)
                return
            sums = read_day(self._client, self._table, self._log, stream, now).sums
            if sums.volume:
                look.found[stream] = sums

        left, look.left = look.left, deque()
        self._workers.each(read, left)
        if look.left:
            self._look = look
            return None
        return look.found


@dataclass(slots=True)
class _Look:
    """A look at every stream: who is left, and what was found of the others."""

    began: datetime
    left: deque[StreamId]
    found: dict[StreamId, Sums]


class Day(NamedTuple):
    """What a stream sent by the hour, and of a sample of it the mails, and those of them that are reported on."""

    buckets: Buckets
    sampled: int
    reporting: int

    @property
    def sums(self) -> Sums:
        sums = _sums(self.buckets.values())
        return sums._replace(unreported=round(sums.volume * (1 - reporting_share(self.sampled, self.reporting))))

    @property
    def volumes(self) -> Mapping[int, int]:
        """By epoch hour."""
        return {hour: volume_of(bucket) for hour, bucket in self.buckets.items()}


def read_day(client: DynamoDBClient, table: str, log: VolumeLog, stream: StreamId, now: datetime) -> Day:
    """Read what a stream sent in the last HOURS full hours and this one. Raises AwsError."""
    home = stream._replace(configuration_set="")
    return log.reading(home, now, lambda unfolded: _day(client, table, unfolded, stream, now))


def _day(client: DynamoDBClient, table: str, unfolded: Unfolded, stream: StreamId, now: datetime) -> Day:
    buckets: Buckets = {}
    sampled = reporting = 0
    hour = int(now.timestamp()) // 3600
    volumes = _items(client, table, stream, VOLUME, now, totals=True)
    for item in unfolded.of(stream.configuration_set).merged(volumes, hour - HOURS, hour):
        for column, letter in enumerate(LETTERS):
            if letter in item:
                _bucket(buckets, item)[column] += int(item[letter]["N"])
        in_sample, those, _ = beside_counts(item)
        sampled, reporting = sampled + in_sample, reporting + those
    for item in _items(client, table, stream, OUTCOMES, now):
        for name, value in item.items():
            if name[3:4] == "#" and name[0] in (BOUNCES, COMPLAINTS):
                _bucket(buckets, item)[BOUNCED if name[0] == BOUNCES else COMPLAINED] += int(value["N"])
    return Day(buckets, sampled, reporting)


def _items(
    client: DynamoDBClient, table: str, stream: StreamId, kind: str, now: datetime, *, totals: bool = False
) -> list[Item]:
    """The items of one kind of the last HOURS full hours and this one. A second old is new enough.

    totals: of volume, from its block of hours on.
    """
    hour = int(now.timestamp()) // 3600
    first = block_of(hour - HOURS) if totals else hour - HOURS
    request = between(table, stream, f"{kind}{hour_text(first)}", f"{kind}{hour_text(hour)}")
    if totals:
        request["ProjectionExpression"] = f"cohort, {_TOTALS}"
        request["ExpressionAttributeNames"] |= _TOTAL_NAMES
    return query_all(client, request)


def _bucket(buckets: Buckets, item: Item) -> list[int]:
    return buckets.setdefault(hour_in(item), [0] * len(NAMES))


def _sums(buckets: Iterable[list[int]]) -> Sums:
    volume = bounces = complaints = 0
    for bucket in buckets:
        volume += volume_of(bucket)
        bounces += bucket[BOUNCED]
        complaints += bucket[COMPLAINED]
    return Sums(volume, bounces, complaints)
