"""A policy: every number that the guard decides by, as data, with where it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from math import log
from typing import Any, NamedTuple

from sesguard.errors import PolicyError


class Mode(StrEnum):
    """``observe`` runs everything but the last call and says what it would have done."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


class Elsewhere(StrEnum):
    """What a pause of a tenant in another account or region means for its stream here."""

    LEAVE = "leave"
    PROPOSE = "propose"  # an operator is asked
    PAUSE = "pause"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The defaults are the design's; each line gives its source. :mod:`sesguard.policy_file` loads others."""

    mode: Mode = Mode.ENFORCE

    # SES reviews an account at 5 % bounces or 0.1 % complaints, and may pause it at 10 % or 0.5 %:
    # https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html (read 2026-11-21)
    bounce_limit: float = 0.05
    complaint_limit: float = 0.001

    # Measured in the detector study, 2026-11: no false pause in 462 simulated years of good tenants.
    chance: float = 1e-6
    credit_bounce: int = 50
    credit_complaint: int = 500
    credit_cap: int = 2_000

    # The credit grows with the root of the volume and fades for bounces: an honest segment of a list may be bad, but
    # not one in five (same study, rule A: "just over the limit" leaks less only together with the runs of days below).
    credit_bounce_growth: float = 2.0
    credit_complaint_growth: float = 1.0
    credit_fades_at: float = 0.12
    credit_gone_at: float = 0.20

    # Runs of whole days that are over the limit without their worst day too (rule B).
    long_run_days: int = 3
    long_run_chance: float = 1e-3

    # Complaints come hours after the mail; what is newer weighs less against them. The median of the platform, of which
    # a quarter is taken so that no good stream was paused at true medians of 0.5 to 6 hours (rule C).
    complaint_delay: timedelta = timedelta(hours=6)
    complaint_delay_share: float = 0.25
    complaint_delay_sigma: float = 1.3
    complaint_mature_at_least: float = 0.25

    # Who has sent less has no history that speaks for him (rule D).
    new_stream_mails: int = 500
    new_stream_chance: float = 1e-3

    # A receiving domain that took the stream's mail in the month before is forgiven up to a share of that mail a day,
    # others clump_forgiven_a_day (rule E). A stream of clump_young_days days and more has its month by the day: of 360
    # whose customer's domain died after two to three weeks, 7 were paused, 20 without (three seeds, 2026-11-27).
    # What bounces for long is forgiven to nobody: a domain that dies may cost lasting_days days' mail within a run of
    # days, and no run may bounce at SES's own pausing rate.
    clump_per_domain: int = 10
    clump_forgiven_a_day: int = 200
    clump_forgiven_share: float = 0.02
    clump_young_days: int = 7
    lasting_days: float = 2.1
    lasting_rate: float = 0.10
    lasting_rate_at_most: float = 0.50

    # "Changed from your own normal" warns and never pauses (rule H): of 96 drifts 95 were warned, 55 of them before the
    # limit was crossed (at twice the normal 87 and 52), and one good stream in 189 tenant-years either way, 2026-11-27.
    drift_rate: float = 0.025
    drift_chance: float = 1e-6
    drift_credit: int = 50
    drift_normal_at_least: float = 0.01
    drift_times: float = 1.75
    drift_days: int = 3
    drift_days_at_most: int = 7
    drift_normal_from: int = 10
    drift_normal_to: int = 30
    drift_normal_mails: int = 500

    # One in a thousand is enough from a sender who was bad an hour ago (same study).
    probation_chance: float = 1e-3
    probation_credit_bounce: int = 20
    probation_credit_complaint: int = 200
    probation_mails: int = 200
    probation_for: timedelta = timedelta(hours=1)
    probation_at_most: timedelta = timedelta(days=7)

    # Share of the evidence that pauses. A watched stream is calm after a day well below the warning.
    warn_at: float = 0.5
    calm_below: float = 0.25
    calm_for: timedelta = timedelta(days=1)

    # Measured in the study: per bad incident these pause 1.25 times (clean-up) to 1.98 times (real relapse).
    cool_down: timedelta = timedelta(hours=1)
    cool_down_at_most: timedelta = timedelta(hours=24)
    strikes_to_hold: int = 4
    strike_memory: timedelta = timedelta(days=30)

    # A message comes within seconds. One older than this was held up or redriven: what it says has to hold still.
    alarm_age: timedelta = timedelta(minutes=15)

    # At 10 % SES itself may pause the account, so somebody has to say what was fixed before such a list goes on.
    acknowledge_bounce_rate: float = 0.10
    acknowledge_complaints: bool = True

    # Mail to SES's mailbox simulator is nobody's, and SES leaves it out of every rate: only a drill's counts.
    # https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
    count_simulator: bool = False

    # A pause elsewhere is evidence of other mail: only a platform that splits one list over regions knows that it tells
    # of this stream as well (SES's global endpoints do so: https://docs.aws.amazon.com/ses/latest/dg/global-endpoints.html).
    elsewhere: Elsewhere = Elsewhere.LEAVE

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            rule = RULES[field.name]
            if not rule.holds(value):
                raise PolicyError(field.name, value, rule.allowed)
        for low, high in _IN_ORDER:
            self._check_pair(low, high)

    def _check_pair(self, low: str, high: str) -> None:
        if getattr(self, low) > getattr(self, high):
            raise PolicyError(low, _written(getattr(self, low)), f"at most {high} ({_written(getattr(self, high))})")

    @property
    def clumps(self) -> ClumpRule:
        """How far bounces that clump at one domain are forgiven."""
        return ClumpRule(
            self.clump_per_domain, self.clump_forgiven_a_day, self.clump_forgiven_share, self.clump_young_days
        )

    def limits(self, *, probation: bool) -> Limits:
        """The numbers for one weighing: the stricter ones while the stream is on probation."""
        return Limits(
            bounce=self.bounce_limit,
            complaint=self.complaint_limit,
            bound=-log(self.probation_chance if probation else self.chance),
            credit_bounce=self.probation_credit_bounce if probation else self.credit_bounce,
            credit_complaint=self.probation_credit_complaint if probation else self.credit_complaint,
            credit_cap=self.credit_cap,
            credit_bounce_growth=0.0 if probation else self.credit_bounce_growth,
            credit_complaint_growth=0.0 if probation else self.credit_complaint_growth,
            credit_fades_at=self.credit_fades_at,
            credit_gone_at=self.credit_gone_at,
            new_stream_mails=self.new_stream_mails,
            new_stream_bound=-log(self.new_stream_chance),
            long_days=0 if probation else self.long_run_days,
            long_bound=-log(self.long_run_chance),
            lasting_rate=self.lasting_rate,
            lasting_rate_at_most=self.lasting_rate_at_most,
            lasting_days=self.lasting_days,
            maturity=self._maturity,
            drift=self._drift,
        )

    @property
    def _maturity(self) -> Maturity:
        minutes = self.complaint_delay * self.complaint_delay_share / timedelta(minutes=1)
        return Maturity(minutes, self.complaint_delay_sigma, self.complaint_mature_at_least)

    @property
    def _drift(self) -> DriftLimits:
        return DriftLimits(
            self.drift_rate,
            -log(self.drift_chance),
            self.drift_credit,
            self.drift_normal_at_least,
            self.drift_times,
            (self.drift_days, self.drift_days_at_most),
            self.drift_normal_from,
            self.drift_normal_to,
            self.drift_normal_mails,
        )


