"""Of what functions failed: their own log lines, and Lambda's, counted by cause."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from sesguard.errors import AwsError
from sesguard.fleet.function_errors import LogLine, by_cause
from tests.fakes.clock import NOW

LOGGERS = count()
HOSTILE = "<b>\u202e\x1b[31m\n" + "x" * 10_000


def written(write: Callable[[Logger], None]) -> str:
    """The line that a function would log."""
    out = io.StringIO()
    write(Logger(service=f"enforce-{next(LOGGERS)}", stream=out))  # of one service there is one, with its first stream
    return out.getvalue().splitlines()[-1]


def failing(logger: Logger) -> None:
    try:
        raise AwsError("PutItem", "Throttling", retryable=True)
    except AwsError:
        logger.exception("alarm not taken", queue_message="m-1")


def line(text: Any, minutes: int = 0) -> LogLine:
    said = text if isinstance(text, str) else json.dumps(text)
    return LogLine("EnforceFunction", NOW - timedelta(minutes=minutes), said)


def test_an_exception_is_counted_under_what_was_not_done_with_its_own_words_as_the_cause():
    said = written(failing)
    (found,) = by_cause([line(said, 9), line(said, 4)])
    assert found[:4] == ("EnforceFunction", "alarm not taken", "AwsError: PutItem failed: Throttling", 2)
    assert (found.last, found.severe) == (NOW - timedelta(minutes=4), True)


@pytest.mark.parametrize(
    ("write", "what", "cause", "severe"),
    [
        (lambda log: log.error("event refused", error="why"), "event refused", "why", True),
        (lambda log: log.warning("dead letters not counted", error="why"), "dead letters not counted", "why", False),
        (lambda log: log.error("dead letters", queues={"Q": 3}), "dead letters", '{"Q": 3}', True),
    ],
)
def test_a_line_without_an_exception_has_what_it_names_as_its_cause(write, what, cause, severe):
    (found,) = by_cause([line(written(write))])
    assert (found.what, found.cause, found.severe) == (what, cause, severe)


def test_what_lambda_itself_ended_is_an_error_with_its_kind():
    ended = {"type": "platform.report", "record": {"status": "timeout", "errorType": "Sandbox.Timedout"}}
    unhandled = {"level": "ERROR", "errorMessage": "boom", "errorType": "KeyError", "requestId": "r"}
    found = by_cause([line(ended), line(unhandled)])
    assert [(it.what, it.cause) for it in found] == [
        ("boom", "KeyError"),
        ("ended by Lambda: timeout", "Sandbox.Timedout"),
    ]


def test_errors_are_before_warnings_and_the_frequent_before_the_rare():
    lines = [{"level": "WARNING", "message": "often"}] * 5
    lines += [{"level": "ERROR", "message": "once"}, *[{"level": "ERROR", "message": "twice"}] * 2]
    assert [it.what for it in by_cause(map(line, lines))] == ["twice", "once", "often"]


@pytest.mark.parametrize(
    "text",
    [
        "START RequestId: 1",
        "",
        "[" * 100_000,
        "null",
        "[1]",
        '{"level": "INFO", "message": "swept"}',
        '{"level": {"a": 1}, "message": "x"}',
        '{"type": "platform.report", "record": {"status": "success"}}',
        '{"type": "platform.report", "record": "x"}',
        '{"_aws": {}, "RejectedMessages": 3}',
    ],
)
def test_a_line_that_tells_of_no_failure_is_left_out(text):
    assert by_cause([line(text)]) == []


@pytest.mark.parametrize("text", [HOSTILE, {"a": HOSTILE}, None, 7, ["x"]])
def test_whatever_a_line_holds_is_one_harmless_line(text):
    trace = {"type": text, "value": text}
    (found,) = by_cause([line({"level": "ERROR", "message": text, "stack_trace": trace})])
    for said in (found.what, found.cause):
        assert len(said) <= 300
        assert said.isprintable()
