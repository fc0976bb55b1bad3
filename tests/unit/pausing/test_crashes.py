"""A crash before or after any call: whoever comes next ends it, and what is wanted, done, on record and told agrees.

Over the twins in memory, and over the real tables' adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as changed

from sesguard.aws.tables.journal import DynamoJournalReader
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.pausing.backlog_command import approve
from sesguard.pausing.budget import Lane
from sesguard.pausing.operator_command import Word
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import sweep
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.alarms import a_body
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME, Memory

RESUME_AT = NOW + HOUR


class Crash(BaseException):
    """The process is gone."""


class Calls:
    """Counts calls, and crashes at one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.crash_at: int | None = None

    def __call__(self, _: object = None, **__: object) -> None:
        self.count += 1
        if self.count == self.crash_at:
            raise Crash


class Scene:
    """A watched stream with a bad list, whose alarm has just gone up."""

    def __init__(self, client: Any = None) -> None:
        self.memory = Memory()
        self.calls = Calls()
        self.deps: PausingDeps = self.memory.deps
        if client is not None:
            streams = DynamoStreams(client, "streams", "incidents", Policy())
            self.deps = replace(self.deps, streams=streams)
        self.memory.counts.sent(ACME, NOW - 5 * MINUTE, 2_000, bounces=199)
        self.memory.alarms.put(ACME, AlarmValue.ALARM, NOW)
        record = self.deps.streams.load(ACME)
        watched = changed(record.state, status=Status.WATCHED, since=NOW - MINUTE, incident="1")
        self.deps.streams.save(replace(record, state=watched))
        self.memory.hook_all(self.calls)
        if client is not None:
            client.meta.events.register("before-call.dynamodb", self.calls)
            client.meta.events.register("after-call.dynamodb", self.calls)

    @property
    def record(self) -> Any:
        self.calls.crash_at = None
        return self.deps.streams.load(ACME)

    def pause(self) -> None:
        enforce(self.deps, a_body(NOW), NOW)

    def resume(self) -> None:
        enforce(self.deps, a_body(RESUME_AT, "OK"), RESUME_AT)

    def sweeps(self, after: Any) -> None:
        for minute in range(1, 5):
            sweep(self.deps, self.memory.alarms, after + minute * MINUTE)


Setting = Callable[[], AbstractContextManager[Callable[[], Scene]]]


@contextmanager
def in_memory() -> Iterator[Callable[[], Scene]]:
    yield Scene


@contextmanager
def in_tables() -> Iterator[Callable[[], Scene]]:
    with tables() as client:
        yield lambda: Scene(client)


def number_of_calls(setting: Setting, step: Callable[[Scene], None], before: Callable[[Scene], None]) -> int:
    with setting() as scene_in:
        scene = scene_in()
        before(scene)
        scene.calls.count = 0
        step(scene)
        return scene.calls.count


def crash_everywhere(
    setting: Setting,
    step: Callable[[Scene], None],
    before: Callable[[Scene], None],
    after: Callable[[Scene], None],
    check: Callable[[Scene], None],
) -> int:
    """Run ``step`` once for each of its calls, crashing there, then ``after``; returns how many there are."""
    calls = number_of_calls(setting, step, before)
    for number in range(1, calls + 1):
        with setting() as scene_in:
            scene = scene_in()
            before(scene)
            scene.calls.count, scene.calls.crash_at = 0, number
            with pytest.raises(Crash):
                step(scene)
            scene.calls.crash_at = None
            after(scene)
            check(scene)
    return calls


def is_paused(scene: Scene) -> None:
    record = scene.record
    assert record.state.status is Status.PAUSED
    assert len(record.state.strikes) == 1
    assert (record.switch_due, record.turned_off, record.announce) == ("", True, ())
    assert scene.memory.switch.sets[ACME] is Sending.OFF
    assert scene.memory.bus.types == ["Tenant Paused"]


def is_on_probation(scene: Scene) -> None:
    record = scene.record
    assert record.state.status is Status.PROBATION
    assert (record.switch_due, record.turned_off, record.announce) == ("", False, ())
    assert scene.memory.switch.sets[ACME] is Sending.ON
    assert scene.memory.bus.types == ["Tenant Paused", "Tenant Resumed"]


