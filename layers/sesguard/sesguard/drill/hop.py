"""The hops of a drill: what has to happen, one after another, and within which time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Hop(StrEnum):
    """In the order of the flow. REFUSED and RESUMED are of a drill that enforces."""

    ACCEPTED = "accepted"
    COUNTED = "counted"
    WEIGHED = "weighed"
    ALARM = "alarm"
    DECIDED = "decided"
    BUS = "bus"
    NOTICE = "notice"
    REFUSED = "refused"
    RESUMED = "resumed"
    CLEARED = "cleared"


MEANS: Final[Mapping[Hop, str]] = {
    Hop.ACCEPTED: "SES has taken the mail",
    Hop.COUNTED: "all its bounces, and the complaint, are counted",
    Hop.WEIGHED: "the stream is on record as one at risk",
    Hop.ALARM: "its alarm is up",
    Hop.DECIDED: "the guard has decided on a pause",
    Hop.BUS: "the pause is published on the guard's bus",
    Hop.NOTICE: "the operator's topic has the notice",
    Hop.REFUSED: "SES refuses more mail",
    Hop.RESUMED: "at an operator's word SES takes mail again",
    Hop.CLEARED: "nothing of the drill is left",
}
BUDGET_SECONDS: Final[Mapping[Hop, float]] = {
    Hop.ACCEPTED: 60,
    Hop.COUNTED: 30,
    Hop.WEIGHED: 30,
    Hop.ALARM: 45,
    Hop.DECIDED: 60,
    Hop.BUS: 75,
    Hop.NOTICE: 90,
    Hop.REFUSED: 90,
    Hop.RESUMED: 30,
    Hop.CLEARED: 60,
}
"""From when all mail was sent; of accepted, resumed and cleared from their own beginning. There is room for several
batching windows of ingest, and for a sweep that does what was left undone: most take a few seconds.
"""


@dataclass(frozen=True, slots=True)
class HopResult:
    """What came of a hop. seconds: None where it did not happen. problem: "" for nothing."""

    hop: Hop
    budget: float
    seconds: float | None
    problem: str = ""

    @property
    def passed(self) -> bool:
        return self.seconds is not None and self.seconds <= self.budget and not self.problem
