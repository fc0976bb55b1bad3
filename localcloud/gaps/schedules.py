"""Schedules run faster than on AWS: what is due each minute is due each ten seconds, so that nobody waits for a sweep.

Only rates are; the countdown begins when a rule is created, as on AWS.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions
"""

from ministack.services import eventbridge

from localcloud.gaps import patching
from localcloud.pace import SCHEDULES_FASTER

_LOOK_EVERY_SECONDS = 1

_seconds = patching.original(eventbridge, "_parse_rate_seconds", "expr")


def install() -> None:
    patching.replace(eventbridge, "_parse_rate_seconds", "expr", seconds)
    patching.original(eventbridge, "_tick_scheduled_rules", "")
    eventbridge._SCHEDULER_TICK_INTERVAL = _LOOK_EVERY_SECONDS


def seconds(expr: str) -> float | None:
    """The interval of a rate(), SCHEDULES_FASTER times shorter than it says; None for any other expression."""
    asked: int | None = _seconds(expr)
    return None if asked is None else asked / SCHEDULES_FASTER
