"""What streams sent on each day of some time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sesguard.costs.usage import MailCounts
from sesguard.stream import StreamId

DayCounts = Mapping[int, MailCounts]
"""By epoch day of sending; a day of nothing is left out."""


class DaysRead(NamedTuple):
    """What each stream sent, those that sent nothing left out; unknown: epoch days of which nothing is known."""

    streams: Mapping[StreamId, DayCounts]
    unknown: tuple[int, ...]
