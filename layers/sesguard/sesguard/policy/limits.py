"""A policy's numbers as one weighing takes them."""

from __future__ import annotations

from typing import NamedTuple


class ClumpRule(NamedTuple):
    """How far clumps are forgiven.

    per_domain: bounces of one domain and day that count; the earliest sent do.
    per_day: how many are forgiven a day, whatever the domain.
    share_of_month: how many are forgiven a day at domains that took the stream's mail in the month before, as a share
        of the stream's volume of that month, if that is more.
    young_days: from how many days on a stream that is younger than a month is taken to have sent all month what it
        sends on a day.
    """

    per_domain: int = 10
    per_day: int = 200
    share_of_month: float = 0.02
    young_days: int = 7


class Maturity(NamedTuple):
    """When complaints come in: lognormal, with a median in minutes and a sigma. ``least`` is what new mail weighs."""

    median: float
    sigma: float
    least: float


class DriftLimits(NamedTuple):
    """What counts as having left one's own normal.

    rate: a bounce rate below which nothing is said. bound: the evidence that is asked for. credit: mails added.
    least: a rate below which nobody's normal is taken to be; times: the normal, multiplied, that has to be exceeded.
    days: of a run, at least and at most. normal_from, normal_to: how many days back the normal is taken from.
    normal_mails: mails in those days below which there is no normal.
    """

    rate: float
    bound: float
    credit: float
    least: float
    times: float
    days: tuple[int, int]
    normal_from: int
    normal_to: int
    normal_mails: int


class Limits(NamedTuple):
    """What one weighing uses. Rates and limits are fractions; bounds are the evidence that makes risk 1.

    credit_*: mails added to every run; *_growth: times the square root of the month's volume is added, up to cap; for
    bounces that fades as the run's rate goes from credit_fades_at to credit_gone_at.
    new_stream_*: streams with less mail are held to this bound.
    long_*: runs of at least so many whole days; none are weighed where that is 0. lasting_*: see
    :func:`sesguard.detection.weigh.worst_lasting`.
    """

    bounce: float
    complaint: float
    bound: float
    credit_bounce: int
    credit_complaint: int
    credit_cap: int
    credit_bounce_growth: float
    credit_complaint_growth: float
    credit_fades_at: float
    credit_gone_at: float
    new_stream_mails: int
    new_stream_bound: float
    long_days: int
    long_bound: float
    lasting_rate: float
    lasting_rate_at_most: float
    lasting_days: float
    maturity: Maturity
    drift: DriftLimits
