"""Schedules run faster than on AWS: what is due each minute is due each ten seconds, so that nobody waits for a sweep.

Only rates are; the countdown begins when a rule is created, as on AWS. What is due each minute there has ended before
it is due again; here, on a slow machine, it may not have, and then it is left out: else one execution environment more
would be started each time, and make the machine slower still.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions
"""

import threading
import time
from typing import Any

from ministack.services import eventbridge, lambda_svc

from localcloud.gaps import patching
from localcloud.pace import SCHEDULES_FASTER

_LOOK_EVERY_SECONDS = 1
_LEFT_OUT_SECONDS = 60  # at most: then it is due on AWS, too
_SCHEDULER = "eb-scheduler"  # the thread's name

_seconds = patching.original(eventbridge, "_parse_rate_seconds", "expr")
_dispatch = patching.original(eventbridge, "_dispatch_to_lambda", "arn payload")
_execute = patching.original(lambda_svc, "_execute_function_with_config_scope", "func event")
_running: dict[str, float] = {}  # ARN of a function that a schedule has started -> when, monotonic


def install() -> None:
    patching.replace(eventbridge, "_parse_rate_seconds", "expr", seconds)
    patching.replace(eventbridge, "_dispatch_to_lambda", "arn payload", dispatch)
    patching.replace(lambda_svc, "_execute_function_with_config_scope", "func event", execute)
    patching.original(eventbridge, "_tick_scheduled_rules", "")
    eventbridge._SCHEDULER_TICK_INTERVAL = _LOOK_EVERY_SECONDS


def seconds(expr: str) -> float | None:
    """The interval of a rate(), SCHEDULES_FASTER times shorter than it says; None for any other expression."""
    asked: int | None = _seconds(expr)
    return None if asked is None else asked / SCHEDULES_FASTER


def dispatch(arn: str, payload: str) -> None:
    """Start a function, but for one that a schedule has started before and that is still running."""
    if threading.current_thread().name == _SCHEDULER:
        if time.monotonic() - _running.get(arn, -_LEFT_OUT_SECONDS) < _LEFT_OUT_SECONDS:
            return
        _running[arn] = time.monotonic()
    _dispatch(arn, payload)


def execute(func: dict[str, Any], event: dict[str, Any]) -> Any:  # noqa: ANN401  # what the function returns
    """Run a function, and know that it has ended."""
    try:
        return _execute(func, event)
    finally:
        _running.pop(func["config"]["FunctionArn"], None)
