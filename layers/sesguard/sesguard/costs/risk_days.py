"""For how many days of a time each stream had an alarm because it was at risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

ALARM_STAYS: Final = timedelta(days=1)
"""After a stream is well again: its idle alarm goes after a day."""


class Episode(NamedTuple):
    """One incident of a stream in its text form. ended: None while it goes on."""

    stream: str
    began: datetime
    ended: datetime | None


def risk_days(episodes: Iterable[Episode], begin: datetime, end: datetime) -> Mapping[str, float]:
    """Days from ``begin`` until ``end`` that each stream's episodes cover, where they overlap once."""
    covered: dict[str, float] = {}
    reached: dict[str, datetime] = {}
    for episode in sorted(episodes, key=lambda it: (it.stream, it.began)):
        start = max(begin, episode.began, reached.get(episode.stream, begin))
        stop = min(end, episode.ended + ALARM_STAYS if episode.ended is not None else end)
        if start < stop:
            days = (stop - start) / timedelta(days=1)
            covered[episode.stream] = covered.get(episode.stream, 0.0) + days
            reached[episode.stream] = stop
    return covered
