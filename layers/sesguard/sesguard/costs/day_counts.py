"""What streams sent on each day of some time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from sesguard.costs.usage import MailCounts
from sesguard.stream import StreamId

DAYS_A_TURN: Final = 7
"""After which a stream's days are put on record, those that are over: see :mod:`sesguard.fleet.daily_history`."""

DayCounts = Mapping[int, MailCounts]
"""By epoch day of sending; a day of nothing is left out."""


class DaysRead(NamedTuple):
    """What each stream sent, those that sent nothing left out; unknown: epoch days of which nothing is known."""

    streams: Mapping[StreamId, DayCounts]
    unknown: tuple[int, ...]
