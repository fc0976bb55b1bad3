"""When a CloudWatch metric alarm is in which state: pure, from the documentation.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]

# AWS retrieves more points than Evaluation Periods and does not publish how many; its examples retrieve 5 for 3.
EXTRA_PERIODS: Final = 2

_COMPARISONS: Final[dict[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Rule:
    """What an alarm compares. `needed` of the `periods` last points (each `period` long) breaching mean ALARM."""

    period: timedelta
    periods: int
    needed: int
    comparison: str
    threshold: float
    missing: Missing

    def breaches(self, value: float) -> bool:
        return _COMPARISONS[self.comparison][0](value, self.threshold)


@dataclass(frozen=True)
class Point:
    """The statistic of one period, which begins at `at`."""

    at: datetime
    value: float


@dataclass(frozen=True)
class Evaluation:
    """What the points say. `state` None: they do not say, the alarm keeps the state it has."""

    state: State | None
    reason: str
    points: tuple[Point, ...]


def period_starts(rule: Rule, now: datetime, newest: datetime | None) -> list[datetime]:
    """Where the periods of the evaluation range begin, oldest first. `newest` is the time of the newest sample.

    Periods slide by the minute, those under a minute by themselves. The minute in progress belongs to the range as
    soon as it has a sample: how soon CloudWatch evaluates it is not documented, and waiting would only slow this cloud.
    """
    step = min(rule.period, timedelta(minutes=1))
    begun = now - (now - datetime.fromtimestamp(0, UTC)) % step
    end = begun + step if newest is not None and newest >= begun else begun
    return [end - rule.period * back for back in range(rule.periods + EXTRA_PERIODS, 0, -1)]


def evaluate(rule: Rule, range_: Sequence[Point | None]) -> Evaluation:
    """The state that the points of the evaluation range (oldest first, None where there is none) put the alarm in."""
    points = [point for point in range_ if point is not None]
    recent = tuple(points[-rule.periods :])
    breaching = sum(rule.breaches(point.value) for point in recent)
    lacking = rule.periods - len(recent)
    if lacking == 0 or rule.missing == "notBreaching":
        return _decided(rule, breaching >= rule.needed, recent, lacking)
    if rule.missing == "breaching":
        return _decided(rule, breaching + lacking >= rule.needed, recent, lacking)
    return _with_gaps(rule, range_, recent, breaching)


def _with_gaps(rule: Rule, range_: Sequence[Point | None], recent: tuple[Point, ...], breaching: int) -> Evaluation:
    """Too few points, and missing ones are `missing` or `ignore`: the rows of the two tables in the documentation."""
    lacking = rule.periods - len(recent)
    if not recent:
        unknown = f"Insufficient Data: {rule.periods} {_plural('datapoint was', rule.periods)} unknown."
        return Evaluation("INSUFFICIENT_DATA" if rule.missing == "missing" else None, unknown, recent)
    if breaching >= rule.needed or breaching < len(recent):
        return _decided(rule, breaching >= rule.needed, recent, lacking)
    oldest = next(age for age, point in zip(range(len(range_), 0, -1), range_, strict=True) if point is not None)
    # "Premature alarm": breaching or missing ever since a breaching point at least as old as Datapoints to Alarm.
    if rule.missing == "missing" and oldest >= rule.needed:
        return _decided(rule, True, recent, lacking)
    return Evaluation(None, "", recent)


def _decided(rule: Rule, alarm: bool, recent: tuple[Point, ...], lacking: int) -> Evaluation:
    return Evaluation("ALARM" if alarm else "OK", _reason(rule, alarm, recent, lacking), recent)


def _reason(rule: Rule, alarm: bool, recent: tuple[Point, ...], lacking: int) -> str:
    """Worded as CloudWatch does, naming the points on the side that decided."""
    wording = _COMPARISONS[rule.comparison][1]
    if not recent:
        verb, treatment = "were" if lacking > 1 else "was", rule.missing[0].upper() + rule.missing[1:]
        return (
            f"Threshold Crossed: no datapoints were received for {lacking} {_plural('period', lacking)} and "
            f"{lacking} missing {_plural('datapoint', lacking)} {verb} treated as [{treatment}]."
        )
    shown = [point for point in recent if rule.breaches(point.value) == alarm] or list(recent)
    values = ", ".join(f"{point.value} ({point.at:%d/%m/%y %H:%M:%S})" for point in reversed(shown))
    verb = ("were" if len(shown) > 1 else "was") + ("" if alarm else " not")
    head = f"{len(shown)} out of the last {rule.periods} datapoints" if rule.periods > 1 else "1 datapoint"
    tail = f" (minimum {rule.needed} {_plural('datapoint', rule.needed)} for OK -> ALARM transition)"
    return (
        f"Threshold Crossed: {head} [{values}] {verb} {wording} the threshold ({rule.threshold})"
        f"{tail if rule.periods > 1 else ''}."
    )


def _plural(noun: str, count: int) -> str:
    if count == 1:
        return noun
    return noun.replace("datapoint was", "datapoints were") if " was" in noun else f"{noun}s"