def nothing(_: Scene) -> None: ...


both = pytest.mark.parametrize("setting", [in_memory, in_tables], ids=["memory", "tables"])


@both
def test_a_pause_survives_when_its_message_comes_again(setting):
    calls = crash_everywhere(setting, Scene.pause, nothing, Scene.pause, is_paused)
    assert calls >= 12


@both
def test_a_pause_survives_when_its_message_is_lost(setting):
    crash_everywhere(setting, Scene.pause, nothing, lambda scene: scene.sweeps(NOW), is_paused)


@both
def test_a_resume_survives_when_its_message_comes_again(setting):
    crash_everywhere(setting, Scene.resume, Scene.pause, Scene.resume, is_on_probation)


@both
def test_a_resume_survives_when_its_message_is_lost(setting):
    def sweeps(scene: Scene) -> None:
        scene.memory.counts.mail.clear()
        scene.memory.alarms.put(ACME, AlarmValue.OK, RESUME_AT)
        scene.sweeps(RESUME_AT)

    crash_everywhere(setting, Scene.resume, Scene.pause, sweeps, is_on_probation)


@both
def test_a_crash_after_room_was_claimed_claims_no_more_room_when_the_message_comes_again(setting):
    def one_room(scene: Scene) -> None:
        scene.memory.budget.cap = 1

    def paused_with_one_room(scene: Scene) -> None:
        is_paused(scene)
        assert len(scene.memory.budget.lanes[Lane.USUAL].taken) == 1

    crash_everywhere(setting, Scene.pause, one_room, Scene.pause, paused_with_one_room)


@both
def test_a_pause_that_has_to_wait_survives_and_the_operator_is_called_once(setting):
    def no_room(scene: Scene) -> None:
        scene.memory.budget.cap = 0

    def waits(scene: Scene) -> None:
        record = scene.record
        assert record.state.status is Status.WATCHED
        assert record.waiting is not None
        assert (record.switch_due, record.turned_off, record.announce) == ("", False, ())
        assert scene.memory.switch.sets[ACME] is Sending.ON
        assert scene.memory.bus.types == ["Operator Notice"]

    crash_everywhere(setting, Scene.pause, no_room, Scene.pause, waits)


@both
def test_a_release_survives_when_the_operator_says_it_again_or_the_sweep_comes(setting):
    def waiting(scene: Scene) -> None:
        scene.memory.budget.cap = 0
        scene.pause()

    def released(scene: Scene) -> None:
        approve(scene.deps, ACME, Word("olga", "why"), NOW + MINUTE)

    def again(scene: Scene) -> None:
        released(scene)
        scene.sweeps(NOW + MINUTE)

    def once(scene: Scene) -> None:
        scene.memory.bus.events = [it for it in scene.memory.bus.events if it["type"] != "Operator Notice"]
        is_paused(scene)

    crash_everywhere(setting, released, waiting, again, once)


@both
def test_a_sweep_that_crashes_is_made_good_by_the_next(setting):
    def lost(scene: Scene) -> None:
        sweep(scene.deps, scene.memory.alarms, NOW + 3 * MINUTE)

    crash_everywhere(setting, lost, nothing, lambda scene: scene.sweeps(NOW + 3 * MINUTE), is_paused)


@both
def test_the_journal_tells_all_of_it_in_order(setting):
    def complete(scene: Scene) -> None:
        kinds = [entry.kind for entry in journal(scene)]
        assert kinds[0] == "decided"
        assert kinds[-1] == "announced"
        assert kinds.count("decided") == 1
        assert kinds.count("done") == 1
        assert 1 <= kinds.count("announced") <= 2

    crash_everywhere(setting, Scene.pause, nothing, Scene.pause, complete)


def journal(scene: Scene) -> list[Any]:
    if not isinstance(scene.deps.streams, DynamoStreams):
        return scene.memory.streams.entries(ACME)
    return DynamoJournalReader(scene.deps.streams._client, "incidents").of(ACME)