_IN_ORDER = (
    ("calm_below", "warn_at"),
    ("cool_down", "cool_down_at_most"),
    ("probation_for", "probation_at_most"),
    ("credit_fades_at", "credit_gone_at"),
    ("lasting_rate", "lasting_rate_at_most"),
    ("drift_days", "drift_days_at_most"),
    ("drift_days_at_most", "drift_normal_from"),
    ("drift_normal_from", "drift_normal_to"),
)
"""Keys of which the first may not be more than the second."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value may be: its kind, the bounds (both included), and the same in words."""

    kind: type
    low: float
    high: float
    allowed: str

    def holds(self, value: object) -> bool:
        if self.kind is timedelta:
            return isinstance(value, timedelta) and self.low <= value.total_seconds() <= self.high
        if self.kind is float:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and self.low <= value <= self.high  # type: ignore[operator]  # `number` says it is one
        if self.kind is int:
            return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high
        return isinstance(value, self.kind)


_SECOND, _YEAR = 1.0, 366 * 86_400.0
_LIMIT = Rule(float, 0.00001, 0.5, "a fraction from 0.00001 to 0.5 (0.05 means 5 %)")
_CHANCE = Rule(float, 1e-15, 0.1, "a chance from 1e-15 to 0.1 (1e-6 means one in a million)")
_SHARE = Rule(float, 0.01, 0.99, "a share of the risk from 0.01 to 0.99")
_CREDIT = Rule(int, 1, 1_000_000, "a whole number of mails from 1 to 1000000")
_FRACTION = Rule(float, 0.0, 1.0, "a fraction from 0 to 1 (0.02 means 2 %)")
_TIMES = Rule(float, 0.0, 100.0, "a factor from 0 to 100")
_DAYS = Rule(int, 1, 30, "a whole number of days from 1 to 30")
_TIME = Rule(timedelta, _SECOND, _YEAR, 'a time from "1s" to "366d", such as "90s", "30m", "1h" or "7d"')
_FLAG = Rule(bool, 0, 1, "true or false")

