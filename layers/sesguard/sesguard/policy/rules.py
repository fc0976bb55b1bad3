"""What each key of a policy may be, and how a policy file says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sesguard.errors import PolicyError
from sesguard.policy.mode import Elsewhere, Mode


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


def written(value: object) -> object:
    """A time as a policy file says it; anything else as it is."""
    if not isinstance(value, timedelta):
        return value
    seconds = value.total_seconds()
    unit = next((unit for unit in "dhm" if seconds % _UNITS[unit] == 0), "s")
    return f"{seconds / _UNITS[unit]:g}{unit}"
