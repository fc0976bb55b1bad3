"""Of what the guard's functions failed, as their logs say it: by function, what was not done, and its cause."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sesguard.text import one_line

_LONGEST: Final = 300
_SEVERE: Final = frozenset({"ERROR", "CRITICAL", "FATAL"})
_MILD: Final = frozenset({"WARN", "WARNING"})


class LogLine(NamedTuple):
    """A line of a function's log. text: as the function, or Lambda itself, wrote it."""

    function: str
    at: datetime
    text: str


class ErrorCause(NamedTuple):
    """How often something was not done for one cause. severe: whether it is an error, and no mere warning."""

    function: str
    what: str
    cause: str
    times: int
    last: datetime
    severe: bool


class ErrorsRead(NamedTuple):
    """What the logs say from ``since`` on, the worst and most frequent first."""

    causes: Sequence[ErrorCause]
    since: datetime


def by_cause(lines: Iterable[LogLine]) -> list[ErrorCause]:
    """Count what failed; lines that tell of no failure are left out."""
    found: dict[tuple[str, str, str, bool], list[datetime]] = {}
    for line in lines:
        said = _failure(line.text)
        if said is not None:
            found.setdefault((line.function, *said), []).append(line.at)
    causes = [ErrorCause(*key[:3], len(times), max(times), key[3]) for key, times in found.items()]
    return sorted(causes, key=lambda it: (not it.severe, -it.times, it.function, it.what, it.cause))


def _failure(text: str) -> tuple[str, str, bool] | None:
    """What was not done, its cause, and whether that is an error."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    if line.get("type") == "platform.report":
        return _of_lambda(line)
    level = str(line.get("level", "")).upper()
    if level not in _SEVERE | _MILD:
        return None
    what = line.get("message") or line.get("errorMessage") or "failed"
    return _short(what), _short(_cause(line)), level in _SEVERE


def _of_lambda(line: Mapping[str, Any]) -> tuple[str, str, bool] | None:
    """What Lambda reports of a run that came to no good end, in the format of its JSON logs.

    https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html#platform-report
    """
    record = line.get("record")
    status = record.get("status", "success") if isinstance(record, dict) else "success"
    if not isinstance(record, dict) or status in ("success", "error"):  # an error is a line of its own
        return None
    return f"ended by Lambda: {_short(status)}", _short(record.get("errorType", "")), True


def _cause(line: Mapping[str, Any]) -> object:
    """The error that is named: by the guard's own lines, by an exception's, or by those of Lambda's runtime."""
    trace = line.get("stack_trace")
    if isinstance(trace, dict) and trace.get("type"):
        return f"{trace['type']}: {trace.get('value', '')}"
    named = (line.get(key) for key in ("error", "errorType", "exception_name", "problem", "failed", "queues"))
    return next((each for each in named if each), "")


def _short(text: object) -> str:
    return one_line(text if isinstance(text, str) else json.dumps(text, default=str), _LONGEST)
