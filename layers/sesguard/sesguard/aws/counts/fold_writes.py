"""Writing what a fold comes to: in one order, so that whoever goes on with it knows where, and each write once.

Each is made on condition that the fold was not added there before. What never heals is left out and logged: it must not
keep everybody else's volume from being folded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.carried import StreamHours
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import VOLUME, expiry, hour_text, touched
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, BLOCK_HOURS, block_of, in_block
from sesguard.aws.counts.taken_marks import TakenInMonth, kept_request, taken_of, taken_request
from sesguard.aws.counts.volume_log import FOLDED
from sesguard.aws.counts.volume_writes import touch
from sesguard.errors import AwsError
from sesguard.pausing.ports import Parallel
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:UpdateItem"})
SMALL: Final = 3_000
"""Characters of an expression that adds a small stream's block of hours, at most: 270 minutes. It may have 4 KB.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html"""
AT_ONCE: Final = 256
"""Hours of streams that are written before it is asked again whether there is time."""
_EACH: Final = len("k3 :fff, ")  # of an expression, beside an attribute's name
_NOWHERE: Final = " "  # before every place
_AFTER_HOURS: Final = "~"  # sorts after all that a configuration set's name may begin with

_log = logging.getLogger(__name__)

Streams = dict[str, dict[int, dict[str, int]]]
"""By configuration set and epoch hour: attribute -> what is added to it."""


class Addition(NamedTuple):
    """One write of a fold. place: where it comes in the order of the fold."""

    place: str
    add: Callable[[], None]


class FoldWrites:
    """Writes what the folds of one log come to."""

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId, parallel: Parallel) -> None:
        self._client = client
        self._table = table
        self._home = home
        self._parallel = parallel

    def write(self, additions: Iterable[Addition], reached: str, left: Callable[[], bool]) -> tuple[int, str]:
        """Make those behind ``reached``; how many hours were written, and up to where if there was no time for all.

        Raises AwsError.
        """
        work = [it for it in additions if it.place > reached]
        work.sort(key=lambda it: it.place)
        hours = sum(it.place < _AFTER_HOURS for it in work)
        for begin in range(0, len(work), AT_ONCE):
            if not left():
                return min(begin, hours), reached or _NOWHERE
            some = work[begin : begin + AT_ONCE]
            self._parallel.each(lambda it: it.add(), some)
            reached = some[-1].place
        return hours, ""

    def additions(
        self, items: Sequence[Item], streams: Streams, carried: Container[str], fold: int, now: datetime
    ) -> Iterator[Addition]:
        """All that is to be added: to hours, then to what domains took, then since when that is kept."""
        for name, hours in streams.items():
            stream = self._home._replace(configuration_set=name)
            # What was carried was read all the time: nobody has rolled up its hours without it.
            minute = int((now - timedelta(hours=BLOCK_HOURS) if name in carried else now).timestamp()) // 60
            together = name in carried and length_of(hours) < SMALL
            for hour, request in self._requests(stream, hours, fold, together=together):
                touches = [touch(self._table, stream, key, at // 24) for at in hours for key in touched(at, minute)]
                yield Addition(_place(name, hour), partial(self._add_to_hour, request, touches, stream, hour))
        taken, kept = taken_of(items, fold)
        for mark in taken:
            yield Addition(f"{_AFTER_HOURS}{mark.place}", partial(self._add_taken, mark, fold))
        for month, days in kept.items():
            request = kept_request(self._table, self._home, month, days)
            yield Addition(f"{_AFTER_HOURS * 2}{month}", partial(self._update, request))

    def _requests(
        self, stream: StreamId, hours: StreamHours, fold: int, *, together: bool
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        """The requests that add to a stream's hours: one of each hour, or of each block of them."""
        if not together:
            for hour, sums in hours.items():
                yield hour, fold_request(self._table, stream, hour, sums, fold)
            return
        blocks: dict[int, dict[str, int]] = {}
        for hour, sums in hours.items():
            blocks.setdefault(block_of(hour), {}).update({in_block(name, hour): n for name, n in sums.items()})
        for first, sums in blocks.items():
            yield first, fold_request(self._table, stream, first, sums, fold, mark=BLOCK_FOLDED)

    def _add_to_hour(
        self, request: dict[str, Any], touches: Iterable[dict[str, Any]], stream: StreamId, hour: int
    ) -> None:
        try:
            write_if("UpdateItem", self._client.update_item, **request)
        except AwsError as error:
            if error.code != "ValidationException":
                raise
            # Never heals, and must not keep everybody else's volume from being folded.
            _log.error("volume of %s in hour %s is not counted: %s", stream, hour_text(hour), error)
            return
        # Also where it had been added: who did so may have died before this.
        for rolled_up in touches:
            self._update(rolled_up)

    def _add_taken(self, mark: TakenInMonth, fold: int) -> None:
        request = taken_request(self._table, self._home, mark, fold)
        try:
            write_if("UpdateItem", self._client.update_item, **request)
        except AwsError as error:
            if error.code != "ValidationException":
                raise
            _log.error("what %s took of %s is not counted: %s", mark.domain, mark.configuration_set, error)

    def _update(self, request: dict[str, Any]) -> None:
        with calling("UpdateItem"):
            self._client.update_item(**request)


def fold_request(
    table: str, stream: StreamId, hour: int, sums: Mapping[str, int], fold: int, mark: str = FOLDED
) -> dict[str, Any]:
    """The request that adds to a stream's hour what a fold of that number brings, unless it did so already.

    mark: the attribute that says by which fold it was added to.
    """
    # Short names of values: with all minutes of all columns and all providers it is just under 4 KB.
    adds = ", ".join(f"{name} :{number:x}" for number, name in enumerate(sums))
    return {
        "TableName": table,
        "Key": {"stream": {"S": str(stream)}, "cohort": {"S": VOLUME + hour_text(hour)}},
        "UpdateExpression": f"ADD {adds} SET expires = :x, {mark} = :fold",
        "ConditionExpression": f"attribute_not_exists({mark}) OR {mark} < :fold",
        "ExpressionAttributeValues": {
            **{f":{number:x}": {"N": str(count)} for number, count in enumerate(sums.values())},
            ":x": expiry(hour // 24),
            ":fold": {"N": str(fold)},
        },
    }


def _place(name: str, hour: int) -> str:
    """Where a stream's hour comes in the order of a fold."""
    return f"{name}/{hour}"


def length_of(hours: StreamHours) -> int:
    """Characters of the expression that adds hours to their block."""
    return sum(len(name) + _EACH for sums in hours.values() for name in sums)
