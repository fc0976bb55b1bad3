"""In which order a sweep looks after streams, so that it is fair to all however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, zip_longest
from typing import Final

from sesguard.pausing.record import StreamRecord
from sesguard.stream import StreamId

# SES takes one control call a second for an account and region, and pauses must find room beside these looks:
# https://docs.aws.amazon.com/ses/latest/dg/quotas.html. With more streams than that they take turns.
LOOKS: Final = 15


def begin_behind(start: str, streams: list[StreamId]) -> list[StreamId]:
    """Begin behind the stream of key ``start``, so that nobody is always last when there is not time for all."""
    first = next((place for place, stream in enumerate(streams) if str(stream) > start), 0) if start else 0
    return streams[first:] + streams[:first]


def every_other_due(records: Sequence[StreamRecord], now: datetime) -> list[StreamRecord]:
    """Take every other from those whose pause is over: nobody else waits for more than twice as long."""
    due = [record for record in records if record.state.may_resume(now)]
    rest = [record for record in records if not record.state.may_resume(now)]
    mixed = chain.from_iterable(zip_longest(due, rest))
    return [record for record in mixed if record is not None]


def lots(records: Sequence[StreamRecord], size: int) -> Iterable[Sequence[StreamRecord]]:
    """Cut them into lots of at most ``size``, in their order."""
    return (records[first : first + size] for first in range(0, len(records), size))


def in_turn(streams: Sequence[StreamId], now: datetime) -> frozenset[StreamId]:
    """Choose whom to compare with SES in this minute: up to LOOKS streams of each account and region, by turns."""
    homes: dict[tuple[str, str], list[StreamId]] = {}
    for stream in sorted(streams):
        homes.setdefault(stream[:2], []).append(stream)
    minute = int(now.timestamp() // 60)
    return frozenset(home[(minute * LOOKS + n) % len(home)] for home in homes.values() for n in range(LOOKS))