RULES: Mapping[str, Rule] = {
    "mode": Rule(Mode, 0, 0, '"observe" or "enforce"'),
    "bounce_limit": _LIMIT,
    "complaint_limit": _LIMIT,
    "chance": _CHANCE,
    "credit_bounce": _CREDIT,
    "credit_complaint": _CREDIT,
    "credit_cap": _CREDIT,
    "clump_per_domain": Rule(int, 1, 1_000_000, "a whole number of bounces from 1 to 1000000"),
    "clump_forgiven_a_day": Rule(int, 0, 1_000_000, "a whole number of bounces from 0 to 1000000"),
    "clump_forgiven_share": _FRACTION,
    "clump_young_days": _DAYS,
    "credit_bounce_growth": _TIMES,
    "credit_complaint_growth": _TIMES,
    "credit_fades_at": _FRACTION,
    "credit_gone_at": _FRACTION,
    "long_run_days": _DAYS,
    "long_run_chance": _CHANCE,
    "complaint_delay": _TIME,
    "complaint_delay_share": Rule(float, 0.01, 1.0, "a share of the delay from 0.01 to 1"),
    "complaint_delay_sigma": Rule(float, 0.1, 10.0, "a spread from 0.1 to 10"),
    "complaint_mature_at_least": Rule(float, 0.01, 1.0, "a share of new mail from 0.01 to 1"),
    "new_stream_mails": Rule(int, 0, 1_000_000, "a whole number of mails from 0 to 1000000"),
    "new_stream_chance": _CHANCE,
    "lasting_days": Rule(float, 0.1, 31.0, "a number of days' mail from 0.1 to 31"),
    "lasting_rate": Rule(float, 0.01, 0.9, "a fraction from 0.01 to 0.9 (0.1 means 10 %)"),
    "lasting_rate_at_most": Rule(float, 0.01, 0.9, "a fraction from 0.01 to 0.9 (0.5 means 50 %)"),
    "drift_rate": _LIMIT,
    "drift_chance": _CHANCE,
    "drift_credit": _CREDIT,
    "drift_normal_at_least": _LIMIT,
    "drift_times": Rule(float, 1.0, 100.0, "a factor from 1 to 100"),
    "drift_days": _DAYS,
    "drift_days_at_most": _DAYS,
    "drift_normal_from": _DAYS,
    "drift_normal_to": _DAYS,
    "drift_normal_mails": _CREDIT,
    "probation_chance": _CHANCE,
    "probation_credit_bounce": _CREDIT,
    "probation_credit_complaint": _CREDIT,
    "probation_mails": _CREDIT,
    "probation_for": _TIME,
    "probation_at_most": _TIME,
    "warn_at": _SHARE,
    "calm_below": _SHARE,
    "calm_for": _TIME,
    "cool_down": _TIME,
    "cool_down_at_most": _TIME,
    "strikes_to_hold": Rule(int, 1, 100, "a whole number of pauses from 1 to 100"),
    "strike_memory": _TIME,
    "alarm_age": _TIME,
    "acknowledge_bounce_rate": Rule(float, 0.00001, 1.0, "a fraction from 0.00001 to 1 (0.1 means 10 %)"),
    "acknowledge_complaints": _FLAG,
    "count_simulator": _FLAG,
    "elsewhere": Rule(Elsewhere, 0, 0, '"leave", "propose" or "pause"'),
}

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*([smhd])")


def _written(value: object) -> object:
    """A time as a policy file says it; anything else as it is."""
    if not isinstance(value, timedelta):
        return value
    seconds = value.total_seconds()
    unit = next((unit for unit in "dhm" if seconds % _UNITS[unit] == 0), "s")
    return f"{seconds / _UNITS[unit]:g}{unit}"


def policy_from(values: Mapping[str, Any], base: Policy | None = None) -> Policy:
    """Overlay ``values`` on ``base`` (the defaults unless given).

    Raises PolicyError, which names the key, the value and what is allowed, for the first key that is unknown or wrong.
    """
    read = {key: value_of(key, value) for key, value in values.items()}
    return replace(base or Policy(), **read)


def value_of(key: str, value: object) -> Any:  # noqa: ANN401  # as the field of that name has it
    """Read one key's value as a policy file says it. Raises PolicyError; two keys may still not fit."""
    rule = RULES.get(key)
    if rule is None:
        raise PolicyError(key, value, f"one of the keys {', '.join(RULES)}")
    read = _read(rule, value)
    if not rule.holds(read):
        raise PolicyError(key, value, rule.allowed)
    return read


def _read(rule: Rule, value: object) -> object:
    if rule.kind is timedelta and isinstance(value, str) and (match := _DURATION.fullmatch(value.strip())):
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    if issubclass(rule.kind, StrEnum) and isinstance(value, str) and value in list(rule.kind):
        return rule.kind(value)
    return value
