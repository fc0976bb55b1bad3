"""Logs of a stack's functions, read in moto: the newest first, and no more calls than are worth it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sesguard.aws import function_logs
from sesguard.aws.function_logs import MOST_CALLS, function_errors
from sesguard.errors import AwsError

NOW = datetime.now(UTC).replace(microsecond=0)
RESOURCES = [
    ("EnforceLogs", "/sesguard/acme/enforce", "AWS::Logs::LogGroup"),
    ("IngestLogs", "/sesguard/acme/ingest", "AWS::Logs::LogGroup"),
    ("EnforceFunction", "acme-enforce", "AWS::Lambda::Function"),
]
KEYS = ("LogicalResourceId", "PhysicalResourceId", "ResourceType")


class Stack:
    """A stack's log groups, and its clients. CloudFormation is this object itself: moto's wants more than is here."""

    def __init__(self) -> None:
        self.logs = boto3.client("logs", "eu-west-1")
        for _, group, kind in RESOURCES:
            if kind == "AWS::Logs::LogGroup":
                self.logs.create_log_group(logGroupName=group)
                self.logs.create_log_stream(logGroupName=group, logStreamName="s")

    def make(self, name: str) -> Any:
        return self.logs if name == "logs" else self

    def get_paginator(self, _: str) -> Stack:
        return self

    def paginate(self, **stack: str) -> list[dict[str, Any]]:
        assert stack == {"StackName": "acme"}
        return [{"StackResourceSummaries": [dict(zip(KEYS, each, strict=True))]} for each in RESOURCES]

    def log(self, group: str, ago: timedelta, **line: object) -> None:
        event = {"timestamp": int((NOW - ago).timestamp() * 1000), "message": json.dumps(line)}
        self.logs.put_log_events(logGroupName=f"/sesguard/acme/{group}", logStreamName="s", logEvents=[event])


class Endless:
    """Logs that hold more than anybody reads: each call has one line and says that there is more."""

    def __init__(self, stack: Stack, pages: int) -> None:
        self.stack, self.pages, self.asked = stack, pages, list[dict[str, Any]]()

    def make(self, name: str) -> Any:
        return self if name == "logs" else self.stack.make(name)

    def filter_log_events(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        more = {"nextToken": "t"} if len(self.asked) % self.pages else {}
        line = {"timestamp": request["startTime"], "message": '{"level": "ERROR", "message": "x"}'}
        return {"events": [line], **more}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws():
        yield Stack()


def test_failures_of_a_day_are_counted_by_function_and_cause_once_each(stack):
    for ago in (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(hours=23)):
        stack.log("enforce", ago, level="ERROR", message="alarm not taken", error="Throttling")
    stack.log("ingest", timedelta(hours=2), level="WARNING", message="stream not weighed", error="record")
    stack.log("ingest", timedelta(hours=2), level="INFO", message="batch taken")
    found = function_errors(stack, "acme", NOW)
    assert [(it.function, it.cause, it.times) for it in found.causes] == [
        ("EnforceFunction", "Throttling", 4),
        ("IngestFunction", "record", 1),
    ]
    assert found.causes[0].last == NOW - timedelta(minutes=5)
    assert found.since == NOW - timedelta(days=1)


def test_where_there_is_more_than_is_read_it_says_from_when_on_all_of_it_was(stack):
    endless = Endless(stack, pages=MOST_CALLS // 2 - 1)
    found = function_errors(endless, "acme", NOW)  # type: ignore[arg-type]  # as much as is used
    assert len(endless.asked) == MOST_CALLS
    assert found.since == NOW - timedelta(hours=1)


def test_a_group_that_cannot_be_read_is_an_error_with_its_code(stack):
    stack.logs.delete_log_group(logGroupName="/sesguard/acme/ingest")
    with pytest.raises(AwsError) as caught:
        function_errors(stack, "acme", NOW)
    assert (caught.value.operation, caught.value.code) == ("FilterLogEvents", "ResourceNotFoundException")


def test_lines_that_matter_are_asked_for(stack):
    for level in ("ERROR", "CRITICAL", "FATAL", "WARN*"):
        assert f'($.level = "{level}")' in function_logs._FAILURES
