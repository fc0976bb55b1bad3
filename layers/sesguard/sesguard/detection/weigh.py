"""Weigh a stream: over all runs of its most recent mail, how bad is the worst."""

from __future__ import annotations

from math import exp, sqrt
from typing import NamedTuple

from sesguard.detection.evidence import evidence
from sesguard.detection.history import History, Row
from sesguard.policy import Limits


class WeighedRun(NamedTuple):
    """The worst run of one kind: all mail sent from epoch minute ``start`` until ``end``.

    volume: recipients sent to, without the credit; bad: bad outcomes that count; limit: a fraction;
    credit: mails added before weighing; evidence: natural logarithm, see :func:`sesguard.detection.evidence.evidence`.
    """

    kind: str
    start: int
    end: int
    volume: int
    bad: int
    limit: float
    credit: float
    evidence: float

    @property
    def rate(self) -> float:
        """Bad outcomes per mail, at most 1: outcomes can come in before the volume they belong to."""
        return min(1.0, self.bad / self.volume) if self.volume else 1.0

    @property
    def chance(self) -> float:
        """How likely a run this bad is, at most, for a sender who is just at the limit."""
        return exp(-self.evidence)


class Verdict(NamedTuple):
    """How a stream stands at epoch minute ``at``.

    risk: 0 none, 1 enough to pause. bounces, complaints: the worst run of each kind, None where none is over its limit.
    volume: recipients sent to that weigh (since the last resume, at most a month).
    """

    at: int
    risk: float
    bounces: WeighedRun | None
    complaints: WeighedRun | None
    volume: int

    @property
    def worst(self) -> WeighedRun | None:
        """The run that the risk rests on."""
        if self.bounces is None or self.complaints is None:
            return self.bounces or self.complaints
        return max(self.bounces, self.complaints, key=lambda run: run.evidence)


BOUNCES, COMPLAINTS = "bounces", "complaints"
START, VOLUME = 0, 1
COLUMN = {BOUNCES: 2, COMPLAINTS: 3}
"""Where a Row has what."""


def weigh(history: History, limits: Limits, now: int) -> Verdict:
    """Weigh ``history`` at epoch minute ``now`` under ``limits``."""
    rows = history.rows(now)
    for_bounces, for_complaints = credits_of(history, limits, now)
    bounces = _worst(BOUNCES, rows, limits.bounce, for_bounces, now)
    complaints = _worst(COMPLAINTS, rows, limits.complaint, for_complaints, now)
    heaviest = max(run.evidence if run else 0.0 for run in (bounces, complaints))
    return Verdict(now, heaviest / limits.bound, bounces, complaints, history.weighed_volume())


def credits_of(history: History, limits: Limits, now: int) -> tuple[float, float]:
    """Mails that are added to every run, for bounces and for complaints."""
    extra = sqrt(history.month_volume(now)) if limits.grows else 0.0
    return (
        min(limits.credit_cap, limits.credit_bounce + extra),
        min(limits.credit_cap, limits.credit_complaint + extra),
    )


def _worst(kind: str, rows: list[Row], limit: float, credit: float, now: int) -> WeighedRun | None:
    """The run with the most evidence among all that end now, the shortest of equals."""
    column = COLUMN[kind]
    mails = bad = 0
    best, found = 0.0, None
    for row in rows:
        mails += row[VOLUME]
        count = row[column]
        bad += count
        # A row without bad outcomes only dilutes: no run that begins with it can be the worst.
        if count and bad > (mails + credit) * limit:
            weight = evidence(max(mails + credit, bad), bad, limit)
            if weight > best:
                best, found = weight, (row[START], mails, bad)
    if found is None:
        return None
    start, mails, bad = found
    return WeighedRun(kind, start, now + 1, mails, bad, limit, credit, best)
