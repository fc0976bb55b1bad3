"""The numbers of the look across streams, as measured in the detector study (2026-11)."""

from __future__ import annotations

from math import log
from typing import NamedTuple

from sesguard.detection.breakdown import DAY


class OutageRule(NamedTuple):
    """slot: minutes of sending that are set aside together; window: slots that are failing as it is declared.

    spans: minutes of sending in which hits are looked for: short ones see it first in much mail, long ones in little.

    witness_*: mails to the provider in the month before, and the bounce rate there at most. active: mails in a window.
    hit_*: bounces at least, evidence against the larger of ``floor`` and ``times`` the stream's own rate there.
    declare_*: hits at least, and their evidence against ``by_chance``; stay_*: hits, and their share of the active.
    suspect: hits' evidence at which pauses wait, for ``wait`` minutes at most. longest: minutes, then a person decides.
    deviations: by how much a stream may be worse than the median. late: minutes in which late bounces join.
    undo_*: minutes in which a pause is undone, and the risk it must have fallen under.
    """

    slot: int = 10
    window: int = 3
    spans: tuple[int, ...] = (2, 5, 10, 30)
    witness_mails: int = 200
    witness_rate: float = 0.03
    active: int = 5
    hit_bounces: int = 3
    hit_bound: float = log(20)
    hit_credit: int = 5
    floor: float = 0.05
    times: float = 3.0
    others_credit: int = 10
    declare_hits: int = 4
    declare_bound: float = log(1e4)
    by_chance: float = 0.05
    stay_hits: int = 3
    stay_share: float = 0.2
    suspect_hits: int = 3
    suspect_bound: float = log(10)
    wait: int = 4
    longest: int = DAY
    least_others: int = 3
    deviations: float = 3.0
    late: int = 180
    undo_within: int = 90
    undo_below: float = 0.5
