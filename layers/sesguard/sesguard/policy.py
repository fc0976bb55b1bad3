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


class Limits(NamedTuple):
    """What one weighing uses.

    bounce, complaint: limits as fractions. bound: the evidence that makes risk 1.
    credit_*: mails added to every run; grows: whether the square root of the month's volume is added, up to cap.
    per_domain, per_day: the clump rule.
    """

    bounce: float
    complaint: float
    bound: float
    credit_bounce: int
    credit_complaint: int
    grows: bool
    credit_cap: int
    per_domain: int
    per_day: int


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
    clump_per_domain: int = 10
    clump_forgiven_a_day: int = 200

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

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            rule = RULES[field.name]
            if not rule.holds(value):
                raise PolicyError(field.name, value, rule.allowed)
        self._check_pair("calm_below", "warn_at")
        self._check_pair("cool_down", "cool_down_at_most")
        self._check_pair("probation_for", "probation_at_most")

    def _check_pair(self, low: str, high: str) -> None:
        if getattr(self, low) > getattr(self, high):
            raise PolicyError(low, _written(getattr(self, low)), f"at most {high} ({_written(getattr(self, high))})")

    def limits(self, *, probation: bool) -> Limits:
        """The numbers for one weighing: the stricter ones while the stream is on probation."""
        if probation:
            allowance = (self.probation_credit_bounce, self.probation_credit_complaint, False)
        else:
            allowance = (self.credit_bounce, self.credit_complaint, True)
        return Limits(
            self.bounce_limit,
            self.complaint_limit,
            -log(self.probation_chance if probation else self.chance),
            *allowance,
            self.credit_cap,
            self.clump_per_domain,
            self.clump_forgiven_a_day,
        )


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
    if rule.kind is Mode and isinstance(value, str) and value in list(Mode):
        return Mode(value)
    return value
