"""How many bad outcomes a stream without any evidence can take before it has some: what spares a look at it."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.maturity import mature_share
from sesguard.detection.rows import HOUR, boundaries
from sesguard.detection.volume import judge
from sesguard.detection.weigh import ALL_BOUNCED, BOUNCED, COMPLAINED, START, VOLUME, credit_for_complaints
from sesguard.policy import Limits

_ROUNDING = 1e-6


class Headroom(NamedTuple):
    """So many more bounces and complaints leave the risk at exactly 0, as long as ``reach`` stays what it is.

    A run has evidence once its bad outcomes are over limit × (mails + credit). Each further outcome adds at most one to
    any run, whatever the clump rule makes of it; further mail only adds room; mail that ages weighs more; and a run
    that begins later has all the room of an empty one. The least credit counts, since it fades as a rate rises, and
    with it runs of days have the room of any run. Only when buckets merge, which they do as ``reach`` moves, can a run
    lose mails.
    """

    reach: tuple[int, int, int]
    bounces: float
    complaints: float


def headroom(history: History, limits: Limits, now: int) -> Headroom:
    """Measure ``history``, which has been found without evidence under ``limits`` at epoch minute ``now``."""
    reach = minutes_from, hours_from, _ = boundaries(now)
    bounces = least_bounces = limits.credit_bounce * limits.bounce
    lasting = limits.credit_bounce * limits.lasting_rate
    complaints = least_complaints = credit_for_complaints(limits, history.weighed_volume(now)) * limits.complaint
    whole, by_day = history.reporting_shares()
    rows, unknown = judge(history.rows(now), hours_from)
    if unknown is not None:  # volume that is published later may bring what was left out
        return Headroom(reach, 0.0, 0.0)
    limit, lasting_rate = limits.bounce, limits.lasting_rate
    for row in rows:
        volume, every = row[VOLUME], row[ALL_BOUNCED]
        bounces += (volume - every + row[BOUNCED]) * limit - row[BOUNCED]
        lasting += volume * lasting_rate - every
        if every:  # a row without any only adds room
            least_bounces = min(least_bounces, bounces, lasting) if limits.long_days else min(least_bounces, bounces)
    complained = [number for number, row in enumerate(rows) if row[COMPLAINED]]
    for row in rows[: complained[-1] + 1] if complained else ():
        start = row[START]
        middle = 0 if start >= minutes_from else HOUR // 2 if start >= hours_from else DAY // 2
        share = by_day.get(start // DAY, whole)
        mature = share * row[VOLUME] * mature_share(max(0, now - start - middle), limits.maturity)
        complaints += mature * limits.complaint - row[COMPLAINED]
        least_complaints = min(least_complaints, complaints)
    return Headroom(reach, least_bounces - _ROUNDING, least_complaints - _ROUNDING)
