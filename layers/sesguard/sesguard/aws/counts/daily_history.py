"""What each stream sent on each day, for longer than its counts are there: one small item a stream and month.

Sort key ``days#2026-09``; of each day ``v07`` recipients, ``b07`` hard bounces, ``c07`` complaints, and ``t07``, how
often the day had been touched when it was counted (see :mod:`sesguard.aws.counts.cohorts`). A day is put on record once
nothing but what is late can join it, and is counted anew whenever it has been touched since: so what is late corrects
it, for as long as the day's counts are there. A day of nothing stands there as
nothing; one that is missing was never counted.

Beside the account's unattributed mail lies ``days#since``: ``day``, the first epoch day that is on record of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, NamedTuple

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.cohorts import KEPT_DAYS
from sesguard.aws.counts.day_counts import StreamDays
from sesguard.aws.counts.rollups import UNTOUCHED
from sesguard.costs.day_counts import DAYS_A_TURN
from sesguard.costs.month import Month, date_of
from sesguard.costs.usage import MailCounts
from sesguard.detection.breakdown import DAY
from sesguard.detection.rows import boundaries
from sesguard.stream import StreamId

DAYS: Final = "days#"
SINCE: Final = "days#since"
_LETTERS: Final = "vbct"
_SECONDS_A_DAY: Final = 86_400


class RecordedDay(NamedTuple):
    """What a day came to, and how often it had been touched when it was counted."""

    counts: MailCounts
    touched: str


def counted_from(now: datetime) -> int:
    """The first epoch day whose counts are all there still."""
    return int(now.timestamp()) // _SECONDS_A_DAY - KEPT_DAYS + 1


def recorded(reader: StreamDays, days: range) -> dict[int, RecordedDay]:
    """Read what is on record of epoch ``days``; those that were never counted are left out. Raises AwsError."""
    if not days:
        return {}
    found: dict[int, RecordedDay] = {}
    for item in reader.between(f"{DAYS}{Month.of_day(days[0])}", f"{DAYS}{Month.of_day(days[-1])}"):
        for day in Month.parse(item["cohort"]["S"][len(DAYS) :]).days:
            names = [f"{letter}{date_of(day).day:02}" for letter in _LETTERS]
            if day in days and names[0] in item:
                *counts, touched = (item[name]["N"] for name in names)
                found[day] = RecordedDay(MailCounts(*map(int, counts)), touched)
    return found


def history_since(client: DynamoDBClient, table: str, home: StreamId) -> int | None:
    """Read from which epoch day on days are put on record; None where none was yet. Raises AwsError."""
    items = StreamDays(client, table, home).between(SINCE, SINCE)
    return int(items[0]["day"]["N"]) if items else None


class DynamoDailyHistory:
    """The port ``DailyHistoryStore`` over DynamoDB.

    home: the account and region, as a stream without a set. kept_days: how long a day stays, at least.
    """

    ACTIONS: ClassVar = frozenset({"dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:PutItem"})

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId, kept_days: int) -> None:
        self._client = client
        self._table = table
        self._home = home
        self._kept_days = kept_days
        self._begun = False

    def keep(self, stream: StreamId, now: datetime) -> int:
        days = range(counted_from(now), boundaries(int(now.timestamp()) // 60)[1] // DAY)
        reader = StreamDays(self._client, self._table, stream, consistent=True)
        # First, before anything is counted: whatever touches a day in between is found at the next turn.
        settled = reader.settled(days)
        now_touched = {day: settled.touched.get(day, UNTOUCHED) for day in days}
        before = {day: it for day, it in recorded(reader, days).items() if it.touched == now_touched[day]}
        known = {**{day: it.counts for day, it in before.items()}, **settled.held}
        found = known | reader.counted(days, known)
        months: dict[Month, dict[str, int]] = {}
        wanted = [day for day in days if day not in before]
        for day in wanted:
            counts, touched = found.get(day, MailCounts()), int(now_touched[day])
            months.setdefault(Month.of_day(day), {}).update(_attributes(day, counts, touched))
        for month, attributes in months.items():
            self._write(stream, month, attributes)
        self._begin(days.start)
        return len(wanted)

    def _write(self, stream: StreamId, month: Month, attributes: Mapping[str, int]) -> None:
        with calling("UpdateItem"):
            self._client.update_item(
                TableName=self._table,
                Key={"stream": {"S": str(stream)}, "cohort": {"S": f"{DAYS}{month}"}},
                UpdateExpression=f"SET expires = :expires, {', '.join(f'{name} = :{name}' for name in attributes)}",
                ExpressionAttributeValues={
                    ":expires": {"N": str((month.days.stop + self._kept_days) * _SECONDS_A_DAY)},
                    **{f":{name}": {"N": str(number)} for name, number in attributes.items()},
                },
            )

    def _begin(self, first: int) -> None:
        """Put on record, once and for all, from which day on this is kept.

        A stream's turn may come up to a week after the first one's, when so many days less are there.
        """
        if self._begun:
            return
        item = {"stream": {"S": str(self._home)}, "cohort": {"S": SINCE}, "day": {"N": str(first + DAYS_A_TURN)}}
        new = "attribute_not_exists(cohort)"
        write_if("PutItem", self._client.put_item, TableName=self._table, Item=item, ConditionExpression=new)
        self._begun = True


def _attributes(day: int, counts: MailCounts, touched: int) -> dict[str, int]:
    number = f"{date_of(day).day:02}"
    numbers = (int(counts.volume), int(counts.bounces), int(counts.complaints), touched)
    return {f"{letter}{number}": it for letter, it in zip(_LETTERS, numbers, strict=True)}
