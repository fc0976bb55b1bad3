"""What a stream sent on each day, counted: from its settled days, and hour by hour only where a day is not settled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts.cohort_items import Item, hour_in
from sesguard.aws.counts.cohorts import BOUNCES, COMPLAINTS, LETTERS, OUTCOMES, SETTLED, VOLUME, day_text, hour_text
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, LATER_TOTALS, of_hours
from sesguard.aws.counts.rollups import day_rollup, gaps
from sesguard.aws.counts.unfolded import UnfoldedStream
from sesguard.aws.counts.volume_log import FOLDED
from sesguard.aws.query import between, query_all
from sesguard.costs.usage import MailCounts
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query"})
_HOURS: Final = 24
_COLUMNS: Final = 6
_TOTALS: Final = ", ".join(["cohort", FOLDED, BLOCK_FOLDED, *(f"#{letter}" for letter in LETTERS), *LATER_TOTALS])
_TOTAL_NAMES: Final = {f"#{letter}": letter for letter in LETTERS}


class Settled(NamedTuple):
    """By epoch day. held: what settled days came to, forgiven bounces too; touched: how often a day was touched."""

    held: Mapping[int, MailCounts]
    touched: Mapping[int, str]


class StreamDays:
    """Counts the days of one stream. consistent: whether what was written right before is seen, for twice the price."""

    def __init__(self, client: DynamoDBClient, table: str, stream: StreamId, *, consistent: bool = False) -> None:
        self._client = client
        self._table = table
        self._stream = stream
        self._consistent = consistent

    def settled(self, days: range) -> Settled:
        """Read what is on record of epoch ``days``. Raises AwsError."""
        if not days:
            return Settled({}, {})
        items = self.between(f"{SETTLED}{day_text(days[0])}", f"{SETTLED}{day_text(days[-1])}")
        found = dict(map(day_rollup, items))
        # By which rule bounces were forgiven does not matter here.
        held = {
            day: MailCounts(it.totals.volume, it.totals.bounces, it.totals.complaints)
            for day, it in found.items()
            if it.holds
        }
        return Settled(held, {day: it.touched for day, it in found.items()})

    def counted(
        self, days: range, known: Mapping[int, MailCounts], logged: UnfoldedStream | None = None
    ) -> dict[int, MailCounts]:
        """Count those of epoch ``days`` that are not ``known``, by their hours; days of nothing are left out.

        logged: what is in the log of volume still. Raises AwsError.
        """
        found: dict[int, MailCounts] = {}
        for begin, end in gaps(days.start, days.stop, known):
            found |= self._by_hours(begin * _HOURS, end * _HOURS - 1, logged)
        return found

    def _by_hours(self, first: int, last: int, logged: UnfoldedStream | None) -> dict[int, MailCounts]:
        """What was sent on the days of epoch hours ``first`` to ``last``, which are whole days."""
        hours: dict[int, list[int]] = {}
        ends = [(f"{kind}{hour_text(first)}", f"{kind}{hour_text(last)}") for kind in (VOLUME, OUTCOMES)]
        volumes = self.between(*ends[0], totals=True)
        for item in logged.merged(volumes, first, last) if logged is not None else of_hours(volumes, first, last):
            bucket = hours.setdefault(hour_in(item), [0] * _COLUMNS)
            for column, letter in enumerate(LETTERS):
                bucket[column] += int(item[letter]["N"]) if letter in item else 0
        for item in self.between(*ends[1]):
            bucket = hours.setdefault(hour_in(item), [0] * _COLUMNS)
            for name, value in item.items():
                if name[3:4] == "#" and name[0] in (BOUNCES, COMPLAINTS):
                    bucket[BOUNCED if name[0] == BOUNCES else COMPLAINED] += int(value["N"])
        days: dict[int, MailCounts] = {}
        for hour, bucket in hours.items():
            counts = MailCounts(volume_of(bucket), bucket[BOUNCED], bucket[COMPLAINED])
            days[hour // _HOURS] = days.get(hour // _HOURS, MailCounts()).plus(counts)
        return days

    def between(self, first: str, last: str, *, totals: bool = False) -> list[Item]:
        """Read the items with sort keys from ``first`` to ``last``. Raises AwsError."""
        request = between(self._table, self._stream, first, last, consistent=self._consistent)
        if totals:
            request["ProjectionExpression"] = _TOTALS
            request["ExpressionAttributeNames"] |= _TOTAL_NAMES
        return query_all(self._client, request)
