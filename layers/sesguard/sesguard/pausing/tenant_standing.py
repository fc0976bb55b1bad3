"""How the streams of a tenant stand together, as it is on record between two weighings. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec

PAUSES_AT: Final = 1.0
AT_RISK: Final = 0.5
"""Risk from which on a tenant is weighed as often as anything comes in."""
CALM: Final = 0.25
"""Risk under which a tenant is taken to do well."""
REMEMBERED: Final = timedelta(days=31)
"""For which what was found of a tenant says something of it: as long as mail weighs."""
STREAMS_A_MINUTE: Final = 20
"""Of one tenant, whose counts are read on average: what bounds the reads that its bounces bring about."""
MOST_TOGETHER: Final = 200
"""Streams that are read at one look, some 1,000 calls; of a tenant of more so many at a time, thrown together anew."""
ALONE_FOR: Final = timedelta(hours=6)
"""For which a tenant of one stream is believed to have no more."""


class TenantStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a tenant stood at ``at``.

    streams: of its, that were weighed together or, where there is one alone, none. volume: mails of a month that weigh.
    risk: of the worst of what was weighed, and its sentence. room_*: so many more, of no more mail, change nothing.
    established: mails of a month of those streams that are not new (older versions do not say).
    """

    at: datetime
    streams: int = 0
    volume: int = 0
    risk: float = 0.0
    room_bounces: int = 0
    room_complaints: int = 0
    sentence: str = ""
    established: int = 0

    def past(self, now: datetime) -> int:
        """Mails whose credit a new stream of the tenant is given: none while there is any doubt of the tenant."""
        return self.established if self.risk < CALM and now - self.at <= REMEMBERED else 0

    @property
    def alone(self) -> bool:
        """Whether there is nothing to weigh together."""
        return self.streams < 2

    def exceeded_by(self, bounces: int, complaints: int, now: datetime) -> bool:
        """Whether what came in since may change how the tenant stands."""
        if self.alone:
            return now - self.at >= ALONE_FOR
        return bounces > self.room_bounces or complaints > self.room_complaints


class TenantDue(NamedTuple):
    """A tenant that has to be weighed: since when, what came in since it was weighed last, and how it stood then.

    marks: how often it was said to be due.
    """

    tenant: str
    since: datetime
    marks: int
    bounces: int
    complaints: int
    before: TenantStanding | None

    def has_turn(self, now: datetime) -> bool:
        """Whether it is weighed now: at once where it is at risk, else the rarer the more streams have to be read."""
        before = self.before
        if before is None or before.alone or before.risk >= AT_RISK:
            return True
        return now - before.at >= timedelta(minutes=min(before.streams, MOST_TOGETHER) / STREAMS_A_MINUTE)
