"""Mail that is deferred as not authenticated: it counts for nothing, and is a reason to look at the stream's domains.

SES files refusals for want of authentication as Permanent and as Transient, as receivers answer 5.7.26 or 4.7.26. The
first weigh, and posture hears of them with the warning or the pause. Of the others it hears here, once they are many.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sesguard.detection.ports import Counts
from sesguard.errors import SesguardError
from sesguard.ingest.ports import DeferralCounter, DomainLooks
from sesguard.pausing.ports import Streams
from sesguard.stream import StreamId

MANY: Final = 10
"""Recipients within an hour, from which on it is looked whether they are a surge; and at each doubling of that."""
SHARE: Final = 0.05
"""Of the volume of the last two hours that makes a surge: where SES reviews an account for bounces, too."""
_WITHIN_MINUTES: Final = 120

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferrals:
    """What noting them needs."""

    counter: DeferralCounter
    counts: Counts
    streams: Streams
    looks: DomainLooks


def note_deferrals(deps: Deferrals, deferred: Mapping[StreamId, int], now: datetime) -> list[StreamId]:
    """Count a batch's deferred recipients by stream; have the domains of those looked at whose mail is deferred so.

    Gives these streams. Raises nothing: a batch must not come again for what weighs nothing.
    """
    asked = []
    for stream, count in deferred.items():
        try:
            if _surges(deps, stream, count, now):
                deps.looks.ask(stream, deps.streams.load(stream).tenant, now)
                asked.append(stream)
        except SesguardError as error:
            _log.warning("deferrals of %s: %s", stream, error)
    return asked


def _surges(deps: Deferrals, stream: StreamId, count: int, now: datetime) -> bool:
    total = deps.counter.add(stream, count, now)
    if not _passes(total - count, total):
        return False
    policy = deps.streams.load(stream).policy
    minute = int(now.timestamp()) // 60
    rows = deps.counts.history(stream, now, None, policy, names=False).rows(minute)
    volume = sum(row[1] for row in rows if row[0] > minute - _WITHIN_MINUTES)
    return total >= SHARE * volume


def _passes(before: int, total: int) -> bool:
    """Whether MANY, or a doubling of it, lies between the two."""
    mark = MANY
    while mark <= before:
        mark *= 2
    return mark <= total
