"""What the functions of a stack have logged of failures. Reading costs nothing, unlike a query of Logs Insights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sesguard.aws.clients import Clients, calling
from sesguard.aws.stack_resources import stack_resources
from sesguard.fleet.function_errors import ErrorsRead, LogLine, by_cause

ACTIONS: Final = frozenset({"cloudformation:ListStackResources", "logs:FilterLogEvents"})
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
_FAILURES: Final = (
    '{ ($.level = "ERROR") || ($.level = "CRITICAL") || ($.level = "FATAL") || ($.level = "WARN*") '
    '|| ($.type = "platform.report") }'
)
_LOOKS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How far back, the newest first: a call gives the oldest first, and not everything is read where there is much."""
MOST_CALLS: Final = 60
_SUFFIX: Final = "Logs"  # as template.yaml names them; tests/template holds it to that


def function_errors(clients: Clients, stack: str, now: datetime) -> ErrorsRead:
    """Read of what the functions failed within the last day, or as much of it as 60 calls tell. Raises AwsError."""
    groups, client, lines, calls, since = _groups(clients, stack), clients.make("logs"), list[LogLine](), 0, now
    for back in _LOOKS:
        for function, group in groups.items():
            for page in _pages(client, group, now - back, since):
                lines += (_line(function, each) for each in page)
                calls += 1
                if calls == MOST_CALLS:
                    return ErrorsRead(by_cause(lines), since)
        since = now - back
    return ErrorsRead(by_cause(lines), since)


def _groups(clients: Clients, stack: str) -> Mapping[str, str]:
    """Log groups by function."""
    return {
        each.name.removesuffix(_SUFFIX) + "Function": each.physical
        for each in stack_resources(clients.make("cloudformation"), stack)
        if each.kind == "AWS::Logs::LogGroup" and each.name.endswith(_SUFFIX)
    }


def _pages(client: Any, group: str, start: datetime, end: datetime) -> Iterator[list[Mapping[str, Any]]]:  # noqa: ANN401  # botocore's
    """Pages of lines from ``start`` until before ``end``; a page may be empty and not the last."""
    request: dict[str, Any] = {
        "logGroupName": group,
        "filterPattern": _FAILURES,
        "startTime": int(start.timestamp() * 1000),
        "endTime": int(end.timestamp() * 1000) - 1,
    }
    while True:
        with calling("FilterLogEvents"):
            answer: Mapping[str, Any] = client.filter_log_events(**request)
        yield answer.get("events", [])
        if not answer.get("nextToken"):
            return
        request["nextToken"] = answer["nextToken"]


def _line(function: str, event: Mapping[str, Any]) -> LogLine:
    return LogLine(function, datetime.fromtimestamp(event["timestamp"] / 1000, UTC), event["message"])
