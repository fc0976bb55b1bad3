"""Weigh a stream: over all runs of its most recent mail, how bad is the worst."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import exp, sqrt
from typing import Final, NamedTuple

from sesguard.detection.breakdown import DAY
from sesguard.detection.drift import Drift, drift
from sesguard.detection.evidence import BOUNCES, COMPLAINTS, evidence
from sesguard.detection.maturity import mature_share
from sesguard.detection.ports import WeighedMail
from sesguard.detection.reporting import ALL_REPORTING, ReportingShares
from sesguard.detection.rows import HOUR, Row, boundaries
from sesguard.detection.volume import Unknown, judge
from sesguard.policy import Limits

# Where a Row has what.
START: Final = 0
VOLUME: Final = 1
BOUNCED: Final = 2
COMPLAINED: Final = 3
ALL_BOUNCED: Final = 4


class RunRule(StrEnum):
    """By what a run was found.

    RECENT: a run of the most recent mail, with credit. DAYS: a run of whole days that is over the limit without its
    worst day too. LASTING: a run of days so bad, forgiven bounces among it, that no clump at one domain excuses it.
    """

    RECENT = "recent"
    DAYS = "days"
    LASTING = "lasting"


class WeighedRun(NamedTuple):
    """The worst run of one kind: all mail sent from epoch minute ``start`` until ``end``.

    volume: recipients sent to, without the credit, and of a recent run of bounces without those that were forgiven;
    bad: bad outcomes that count; limit: a fraction;
    credit: mails added before weighing; evidence: natural logarithm, see :func:`sesguard.detection.evidence.evidence`;
    bound: the evidence that makes risk 1; mature: the volume of which complaints can have come already; share: the part
    of the mail that goes to providers which send complaints back.
    """

    kind: str
    start: int
    end: int
    volume: float
    bad: float
    limit: float
    credit: float
    evidence: float
    bound: float
    rule: RunRule = RunRule.RECENT
    mature: float | None = None
    share: float = 1.0

    @property
    def risk(self) -> float:
        """0 none, 1 enough to pause."""
        return self.evidence / self.bound

    @property
    def rate(self) -> float:
        """Bad outcomes per mail, at most 1: outcomes can come in before the volume they belong to."""
        return min(1.0, self.bad / self.volume) if self.volume else 1.0

    @property
    def rate_of_reporting(self) -> float:
        """Complaints per mail to providers that send complaints back, as SES takes the rate; at most 1."""
        mails = self.volume * self.share
        return min(1.0, self.bad / mails) if mails else 1.0

    @property
    def chance(self) -> float:
        """How likely a run this bad is, at most, for a sender who is just at the limit."""
        return exp(-self.evidence)


class Verdict(NamedTuple):
    """How a stream stands at epoch minute ``at``.

    risk: 0 none, 1 enough to pause. bounces, complaints: the worst run of each kind, None where none is over its limit.
    volume: recipients sent to that weigh (since the last resume, at most a month).
    drift: how the stream has left its own normal, None where it has not: a ground to warn, never to pause.
    unknown: outcomes of mail whose volume was never published, None where there are none.
    """

    at: int
    risk: float
    bounces: WeighedRun | None
    complaints: WeighedRun | None
    volume: float
    drift: Drift | None = None
    unknown: Unknown | None = None

    @property
    def worst(self) -> WeighedRun | None:
        """The run that the risk rests on."""
        if self.bounces is None or self.complaints is None:
            return self.bounces or self.complaints
        return max(self.bounces, self.complaints, key=lambda run: run.risk)


def weigh(history: WeighedMail, limits: Limits, now: int, past: float = 0) -> Verdict:
    """Weigh ``history`` at epoch minute ``now`` under ``limits``.

    past: mails of a month of the tenant's other streams, which earn a new one its credit. What is weighed with it is
    weighed with theirs as well, as one (:mod:`sesguard.detection.together`), with one credit: nothing hides in it.
    """
    hours_from = boundaries(now)[1]
    rows, unknown = judge(history.rows(now), hours_from)
    volume, shares = history.weighed_volume(now), history.reporting_shares()
    earned = max(volume, past) if volume < limits.new_stream_mails else volume
    found = [worst_recent(rows, limits, earned, now)]
    changed = None
    if limits.long_days and any(row[ALL_BOUNCED] for row in rows):
        days = judge(history.days(now), now).rows
        found += [worst_days(days, limits, now), worst_lasting(days, limits, now)]
        changed = drift(days, limits.drift, now)
    bounces = max((run for run in found if run), key=lambda run: run.risk, default=None)
    complaints = worst_complaints(rows, limits, earned, now, shares)
    risk = max(run.risk if run else 0.0 for run in (bounces, complaints))
    return Verdict(now, risk, bounces, complaints, volume, changed, unknown)


def credit(limits: Limits, rate: float, volume: float) -> float:
    """Mails that are added to a run of bounces at ``rate`` of a stream that sent ``volume`` mails in a month.

    It grows with the volume and fades as the rate rises: an honest segment may be bad, but not one in five.
    """
    least = limits.credit_bounce
    extra = min(max(0.0, limits.credit_cap - least), limits.credit_bounce_growth * sqrt(volume))
    if not extra or rate >= limits.credit_gone_at:
        return least
    if rate <= limits.credit_fades_at:
        return least + extra
    return least + extra * (limits.credit_gone_at - rate) / (limits.credit_gone_at - limits.credit_fades_at)


def credit_for_complaints(limits: Limits, volume: float) -> float:
    """Mails that are added to every run of complaints."""
    return min(limits.credit_cap, limits.credit_complaint + limits.credit_complaint_growth * sqrt(volume))


def worst_recent(rows: Sequence[Row], limits: Limits, volume: float, now: int) -> WeighedRun | None:
    """The run of hard bounces with the most evidence among all that end now, the shortest of equals.

    What the clump rule forgives is out of both numbers: mail to a dead domain says nothing good of the rest.
    """
    limit = limits.bounce
    mails = bad = best = 0.0
    found: tuple[int, float, float, float] | None = None
    for row in rows:
        count = row[BOUNCED]
        mails += row[VOLUME] - row[ALL_BOUNCED] + count
        bad += count
        # A row without bounces only dilutes: no run that begins with it can be the worst.
        if count and bad > (mails + limits.credit_bounce) * limit:
            given = credit(limits, bad / max(mails, bad), volume)
            weight = evidence(max(mails + given, bad), bad, limit)
            if weight > best:
                best, found = weight, (row[START], mails, bad, given)
    if found is None:
        return None
    start, mails, bad, given = found
    bound = limits.bound if volume >= limits.new_stream_mails else min(limits.bound, limits.new_stream_bound)
    return WeighedRun(BOUNCES, start, now + 1, mails, bad, limit, given, best, bound)


def worst_complaints(
    rows: Sequence[Row], limits: Limits, volume: float, now: int, shares: ReportingShares = ALL_REPORTING
) -> WeighedRun | None:
    """The run of complaints with the most evidence. Mail weighs by how much of its complaints can have come in.

    shares: of the mail that goes to providers which send complaints back, as SES counts it.
    """
    complained = [number for number, row in enumerate(rows) if row[COMPLAINED]]
    if not complained:
        return None
    limit, given = limits.complaint, credit_for_complaints(limits, volume)
    minutes_from, hours_from, _ = boundaries(now)
    whole, by_day = shares
    mails = reporting = mature = best = 0.0
    bad = 0
    found: tuple[int, float, int, float, float] | None = None
    for row in rows[: complained[-1] + 1]:  # a run that begins without complaints is never the worst
        start = row[START]
        middle = 0 if start >= minutes_from else HOUR // 2 if start >= hours_from else DAY // 2
        mails += row[VOLUME]
        reported_on = by_day.get(start // DAY, whole) * row[VOLUME]
        reporting += reported_on
        mature += reported_on * mature_share(max(0, now - start - middle), limits.maturity)
        bad += row[COMPLAINED]
        if row[COMPLAINED] and bad > (mature + given) * limit:
            weight = evidence(max(mature + given, bad), bad, limit)
            if weight > best:
                best, found = weight, (start, mails, bad, mature, reporting)
    if found is None:
        return None
    start, mails, bad, mature, reporting = found
    share = reporting / mails if mails else whole
    return WeighedRun(
        COMPLAINTS, start, now + 1, mails, bad, limit, given, best, limits.bound, mature=mature, share=share
    )


def worst_days(days: Sequence[Row], limits: Limits, now: int) -> WeighedRun | None:
    """The worst run of several whole days, if it is over the limit without its worst day too.

    One bad campaign is the business of :func:`worst_recent`; what stays over the limit for days needs less credit.
    """
    limit, given = limits.bounce, limits.credit_bounce
    mails = bad = most = 0.0
    worst = (0.0, 0.0)
    best, found = 0.0, None
    for number, row in enumerate(days, start=1):
        mails += row[VOLUME]
        bad += row[BOUNCED]
        over = row[BOUNCED] - limit * row[VOLUME]
        if over > most:
            most, worst = over, (row[VOLUME], row[BOUNCED])
        if number >= limits.long_days and bad - worst[1] > limit * (mails - worst[0] + given):
            weight = evidence(max(mails + given, bad), bad, limit)
            if weight > best:
                best, found = weight, (row[START], mails, bad)
    if found is None:
        return None
    start, mails, bad = found
    return WeighedRun(BOUNCES, start, now + 1, mails, bad, limit, given, best, limits.long_bound, RunRule.DAYS)


def worst_lasting(days: Sequence[Row], limits: Limits, now: int) -> WeighedRun | None:
    """The worst run of several days by all of its bounces, forgiven or not, against what clumps may come to.

    A customer's domain that dies may take two days' mail with it, spread over a run of any length; nobody's mail may
    bounce at SES's own pausing rate for long.
    """
    given = limits.credit_bounce
    mails = bad = best = 0.0
    found: tuple[int, float, float, float] | None = None
    for number, row in enumerate(days, start=1):
        mails += row[VOLUME]
        bad += row[ALL_BOUNCED]
        if number >= limits.long_days and row[ALL_BOUNCED]:
            limit = _lasting_limit(limits, now // DAY - row[START] // DAY + 1)
            weight = evidence(max(mails + given, bad), bad, limit)
            if weight > best:
                best, found = weight, (row[START], mails, bad, limit)
    if found is None:
        return None
    start, mails, bad, limit = found
    return WeighedRun(BOUNCES, start, now + 1, mails, bad, limit, given, best, limits.long_bound, RunRule.LASTING)


def _lasting_limit(limits: Limits, days: int) -> float:
    return max(limits.lasting_rate, min(limits.lasting_rate_at_most, limits.lasting_days / days))
