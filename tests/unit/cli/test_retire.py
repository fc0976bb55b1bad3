"""Before the guard's stack is deleted, what it made is undone, and nobody is left off without being told."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from sesguard.cli import connect
from sesguard.cli import retire as command
from sesguard.cli.main import main
from sesguard.errors import AwsError
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.provisioning.retire import EventDestination
from tests.fakes.clock import NOW
from tests.fakes.guard import a_guard
from tests.fakes.states import held, paused, watched
from tests.fakes.world import ACME, Memory

TOPIC = "arn:aws:sns:eu-west-1:123456789012:sesguard-events"


class MemoryRetirement:
    """The port Retirement; what was done is in ``done``, what fails in ``failing``."""

    def __init__(self) -> None:
        self.there = [EventDestination("acme-news", "sesguard", TOPIC), EventDestination("old", "mine", TOPIC)]
        self.there.append(EventDestination("old", "other", "arn:aws:sns:eu-west-1:123456789012:theirs"))
        self.made = [f"sesguard-alarm-{number}" for number in range(150)]
        self.done: list[str] = []
        self.failing = ""
        self.meanwhile: Callable[[], None] = lambda: None

    def _do(self, what: str) -> None:
        if what == self.failing:
            raise AwsError("Call", "AccessDenied", retryable=False)
        self.done.append(what)

    def provisioned(self) -> set[str]:
        return {"acme-news"}

    def destinations(self) -> list[EventDestination]:
        return self.there

    def delete_destination(self, configuration_set: str) -> None:
        self._do(f"destination {configuration_set}")
        self.there = [it for it in self.there if (it.configuration_set, it.name) != (configuration_set, "sesguard")]

    def alarms(self) -> list[str]:
        return self.made

    def delete_alarms(self, names: list[str]) -> None:
        self._do(f"{len(names)} alarms")
        self.meanwhile()
        self.made = [name for name in self.made if name not in names]

    def schedules(self) -> list[str]:
        return ["sweep-rule", "onboard-rule"]

    def stop(self, schedule: str) -> None:
        self._do(f"stop {schedule}")

    def tables(self) -> list[str]:
        return ["sesguard-StreamsTable-1"]


class Retiring:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.memory, self.aws, self._capsys = Memory(), MemoryRetirement(), capsys
        monkeypatch.setattr(connect, "find", lambda _: a_guard(self.memory, policy=self.memory.streams.policy))
        monkeypatch.setattr(connect, "now", lambda: NOW)
        monkeypatch.setattr(command, "retirement", lambda _: self.aws)
        monkeypatch.setattr(command, "event_targets", lambda _: {TOPIC})

    def off(self, state: Any) -> None:
        record = StreamRecord(ACME, 1, state, self.memory.streams.policy, turned_off=state.off)
        self.memory.streams.records[ACME] = record
        self.memory.switch.sets[ACME] = Sending.OFF if state.off else Sending.ON

    def run(self, *words: str) -> tuple[int, str, str]:
        code = main(["retire", *words])
        return (code, *self._capsys.readouterr())


@pytest.fixture
def retiring(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Retiring:
    return Retiring(monkeypatch, capsys)


def test_a_look_says_what_is_undone_and_what_stays_and_does_nothing(retiring):
    retiring.off(paused(NOW))
    code, printed, _ = retiring.run("--dry-run")
    assert code == 0
    assert "1 stream off because of the guard" in printed
    assert "acme-news (paused)" in printed
    assert "150 alarms of streams" in printed
    assert "the destination mine of old, which others made" in printed
    assert "the table sesguard-StreamsTable-1" in printed
    assert retiring.aws.done == []


def test_nobody_is_left_off_by_not_saying_anything(retiring):
    retiring.off(paused(NOW))
    code, _, error = retiring.run("--yes")
    assert (code, retiring.aws.done) == (2, [])
    assert "say --resume or --leave-off" in error
    assert retiring.run("--yes", "--resume", "--leave-off")[0] == 2


@pytest.mark.parametrize("state", [paused(NOW), held(NOW)])
def test_streams_are_turned_on_after_nothing_more_comes_in_and_before_alarms_go(retiring, state):
    retiring.off(state)
    code, printed, _ = retiring.run("--yes", "--resume")
    assert code == 0
    assert retiring.memory.switch.sets[ACME] is Sending.ON
    expected = ["stop sweep-rule", "stop onboard-rule", "destination acme-news", "100 alarms", "50 alarms"]
    assert retiring.aws.done == expected
    assert "sam delete --stack-name sesguard" in printed


def test_streams_are_handed_over_as_they_are(retiring):
    retiring.off(held(NOW))
    assert retiring.run("--yes", "--leave-off")[0] == 0
    assert retiring.memory.switch.sets[ACME] is Sending.OFF


def test_who_only_is_watched_needs_no_word(retiring):
    retiring.off(watched(NOW))
    assert retiring.run("--yes")[0] == 0


def test_what_fails_stops_nothing_else_and_is_done_the_next_time(retiring):
    retiring.aws.failing = "destination acme-news"
    code, printed, _ = retiring.run("--yes")
    assert code == 5
    assert "AccessDenied" in printed
    assert "sam delete" not in printed
    assert retiring.aws.done[-1] == "50 alarms"
    retiring.aws.failing = ""
    assert retiring.run("--yes")[0] == 0
    assert retiring.aws.done[-1] == "destination acme-news"


def test_what_another_guard_of_the_region_made_is_left_alone(retiring):
    retiring.aws.there = [EventDestination("theirs", "sesguard", "arn:aws:sns:eu-west-1:123456789012:another-guard")]
    assert retiring.run("--yes")[0] == 0
    assert not [what for what in retiring.aws.done if "destination" in what]


def test_of_the_default_bus_only_what_this_guard_set_up_is_taken(retiring, monkeypatch):
    bus = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
    monkeypatch.setattr(command, "event_targets", lambda _: {bus})
    retiring.aws.there = [EventDestination(name, "sesguard", bus) for name in ("acme-news", "of-another-guard")]
    assert retiring.run("--yes")[0] == 0
    assert [what for what in retiring.aws.done if "destination" in what] == ["destination acme-news"]


def test_who_is_turned_off_meanwhile_is_named_and_turned_on_the_next_time(retiring):
    retiring.aws.meanwhile = lambda: retiring.off(paused(NOW))
    code, printed, _ = retiring.run("--yes", "--resume")
    assert code == 5
    assert f"{ACME}: was turned off meanwhile" in " ".join(printed.split())
    retiring.aws.meanwhile = lambda: None
    assert retiring.run("--yes", "--resume")[0] == 0
    assert retiring.memory.switch.sets[ACME] is Sending.ON


@pytest.mark.parametrize("calls", range(6))
def test_wherever_it_is_interrupted_it_is_done_by_running_it_again(retiring, monkeypatch, calls):
    """A crash or Ctrl-C at each of its steps in turn."""
    retiring.off(held(NOW))
    do = retiring.aws._do

    def interrupted(what):
        if len(retiring.aws.done) == calls:
            raise KeyboardInterrupt
        do(what)

    monkeypatch.setattr(retiring.aws, "_do", interrupted)
    with suppress(KeyboardInterrupt):
        retiring.run("--yes", "--resume")
    monkeypatch.setattr(retiring.aws, "_do", do)
    assert retiring.run("--yes", "--resume")[0] == 0
    assert retiring.memory.switch.sets[ACME] is Sending.ON
    assert (retiring.aws.made, [it.name for it in retiring.aws.there]) == ([], ["mine", "other"])


def test_as_json(retiring):
    code, printed, _ = retiring.run("--yes", "--json")
    document = json.loads(printed)
    assert code == 0
    assert document["others"] == [{"configuration_set": "old", "name": "mine"}]
    assert {step["kind"] for step in document["steps"]} == {"schedule", "destination", "alarm"}
