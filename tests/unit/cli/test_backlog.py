"""``sesguard backlog``: what it prints, and the exit codes it ends with."""

from __future__ import annotations

import json

import pytest

from sesguard.cli import connect
from sesguard.cli.main import main
from sesguard.errors import AwsError
from sesguard.pausing.decision import Alarm
from sesguard.pausing.enforce import act
from sesguard.pausing.record import Sending
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.guard import a_guard
from tests.fakes.world import ACME, Memory

SHOP = StreamId(ACME.account, ACME.region, "shop")
LATER = NOW + 12 * MINUTE
REASON = ("--reason", "checked")


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """acme-news and shop, which is worse, have to wait."""
    memory = Memory()
    memory.budget.cap = 0
    monkeypatch.setattr(connect, "find", lambda _: a_guard(memory))
    monkeypatch.setattr(connect, "now", lambda: LATER)
    for stream, bounces in ((ACME, 190), (SHOP, 199)):
        memory.switch.sets[stream] = Sending.ON
        memory.counts.sent(stream, NOW - 5 * MINUTE, 2_000, bounces=bounces)
        act(memory.deps, stream, Alarm(AlarmValue.ALARM, NOW), NOW)
    return memory


def off(memory: Memory) -> set[StreamId]:
    return {stream for stream, sending in memory.switch.sets.items() if sending is Sending.OFF}


def test_the_list_shows_the_worst_first_and_ends_with_4(memory, capsys):
    assert main(["backlog", "list"]) == 4
    printed = capsys.readouterr().out
    assert "2 pauses" in printed
    assert printed.index("shop") < printed.index("acme-news")
    assert "12 min" in printed


def test_the_list_for_programs_has_keys_that_stay(memory, capsys):
    assert main(["backlog", "list", "--json"]) == 4
    worst = json.loads(capsys.readouterr().out)["backlog"][0]
    assert set(worst) == {"stream", "tenant", "since", "reason", "risk", "alarm"}
    assert worst["stream"] == str(SHOP)


def test_all_are_approved(memory, capsys):
    assert main(["backlog", "approve", "--all", *REASON]) == 0
    assert off(memory) == {ACME, SHOP}
    assert "shop: paused" in capsys.readouterr().out


def test_the_worst_is_approved_first(memory, capsys):
    main(["backlog", "approve", "--all", *REASON])
    assert memory.switch.turns == [(SHOP, False), (ACME, False)]


def test_one_is_approved_and_the_others_wait_on(memory, capsys):
    assert main(["backlog", "approve", "acme-news", *REASON]) == 0
    assert off(memory) == {ACME}
    assert main(["backlog", "list"]) == 4


def test_what_is_dismissed_sends_on_and_the_list_is_empty(memory, capsys):
    assert main(["backlog", "dismiss", "--all", *REASON, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [each["answer"] for each in answer["streams"]] == ["done", "done"]
    assert off(memory) == set()
    assert main(["backlog", "list"]) == 0


def test_a_stream_that_does_not_wait_ends_with_1(memory, capsys):
    assert main(["backlog", "approve", "sesguard-notices", *REASON]) == 1


def test_what_ses_has_yet_to_do_ends_with_5_and_is_on_record(memory, capsys):
    def refuses(name: str) -> None:
        if name == "turn":
            raise AwsError("PutConfigurationSetSendingOptions", "TooManyRequestsException", retryable=True)

    memory.switch.hook = refuses
    assert main(["backlog", "approve", "shop", *REASON, "--json"]) == 5
    (answer,) = json.loads(capsys.readouterr().out)["streams"]
    assert (answer["answer"], memory.streams.load(SHOP).switch_due) == ("due", "off")


def test_one_that_fails_stops_no_other_and_says_why(memory, capsys):
    def refuses_once(name: str) -> None:
        if name == "look":
            memory.switch.hook = lambda _: None
            raise AwsError("GetConfigurationSet", "TooManyRequestsException", retryable=True)

    memory.switch.hook = refuses_once
    assert main(["backlog", "approve", "--all", *REASON]) == 5
    assert off(memory) == {ACME}
    assert "TooManyRequestsException" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["approve"], ["dismiss"], ["approve", "shop", "--all"]])
def test_streams_are_named_or_all_are_meant_and_not_both(memory, words):
    assert main(["backlog", *words, *REASON]) == 2
    assert off(memory) == set()


def test_a_word_without_a_reason_is_not_taken(memory, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    assert main(["backlog", "approve", "--all"]) == 2
    assert off(memory) == set()
