"""sesguard errors: of what functions failed, and dead letters, both by cause."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sesguard.cli import errors
from sesguard.cli.connect import ATTENTION, DONE
from sesguard.cli.errors import LetterCause
from sesguard.cli.main import main
from sesguard.fleet.function_errors import ErrorCause, ErrorsRead
from tests.fakes.clock import NOW

HOUR = timedelta(hours=1)
LETTERS = [LetterCause("AlarmDeadLetters", "no alarm \x1b[31mmessage", 2, "stays")]
FAILED = ErrorCause("EnforceFunction", "alarm not taken", "AwsError: [red]Throttling", 12, NOW - HOUR, severe=True)


@pytest.fixture
def guard(monkeypatch):
    monkeypatch.setattr(errors, "with_guard", lambda _, work: work(None, NOW))
    monkeypatch.setattr(errors, "redriving", lambda _: None)

    def finds(letters, *causes):
        monkeypatch.setattr(errors, "letter_causes", lambda _: letters)
        monkeypatch.setattr(errors, "guard_errors", lambda _, now: ErrorsRead(causes, now - 24 * HOUR))

    return finds


def test_both_are_said_by_cause_with_how_often_and_when_last(guard, capsys):
    guard(LETTERS, FAILED)
    assert main(["errors"]) == ATTENTION
    out = " ".join(capsys.readouterr().out.split())
    assert "12 times, last 1 h ago, EnforceFunction: alarm not taken: AwsError: [red]Throttling" in out
    assert "2 in AlarmDeadLetters: no alarm [31mmessage; stays: no retry helps" in out


def test_where_nothing_failed_it_says_so(guard, capsys):
    guard([])
    assert main(["errors"]) == DONE
    out = capsys.readouterr().out
    assert "None." in out
    assert "0 messages" in out


def test_json_has_the_same(guard, capsys):
    guard(LETTERS, FAILED)
    assert main(["errors", "--json"]) == ATTENTION
    said = json.loads(capsys.readouterr().out)
    assert said["errors"][0]["times"] == 12
    assert said["dead_letters"][0] == {**LETTERS[0]._asdict()}
