"""How many bad outcomes a stream without any evidence can take before it has some: what spares a look at it."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.detection.history import History, boundaries
from sesguard.detection.weigh import BOUNCES, COLUMN, COMPLAINTS, VOLUME, credits_of
from sesguard.policy import Limits

_ROUNDING = 1e-6


class Headroom(NamedTuple):
    """So many more bounces and complaints leave the risk at exactly 0, as long as ``reach`` stays what it is.

    A run has evidence once its bad outcomes are over limit × (mails + credit). Each further outcome adds at most one to
    any run, whatever the clump rule makes of it; further mail only adds room; and a run that begins later has all the
    room of an empty one. Only when buckets merge, which they do as ``reach`` moves, can a run lose mails: volume is the
    larger of sends and deliveries, and the larger of two sums is less than the sum of the larger ones.
    """

    reach: tuple[int, int, int]
    bounces: float
    complaints: float


def headroom(history: History, limits: Limits, now: int) -> Headroom:
    """Measure ``history``, which has been found without evidence under ``limits`` at epoch minute ``now``."""
    rows = history.rows(now)
    rooms = []
    for kind, limit, credit in zip(
        (BOUNCES, COMPLAINTS), (limits.bounce, limits.complaint), credits_of(history, limits, now), strict=True
    ):
        column, room = COLUMN[kind], credit * limit
        least = room
        for row in rows:
            room += row[VOLUME] * limit - row[column]
            least = min(least, room)
        rooms.append(least - _ROUNDING)
    return Headroom(boundaries(now), *rooms)
