"""What streams sent within a month: from their settled days, and hour by hour only where a day is not settled.

Reads are eventually consistent, which halves their price. A stream whose every day is settled costs one query of some
30 small items; one that never had a bounce is settled nowhere, and all of its hours are read.

What was written within the last half hour or so is in the log of volume still, which is read once for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sesguard.aws.counts.cohort_items import Item, hour_in
from sesguard.aws.counts.cohorts import (
    BOUNCES,
    COMPLAINTS,
    LETTERS,
    OUTCOMES,
    SETTLED,
    VOLUME,
    day_text,
    hour_text,
)
from sesguard.aws.counts.rollups import day_rollup, gaps
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.counts.volume_log import FOLDED
from sesguard.aws.query import query_all
from sesguard.costs.usage import MailCounts
from sesguard.detection.history import BOUNCED, COMPLAINED, DayTotals, volume_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.aws.counts.unfolded import Unfolded
    from sesguard.aws.workers import Workers
    from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query"})
_HOURS: Final = 24
_COLUMNS: Final = 6
_TOTALS: Final = ", ".join(["cohort", FOLDED, *(f"#{letter}" for letter in LETTERS)])
_TOTAL_NAMES: Final = {f"#{letter}": letter for letter in LETTERS}


class DynamoMonthCounts:
    """Counts by stream and days of sending, over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str, workers: Workers) -> None:
        self._client = client
        self._table = table
        self._workers = workers
        self._log = VolumeLog(client, table)

    def of(self, streams: Iterable[StreamId], days: range) -> Mapping[StreamId, MailCounts]:
        """What each of ``streams`` sent in epoch ``days``; those that sent nothing are left out. Raises AwsError."""
        found: dict[StreamId, MailCounts] = {}
        now = datetime.now(UTC)

        def read(stream: StreamId) -> None:
            home = stream._replace(configuration_set="")
            counts = self._log.reading(home, now, lambda unfolded: self._of(stream, days, unfolded))
            if counts.events():
                found[stream] = counts

        self._workers.each(read, streams)
        return found

    def _of(self, stream: StreamId, days: range, unfolded: Unfolded) -> MailCounts:
        settled = self._between(stream, f"{SETTLED}{day_text(days[0])}", f"{SETTLED}{day_text(days[-1])}")
        # By which rule bounces were forgiven does not matter here.
        known = {day: _whole(rollup.totals) for day, rollup in map(day_rollup, settled) if rollup.holds}
        total = MailCounts()
        for counts in known.values():
            total = total.plus(counts)
        for begin, end in gaps(days.start, days.stop, known):
            total = total.plus(self._by_hours(stream, begin * _HOURS, end * _HOURS - 1, unfolded))
        return total

    def _by_hours(self, stream: StreamId, first: int, last: int, unfolded: Unfolded) -> MailCounts:
        """What was sent in epoch hours ``first`` to ``last``."""
        hours: dict[int, list[int]] = {}
        ends = [(f"{kind}{hour_text(first)}", f"{kind}{hour_text(last)}") for kind in (VOLUME, OUTCOMES)]
        logged = unfolded.of(stream.configuration_set)
        for item in logged.merged(self._between(stream, *ends[0], totals=True), first, last):
            bucket = hours.setdefault(hour_in(item), [0] * _COLUMNS)
            for column, letter in enumerate(LETTERS):
                bucket[column] += int(item[letter]["N"]) if letter in item else 0
        for item in self._between(stream, *ends[1]):
            bucket = hours.setdefault(hour_in(item), [0] * _COLUMNS)
            for name, value in item.items():
                if name[3:4] == "#" and name[0] in (BOUNCES, COMPLAINTS):
                    bucket[BOUNCED if name[0] == BOUNCES else COMPLAINED] += int(value["N"])
        buckets = hours.values()
        return MailCounts(
            sum(map(volume_of, buckets)),
            sum(each[BOUNCED] for each in buckets),
            sum(each[COMPLAINED] for each in buckets),
        )

    def _between(self, stream: StreamId, first: str, last: str, *, totals: bool = False) -> list[Item]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#stream = :stream AND cohort BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#stream": "stream"},
            "ExpressionAttributeValues": {":stream": {"S": str(stream)}, ":first": {"S": first}, ":last": {"S": last}},
        }
        if totals:
            request["ProjectionExpression"] = _TOTALS
            request["ExpressionAttributeNames"] |= _TOTAL_NAMES
        return query_all(self._client, request)


def _whole(totals: DayTotals) -> MailCounts:
    """What was counted of a day, forgiven bounces too."""
    return MailCounts(totals.volume, totals.bounces, totals.complaints)
