"""Some days of looks at some streams before the day that is lived through: what rolling up writes, what looks read.

A look settles a day if it is the first since that was old enough, and rolls up hours once those before have left enough
of them. How often that is, and how much is left to be read by the minute, only shows over whole days after some others,
which repeat from then on. Of a stream that is looked at often some looks stand for all.

Volume is in its items at once here: what a look reads of the log is counted where the day is lived through.
"""

from __future__ import annotations

import math
import random
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bench.metered import COUNTS, ROLLUPS, MeteredDynamoDB
from bench.past import Past
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.detection.breakdown import DAY
from sesguard.detection.look import look_at
from sesguard.detection.rows import DAYS_KEPT, HOUR, HOURS_KEPT, boundaries
from sesguard.policy import Policy
from sesguard.stream import StreamId

_DAYS: Final = 4
_LOOKS: Final = 600
_MOST_A_DAY: Final = 48.0
_FEWEST_BEFORE: Final = 10
"""Looks at a stream before those that count: so what was rolled up by then is as it stays."""
_A_DAY: Final = timedelta(days=1)


class LookedDays(NamedTuple):
    """What looks came to. reads: units of the stream's counts, of one look.

    Of a stream and day: rollups, their units; stored: their bytes; calls: those beside what each look makes.
    """

    reads: float
    rollups: float
    stored: float
    calls: float


def look_for_days(past: Past, streams: list[StreamId], looks_a_day: float, end: datetime) -> LookedDays:
    """Look at some of ``streams``, each so many times a day by chance, for some UTC days until ``end``."""
    chance, often = random.Random(13), min(looks_a_day, _MOST_A_DAY)
    before = min(max(HOURS_KEPT // DAY + 2, math.ceil(_FEWEST_BEFORE / often)), DAYS_KEPT // DAY)
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    counted_from = midnight - _DAYS * _A_DAY
    begin = counted_from - before * _A_DAY
    store = MeteredDynamoDB(int(midnight.timestamp()) // 3600, past)
    store.rolled_up = 0, boundaries(_minute(begin))[1] // DAY
    counts, policy = DynamoCounts(store, "cohorts"), Policy()  # type: ignore[arg-type]  # stands in for the client
    some = streams[: math.ceil(_LOOKS / often / _DAYS)]
    times = sorted(
        (begin + chance.random() * (midnight - begin), stream)
        for stream in some
        for _ in range(round(often * (before + _DAYS)))
    )
    stored = 0
    calls: list[int] = []
    for at, stream in times:
        if at >= counted_from and not calls:
            stored = store.stored_bytes
            store.forget_what_was_metered()
        past.until = _minute(at)
        before_it = store.calls.total()
        look_at(counts, stream, at, None, policy, policy.limits(probation=False))
        if at >= counted_from:
            calls.append(store.calls.total() - before_it)
    past.until = None
    stream_days = len(some) * _DAYS
    return LookedDays(
        store.read_units[COUNTS] / len(calls),
        store.write_units[ROLLUPS] / stream_days,
        (store.stored_bytes - stored) / stream_days,
        (sum(calls) - len(calls) * min(calls)) / stream_days,
    )


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // HOUR
