"""A policy: every number that the guard decides by, as data, with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from functools import cached_property
from math import log
from typing import Any

from sesguard.errors import PolicyError
from sesguard.policy.limits import ClumpRule, DriftLimits, Limits, Maturity
from sesguard.policy.mode import Elsewhere, Mode
from sesguard.policy.rules import RULES, value_of, written


@dataclass(frozen=True, kw_only=True)  # without slots, so that what each look asks for is worked out once
class Policy:
    """The defaults are the design's; each line gives its source. :mod:`sesguard.tenants.policy_file` loads others."""

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
            raise PolicyError(low, written(getattr(self, low)), f"at most {high} ({written(getattr(self, high))})")

    @cached_property
    def clumps(self) -> ClumpRule:
        """How far bounces that clump at one domain are forgiven."""
        return ClumpRule(
            self.clump_per_domain, self.clump_forgiven_a_day, self.clump_forgiven_share, self.clump_young_days
        )

    def limits(self, *, probation: bool) -> Limits:
        """The numbers for one weighing: the stricter ones while the stream is on probation."""
        return self._limits_on_probation if probation else self._limits

    @cached_property
    def _limits(self) -> Limits:
        return self._limits_of(probation=False)

    @cached_property
    def _limits_on_probation(self) -> Limits:
        return self._limits_of(probation=True)

    def _limits_of(self, *, probation: bool) -> Limits:
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


def policy_from(values: Mapping[str, Any], base: Policy | None = None) -> Policy:
    """Overlay ``values`` on ``base`` (the defaults unless given).

    Raises PolicyError, which names the key, the value and what is allowed, for the first key that is unknown or wrong.
    """
    read = {key: value_of(key, value) for key, value in values.items()}
    return replace(base or Policy(), **read)
