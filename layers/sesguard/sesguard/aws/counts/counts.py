"""Reading a stream's history: recent hours as they lie, older days from what is settled of them.

A day that only weighs as a whole is read by its hours once, then kept as three numbers. Whatever comes later for it
touches what is settled, and the next reader settles it again. No reader can keep numbers in which something is missing:
a late outcome touches within its own transaction, late volume right after it is added, and what was found is kept only
if nothing touched the day since before it was looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.aws.counts.cohort_items import Item, fill_outcomes, fill_totals, fill_volume, hour_in
from sesguard.aws.counts.cohorts import LETTERS, OUTCOMES, SETTLED, VOLUME, day_text, hour_text
from sesguard.aws.counts.daily_rollups import (
    EMPTY,
    UNTOUCHED,
    DailyRollup,
    day_gaps,
    new_history,
    roll_up,
    rollup_from,
    sums,
)
from sesguard.aws.query import query_all
from sesguard.detection.breakdown import DAY
from sesguard.detection.history import HOUR, DayTotals, History, boundaries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.policy import Policy
    from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query", "dynamodb:PutItem"})
_HOURS = DAY // HOUR
_END = "~"  # sorts after every time
_TOTALS = ", ".join(["cohort", *(f"#{letter}" for letter in LETTERS)])
_TOTAL_NAMES = {f"#{letter}": letter for letter in LETTERS}


class DynamoCounts:
    """The port ``Counts`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def history(self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy) -> History:
        start = int(since.timestamp()) // 60 if since is not None else 0
        minutes_from, hours_from, days_from = boundaries(int(now.timestamp()) // 60)
        reading = _Reading(self._client, self._table, str(stream), policy, new_history(start, policy))
        reading.read(days_from // DAY, hours_from // DAY, minutes_from // HOUR)
        return reading.history


class _Reading(NamedTuple):
    """One history being read."""

    client: DynamoDBClient
    table: str
    stream: str
    policy: Policy
    history: History

    def read(self, first: int, recent: int, by_minute: int) -> None:
        """Fill the history in from epoch day ``first`` on: by hours from day ``recent``, by minutes from an epoch hour.

        What is not settled of the days before ``recent`` is settled. The last of them are read together with the recent
        hours, as there is mostly nothing but yesterday to roll_up, or a stream is too new for anything to be settled.
        """
        settled = self._settled(first, recent)
        wholes = {day: kept.whole for day, kept in settled.items() if kept.holds}
        gaps = list(day_gaps(first, recent, wholes))
        last = gaps.pop()[0] if gaps and gaps[-1][1] == recent else recent
        volumes = self._query(VOLUME, last * _HOURS, by_minute - 1, totals=True)
        outcomes = self._query(OUTCOMES, last * _HOURS, None)
        older = self._fill_recent(volumes, outcomes, recent * _HOURS, by_minute)
        for begin, end in gaps:
            older[0].extend(self._query(VOLUME, begin * _HOURS, end * _HOURS - 1, totals=True))
            older[1].extend(self._query(OUTCOMES, begin * _HOURS, end * _HOURS - 1))
        wholes |= self._settle(first, recent, sums(*older, self.policy), settled)
        self._fill_older(wholes)

    def _fill_recent(
        self, volumes: list[Item], outcomes: list[Item], first: int, by_minute: int
    ) -> tuple[list[Item], list[Item]]:
        """Fill in epoch hours from ``first`` on, those from ``by_minute`` on by the minute. Returns what is older."""
        history = self.history
        partly = history.since // HOUR if history.since % HOUR else None
        fill_totals(history, (item for item in volumes if hour_in(item) >= first and hour_in(item) != partly))
        if partly is not None and first <= partly < by_minute:
            fill_volume(history, self._query(VOLUME, partly, partly))
        fill_volume(history, self._query(VOLUME, by_minute, None))
        fill_outcomes(history, (item for item in outcomes if hour_in(item) >= first))
        older = ([item for item in items if hour_in(item) < first] for items in (volumes, outcomes))
        return next(older), next(older)

    def _fill_older(self, wholes: Mapping[int, DayTotals]) -> None:
        """Fill in whole days. Of the day of the last resume only a part weighs, so it is read by the minute."""
        history = self.history
        partly = history.since // DAY if history.since % DAY else None
        for day, whole in wholes.items():
            if day == partly:
                hours = day * _HOURS, (day + 1) * _HOURS - 1
                fill_volume(history, self._query(VOLUME, *hours))
                fill_outcomes(history, self._query(OUTCOMES, *hours))
            elif whole != EMPTY and day * DAY >= history.since:
                history.add_day(day, whole)

    def _settled(self, first: int, end: int) -> dict[int, DailyRollup]:
        """What is on record of the epoch days from ``first`` until before ``end``."""
        items = self._between(f"{SETTLED}{day_text(first)}", f"{SETTLED}{day_text(end - 1)}")
        return dict(rollup_from(item, self.policy) for item in items)

    def _settle(
        self, first: int, end: int, found: Mapping[int, DayTotals], settled: Mapping[int, DailyRollup]
    ) -> dict[int, DayTotals]:
        """Put on record what each day that is not settled came to, which is as ``found``, or nothing."""
        # Days before a stream's first mail stay unsettled: reading that they are empty costs less than 27 writes.
        known = max(first, min([*found, *settled], default=end))
        days = (day for day in range(known, end) if day not in settled or not settled[day].holds)
        wholes = {day: found.get(day, EMPTY) for day in days}
        for day, whole in wholes.items():
            touched = settled[day].touched if day in settled else UNTOUCHED
            try:
                self.client.put_item(**roll_up(self.table, self.stream, day, whole, touched, self.policy))
            except (ClientError, BotoCoreError) as error:
                failed = aws_error("PutItem", error)
                # A writer touched the day meanwhile. These numbers are what was there when they were read.
                if failed.code != "ConditionalCheckFailedException":
                    raise failed from error
        return wholes

    def _query(self, kind: str, first: int, last: int | None, *, totals: bool = False) -> list[Item]:
        """The items of epoch hours ``first`` to ``last``, or all from ``first`` on; of volume perhaps just totals."""
        end = hour_text(last) if last is not None else _END
        return self._between(f"{kind}{hour_text(first)}", f"{kind}{end}", totals=totals)

    def _between(self, first: str, last: str, *, totals: bool = False) -> list[Item]:
        """The items with sort keys from ``first`` to ``last``, consistently read. Raises AwsError."""
        request: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "#stream = :stream AND cohort BETWEEN :first AND :last",
            "ExpressionAttributeNames": {"#stream": "stream"},
            "ExpressionAttributeValues": {
                ":stream": {"S": self.stream},
                ":first": {"S": first},
                ":last": {"S": last},
            },
            "ConsistentRead": True,
        }
        if totals:  # parsing every minute of every hour would take most of a weighing's time
            request["ProjectionExpression"] = _TOTALS
            request["ExpressionAttributeNames"] |= _TOTAL_NAMES
        return query_all(self.client, request)
