"""What a stream sent within a day, hour by hour, and what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

from sesguard.account.sums import Sums

HOURS: Final = 25
"""The last 24 full hours and the one that goes on."""


class HourCounts(NamedTuple):
    """Counts by the hour of sending; as SES counts them, no clumps forgiven.

    last: the epoch hour of the newest of ``volumes``, of which there are HOURS, oldest first. bounces, complaints,
    unreported (see Sums): of all those hours. at: when they were counted.
    """

    last: int
    volumes: tuple[int, ...]
    bounces: int
    complaints: int
    unreported: int
    at: datetime

    @property
    def sums(self) -> Sums:
        return Sums(sum(self.volumes), self.bounces, self.complaints, self.unreported)

    def ending(self, hour: int) -> tuple[int, ...]:
        """The volumes of the HOURS up to epoch ``hour``: what passed since they were counted is 0."""
        passed = min(HOURS, max(0, hour - self.last))
        return (*self.volumes[passed:], *(0,) * passed)


def hour_at(now: datetime) -> int:
    """The epoch hour of a time."""
    return int(now.timestamp()) // 3600


def time_at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
