"""sesguard redrive: what is among the dead letters is shown by cause, and moved when that is agreed to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sesguard.aws.queues import SqsSetAside
from sesguard.aws.redrive import SqsRedrive
from sesguard.cli import redrive
from sesguard.cli.connect import USAGE, answered
from sesguard.cli.errors import letter_causes
from sesguard.cli.main import main

QUEUES = ("SesEventsQueue", "SesEventsDeadLetters", "AlarmQueue", "AlarmDeadLetters")


class Stack:
    """The guard's queues, and who redrives them."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        self.urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}

    def put(self, queue: str, body: str, cause: str = "") -> None:
        if cause:
            SqsSetAside(self, self.urls[queue]).put(body, cause)  # type: ignore[arg-type]  # as much as is used
        else:
            self.sqs.send_message(QueueUrl=self.urls[queue], MessageBody=body)

    def make(self, _: str) -> Any:
        return self.sqs

    def bodies(self, queue: str) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10, VisibilityTimeout=0)
        return sorted(each["Body"] for each in found.get("Messages", ()))


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    with mock_aws():
        made = Stack(boto3.client("sqs", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"))  # of moto
        monkeypatch.setattr(redrive, "with_guard", lambda where, work: answered(where, lambda: work(None, None)))
        monkeypatch.setattr(redrive, "redriving", lambda _: SqsRedrive(made.sqs, made.urls))
        made.put("SesEventsDeadLetters", "tried")
        made.put("SesEventsDeadLetters", "tried too")
        made.put("SesEventsDeadLetters", "nonsense", cause="not JSON")
        made.put("AlarmDeadLetters", "an alarm")
        yield made


def test_what_is_there_is_shown_by_queue_and_cause_and_nothing_is_moved(stack, capsys):
    assert main(["redrive", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "2 in SesEventsDeadLetters: tried until its queue gave it up; comes back" in out
    assert "1 in SesEventsDeadLetters: not JSON; stays" in out
    assert stack.bodies("SesEventsDeadLetters") == ["nonsense", "tried", "tried too"]
    assert stack.bodies("SesEventsQueue") == []


def test_what_a_retry_can_heal_goes_back_where_it_came_from(stack):
    assert main(["redrive", "--yes"]) == 0
    assert stack.bodies("SesEventsQueue") == ["tried", "tried too"]
    assert stack.bodies("AlarmQueue") == ["an alarm"]
    assert stack.bodies("SesEventsDeadLetters") == ["nonsense"]


def test_one_queue_alone_and_all_of_it(stack):
    assert main(["redrive", "--queue", "SesEventsDeadLetters", "--all", "--yes"]) == 0
    assert stack.bodies("SesEventsQueue") == ["nonsense", "tried", "tried too"]
    assert stack.bodies("AlarmDeadLetters") == ["an alarm"]


def test_json_says_what_was_found_and_moved(stack, capsys):
    assert main(["redrive", "--json", "--yes"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["moved"] == 3
    assert {"queue": "SesEventsDeadLetters", "cause": "not JSON", "messages": 1, "healable": False} in said["found"]


def test_where_nobody_can_be_asked_nothing_is_moved(stack, capsys):
    assert main(["redrive"]) == USAGE
    assert "there is no terminal to ask" in capsys.readouterr().err
    assert stack.bodies("AlarmDeadLetters") == ["an alarm"]


def test_the_console_counts_by_cause_moves_nothing_and_lets_all_be_seen_again(stack):
    dead = SqsRedrive(stack.sqs, stack.urls)
    for _ in range(2):
        assert sorted(letter_causes(dead)) == [
            ("AlarmDeadLetters", "tried until its queue gave it up", 1, "comes back"),
            ("SesEventsDeadLetters", "not JSON", 1, "stays"),
            ("SesEventsDeadLetters", "tried until its queue gave it up", 2, "comes back"),
        ]
    assert stack.bodies("SesEventsDeadLetters") == ["nonsense", "tried", "tried too"]
    assert stack.bodies("SesEventsQueue") == []


def test_what_eventbridge_could_not_deliver_is_named_by_its_code_and_other_queues_are_looked_at_too(stack):
    stack.urls["ForwardDeadLetters"] = stack.sqs.create_queue(QueueName="ForwardDeadLetters")["QueueUrl"]
    code = {"ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS\u202e\n"}}
    for queue in ("ForwardDeadLetters", "AlarmDeadLetters"):
        stack.sqs.send_message(QueueUrl=stack.urls[queue], MessageBody="{}", MessageAttributes=code)
    found = letter_causes(SqsRedrive(stack.sqs, stack.urls))
    assert ("ForwardDeadLetters", "NO_PERMISSIONS", 1, "not moved") in found
    assert ("AlarmDeadLetters", "NO_PERMISSIONS", 1, "comes back") in found
