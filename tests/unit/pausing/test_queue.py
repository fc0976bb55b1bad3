"""Alarms wait for their turn at SES, which takes one control call a second: the worst first, and none is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sesguard.alarm_queue import AlarmQueueDeps, enqueue
from sesguard.aws.clients import Clients
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.switch import SesSwitch
from sesguard.aws.tables.lease import HELD_SECONDS
from sesguard.aws.tables.pause_queue import DynamoPauseQueue, DynamoPausesWaiting
from sesguard.bus.events import Outcome
from sesguard.errors import AwsError
from sesguard.pausing import queue as queue_module
from sesguard.pausing.decision import Alarm, PauseElsewhere
from sesguard.pausing.intent import keep_in_sight
from sesguard.pausing.queue import KEPT_TRYING, REFUSALS, TRIES, Served, queued_streams, serve
from sesguard.pausing.record import QueuedAlarm
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import sweep
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.guard_message import DomainRefusal, write_domain_refusal
from sesguard.stream import StreamId
from sesguard.wiring.deciding import BURST
from tests.fakes.alarms import TRIPPED, a_body, own_trigger, ses_trigger
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.elsewhere import a_pause_elsewhere
from tests.fakes.enforcing import MemoryTenantStreams
from tests.fakes.moto_tables import tables
from tests.fakes.pause_queue import Line, MemoryPauseQueue
from tests.fakes.tenants import HOME, MemoryRegisteredStreams
from tests.fakes.world import ACME, Memory, MemoryPauseBudget

SECOND = timedelta(seconds=1)


def shop(number: int) -> StreamId:
    return StreamId(ACME.account, ACME.region, f"shop-{number:03}")


class Clock:
    """Time goes by only in waiting. ``meanwhile``: what others do then."""

    def __init__(self) -> None:
        self.now = NOW
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.meanwhile()


class Ses:
    """SES v2, which takes one control call a second without any burst, and none at all in a storm."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sets: dict[str, bool] = {}
        self.off: list[StreamId] = []
        self.next_at = self.storm_until = NOW
        self.calls = self.refused = 0
        self.denied: list[str] = []

    def get_configuration_set(self, *, ConfigurationSetName: str) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        self._called("GetConfigurationSet")
        return {"SendingOptions": {"SendingEnabled": self.sets[ConfigurationSetName]}}

    def put_configuration_set_sending_options(self, *, ConfigurationSetName: str, SendingEnabled: bool) -> None:  # noqa: N803
        self._called("PutConfigurationSetSendingOptions")
        self.sets[ConfigurationSetName] = SendingEnabled
        if not SendingEnabled:
            self.off.append(StreamId(ACME.account, ACME.region, ConfigurationSetName))

    def _called(self, operation: str) -> None:
        if operation in self.denied:
            self.denied.remove(operation)
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)
        if self.clock.now < max(self.next_at, self.storm_until):
            self.refused += 1
            raise ClientError({"Error": {"Code": "TooManyRequestsException"}}, operation)
        self.calls += 1
        self.next_at = self.clock.now + SECOND


class Guarded:
    """Streams in memory and workers of enforce that share one line."""

    def __init__(self) -> None:
        self.memory = Memory(Policy())
        self.clock = Clock()
        self.ses = Ses(self.clock)
        self.queue = MemoryPauseQueue()
        clients = Clients()
        clients.__dict__["sesv2"] = self.ses
        pace = CallRate(1.0, BURST, self.clock.sleep, lambda: self.clock.now.timestamp())
        switch = SesSwitch(clients, ACME.account, ACME.region, pace=pace)
        self.memory.budget = MemoryPauseBudget(1_000)
        self.deps = replace(self.memory.deps, switch=switch)

    @property
    def queue_deps(self) -> AlarmQueueDeps:
        return AlarmQueueDeps(self.deps, self.queue, MemoryTenantStreams(), MemoryRegisteredStreams(), HOME)

    def a_bad_list(self, stream: StreamId, bounces: int = 72) -> None:
        self.ses.sets[stream.configuration_set] = True
        self.memory.counts.sent(stream, NOW - 5 * MINUTE, 400, bounces=bounces)

    def enqueue(self, stream: StreamId, value: str = "ALARM", at: datetime | None = None) -> Any:
        body = a_body(at or self.clock.now, value, own_trigger(stream))
        return enqueue(self.queue_deps, body, self.clock.now)[0]

    def serve(self, seconds: float = 1e9, **options: Any) -> Served:
        until = self.clock.now + timedelta(seconds=min(seconds, 1e6))
        options = {"pause": self.clock.sleep, **options}
        return serve(self.deps, self.queue, self.clock, lambda: self.clock.now < until, **options)

    @property
    def paused(self) -> list[StreamId]:
        """In the order in which they were turned off."""
        return self.ses.off


@pytest.fixture
def guarded() -> Guarded:
    return Guarded()


# ---- lining up


def test_what_needs_ses_lines_up_without_a_call_to_ses(guarded):
    guarded.a_bad_list(ACME)
    result = guarded.enqueue(ACME)
    assert (result.reason, result.outcome) == ("queued", Outcome.ASKED)
    assert guarded.ses.calls == guarded.ses.refused == 0
    (queued,) = guarded.queue.worst(5)
    assert queued.stream == ACME
    assert queued.urgency > 1


def test_what_changes_nothing_in_ses_is_done_at_once(guarded):
    assert guarded.enqueue(ACME, "OK").action.value == "none"
    assert guarded.queue.worst(5) == []


def test_postures_word_on_a_domain_is_heeded_at_once_and_asks_nothing_of_ses(guarded):
    body = write_domain_refusal(DomainRefusal(ACME, "acme.example", refused=True, at=NOW))
    for _ in range(2):
        enqueue(guarded.queue_deps, body, NOW)
    record = guarded.deps.streams.load(ACME)
    assert (record.state.status.value, record.state.for_domain) == ("watched", True)
    assert guarded.memory.bus.types == ["Tenant Warned"]
    assert guarded.queue.worst(5) == []
    assert guarded.ses.calls == 0


def test_a_message_that_names_nobody_is_told_and_lines_up_nowhere(guarded):
    assert enqueue(guarded.queue_deps, "hello", NOW)[0].stream is None
    assert guarded.queue.worst(5) == []
    assert guarded.memory.bus.types == ["Operator Notice"]


def test_somebody_elses_alarm_waits_like_a_pause_of_risk_one(guarded):
    guarded.ses.sets[ACME.configuration_set] = True
    enqueue(guarded.queue_deps, a_body(NOW, trigger=ses_trigger()), NOW)
    assert guarded.queue.worst(5)[0].urgency == 1.0


def test_an_alarm_that_says_its_risk_is_read_weighed_and_decided_once_when_it_is_served(guarded):
    guarded.a_bad_list(ACME)
    guarded.deps = guarded.memory.deps  # whose SES refuses no call
    steps: list[str] = []
    guarded.memory.hook_all(steps.append)
    enqueue(guarded.queue_deps, a_body(NOW, NewStateReason=f"{TRIPPED} [risk 7.00]"), NOW)
    assert guarded.queue.worst(1)[0].urgency == 7.0
    assert steps == []
    assert guarded.serve().results[0].outcome is Outcome.PAUSED
    assert steps.count("load") == 1
    assert steps.count("history") == 2  # first without the names of domains


def test_a_resume_waits_behind_every_pause(guarded):
    guarded.a_bad_list(ACME, bounces=0)
    guarded.memory.counts.sent(ACME, NOW - 5 * MINUTE, 2_000, bounces=199)  # too few to wait for the owner
    guarded.enqueue(ACME)
    guarded.serve()
    guarded.clock.now = NOW + 2 * HOUR
    guarded.enqueue(ACME, "OK")
    guarded.memory.counts.sent(shop(1), guarded.clock.now - MINUTE, 400, bounces=72)
    guarded.ses.sets["shop-001"] = True
    guarded.enqueue(shop(1))
    served = guarded.serve()
    assert guarded.paused == [ACME, shop(1)]
    assert guarded.ses.sets["acme-news"]
    assert [result.stream for result in served.results] == [shop(1), ACME]


# ---- being served


def test_one_pause_costs_two_control_calls(guarded):
    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)
    guarded.serve()
    assert guarded.paused == [ACME]
    assert guarded.ses.calls == 2
    assert guarded.queue.worst(5) == []


def test_the_worst_is_first_whoever_came_first(guarded):
    for number, bounces in enumerate([60, 90, 70]):
        guarded.a_bad_list(shop(number), bounces)
        guarded.enqueue(shop(number))
    guarded.serve()
    assert guarded.paused == [shop(1), shop(2), shop(0)]


def test_a_worse_one_that_comes_while_others_are_served_is_next(guarded):
    for number in range(4):
        guarded.a_bad_list(shop(number), 90 - number)
        guarded.enqueue(shop(number))
    guarded.a_bad_list(ACME, 200)

    def comes() -> None:
        waits = any(queued.stream == ACME for queued in guarded.queue.line.waiting)
        if guarded.paused and not waits and ACME not in guarded.paused:
            guarded.enqueue(ACME)

    guarded.clock.meanwhile = comes
    guarded.serve()
    assert guarded.paused == [shop(0), shop(1), ACME, shop(2), shop(3)], "shop-001 had its turn already"


def test_two_hundred_pauses_at_once_are_all_done_worst_first_and_close_to_the_limit(guarded):
    """Alarms come at three a second, as fast as SetAlarmState lets them, and in no order."""
    numbers = [(7 * number) % 200 for number in range(200)]
    for number in numbers:
        guarded.a_bad_list(shop(number), bounces=72 + number)
    left_to_come = list(numbers)

    def others_line_up() -> None:
        while left_to_come and (guarded.clock.now - NOW).total_seconds() * 3 >= 200 - len(left_to_come):
            guarded.enqueue(shop(left_to_come.pop()))

    guarded.clock.meanwhile = others_line_up
    others_line_up()
    while guarded.queue.line.waiting:
        served = guarded.serve(seconds=20)  # as long as one invocation of enforce
        assert served.goes_on or not guarded.queue.line.waiting
    took = (guarded.clock.now - NOW).total_seconds()
    assert set(guarded.paused) == {shop(number) for number in numbers}
    assert len(guarded.paused) == 200, "none twice"
    assert guarded.ses.calls == 400
    assert took <= 1.02 * 400, "seconds"
    # Once all have come, they are served strictly by risk.
    rest = [int(stream.configuration_set.removeprefix("shop-")) for stream in guarded.paused[40:]]
    assert rest == sorted(rest, reverse=True)


def test_a_storm_of_throttles_loses_nobody_and_gives_no_message_back(guarded):
    """Ten minutes in which SES refuses every call: the messages are done with all the same, and then all are paused."""
    guarded.ses.storm_until = NOW + 10 * MINUTE
    for number in range(20):
        guarded.a_bad_list(shop(number))
        guarded.enqueue(shop(number))  # raises nothing, so that its queue is done with it
        guarded.serve(seconds=20)
    while guarded.clock.now < NOW + 12 * MINUTE:
        guarded.serve(seconds=20)
        guarded.clock.sleep(40)
    assert set(guarded.paused) == {shop(number) for number in range(20)}
    assert guarded.queue.worst(5) == []
    assert guarded.memory.bus.types == ["Tenant Paused"] * 20


def test_who_serves_gives_up_after_many_refusals_in_a_row_and_the_line_stays(guarded):
    guarded.ses.storm_until = NOW + HOUR
    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)
    served = guarded.serve()
    assert (served.goes_on, guarded.ses.refused) == (False, REFUSALS)
    assert len(guarded.queue.worst(5)) == 1
    assert guarded.queue.line.server is None


def test_time_that_runs_out_is_said_so_that_somebody_goes_on(guarded):
    for number in range(5):
        guarded.a_bad_list(shop(number))
        guarded.enqueue(shop(number))
    served = guarded.serve(seconds=4)
    assert served.goes_on
    assert 0 < len(guarded.paused) < 5


def test_only_one_worker_serves_and_others_wait_until_it_must_have_seen_who_lined_up(guarded):
    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)
    MemoryPauseQueue(guarded.queue.line).take()
    waits: list[float] = []
    served = guarded.serve(tries=TRIES, pause=waits.append)
    assert (served.turns, guarded.paused) == (0, [])
    assert waits == [1.0]


def test_one_whose_turn_always_fails_does_not_keep_the_others_waiting(guarded):
    for number, bounces in enumerate([200, 72]):
        guarded.a_bad_list(shop(number), bounces)
        guarded.enqueue(shop(number))
    load = guarded.memory.streams.load

    def broken(stream: StreamId) -> Any:
        if stream == shop(0):
            raise ValueError("an item that nobody can read")
        return load(stream)

    guarded.memory.streams.load = broken
    served = guarded.serve()
    assert guarded.paused == [shop(1)]
    assert served.failed == {shop(0): "ValueError"}
    assert [queued.stream for queued in guarded.queue.worst(5)] == [shop(0)]


def test_what_ses_refuses_for_good_is_told_and_leaves_the_line(guarded):
    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)

    guarded.ses.denied = ["GetConfigurationSet"]
    guarded.serve()
    assert guarded.queue.worst(5) == []
    (notice,) = guarded.memory.bus.details("Operator Notice")
    assert "acme-news may still be sending" in notice["text"]


def test_a_pause_on_record_that_ses_refuses_for_good_is_told_once_and_left_to_the_sweep(guarded):
    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)
    guarded.ses.denied = ["PutConfigurationSetSendingOptions"]
    guarded.serve()
    assert guarded.memory.bus.types == ["Operator Notice"]
    guarded.clock.sleep(60)
    sweep(guarded.deps, guarded.memory.alarms, NOW + MINUTE)
    assert guarded.paused == [ACME]


@pytest.mark.parametrize(
    "step", ["load", "history", "claim", "save", "saved", "publish", "published", "served", "leave"]
)
def test_a_worker_that_dies_at_any_step_is_followed_by_one_who_ends_it(guarded, step):
    class Crash(BaseException):
        pass

    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)

    def crash(name: str) -> None:
        if name == step:
            raise Crash

    guarded.memory.hook_all(crash)
    guarded.queue.hook = crash
    with pytest.raises(Crash):
        guarded.serve()
    guarded.memory.hook_all(lambda _: None)
    guarded.queue.line.server = None  # its time is up
    guarded.queue = MemoryPauseQueue(guarded.queue.line)
    guarded.serve()
    assert guarded.paused[-1] == ACME
    assert guarded.memory.state().status is Status.PAUSED
    assert len(guarded.memory.state().strikes) == 1
    assert guarded.memory.bus.types == ["Tenant Paused"]
    assert guarded.queue.worst(5) == []


# ---- beside the sweep


def test_the_sweep_leaves_whoever_is_in_line_to_their_turn_and_compares_nobody_meanwhile(guarded):
    guarded.a_bad_list(ACME)
    guarded.memory.streams.save(keep_in_sight(guarded.memory.streams.load(ACME), NOW - 10 * MINUTE))
    guarded.memory.alarms.put(ACME, AlarmValue.ALARM, NOW - 10 * MINUTE)
    guarded.enqueue(ACME)
    sweep(guarded.deps, guarded.memory.alarms, NOW, queued=queued_streams(guarded.queue))
    assert (guarded.ses.calls, guarded.paused) == (0, [])
    ((stream, verdict),) = guarded.memory.alarms.published
    assert (stream, verdict.risk >= 1) == (ACME, True)


def test_a_line_that_cannot_be_read_keeps_nothing_from_the_sweep(guarded):
    def fails(name: str) -> None:
        raise AwsError("Query", "Trouble", retryable=True)

    guarded.queue.hook = fails
    assert queued_streams(guarded.queue) == frozenset()


def test_a_turn_that_breaks_again_and_again_is_told_and_let_go_after_an_hour(guarded, monkeypatch):
    """Nobody is compared with SES while anybody waits, and nobody is made in SES."""
    guarded.a_bad_list(ACME)
    guarded.enqueue(ACME)

    def breaks(*_, **__):
        raise RuntimeError("a bug")

    monkeypatch.setattr(queue_module, "act", breaks)
    guarded.serve()
    assert queued_streams(guarded.queue) == {ACME}
    guarded.clock.now += KEPT_TRYING
    guarded.serve()
    assert queued_streams(guarded.queue) == frozenset()
    (notice,) = guarded.memory.bus.details("Operator Notice")
    assert "RuntimeError" in notice["text"]


# ---- the line itself: one contract for the table and its twin in memory


@pytest.fixture(params=["memory", "dynamodb"])
def two_workers(request) -> Iterator[tuple[Any, Any]]:
    if request.param == "memory":
        line = Line()
        yield MemoryPauseQueue(line), MemoryPauseQueue(line)
        return
    with tables() as client:
        yield DynamoPauseQueue(client, "turns"), DynamoPauseQueue(client, "turns")


def a_turn(stream: StreamId = ACME, urgency: float = 2.0, at: datetime = NOW) -> QueuedAlarm:
    return QueuedAlarm(
        stream, urgency, Alarm(AlarmValue.ALARM, at, "any"), {"alarm": {"name": "any", "own": False, "reason": "é"}}
    )


def test_a_turn_comes_back_as_it_lined_up(two_workers):
    here, there = two_workers
    here.enqueue(a_turn())
    assert list(there.worst(5)) == [a_turn()]


def test_a_pause_elsewhere_comes_back_as_it_lined_up_and_takes_no_alarms_place(two_workers):
    here, there = two_workers
    queued = QueuedAlarm(ACME, 2.0, PauseElsewhere(a_pause_elsewhere()), {"elsewhere": {"reason": "bounces"}})
    here.enqueue(queued)
    here.enqueue(a_turn())
    assert sorted(there.worst(5), key=lambda it: "elsewhere" in it.about) == [a_turn(), queued]
    there.served(queued)
    assert list(here.worst(5)) == [a_turn()]


def test_the_worst_come_first_and_no_more_than_asked_for(two_workers):
    here, _ = two_workers
    for number, urgency in enumerate([0.0, 12.5, 9.0, 100.0]):
        here.enqueue(a_turn(shop(number), urgency))
    assert [queued.stream for queued in here.worst(3)] == [shop(3), shop(1), shop(2)]


def test_a_message_that_comes_twice_waits_once(two_workers):
    for worker in two_workers:
        worker.enqueue(a_turn())
    assert len(two_workers[0].worst(5)) == 1


def test_who_is_served_leaves_and_nobody_else(two_workers):
    here, there = two_workers
    here.enqueue(a_turn())
    there.enqueue(a_turn(at=NOW + SECOND))
    for _ in range(2):
        here.served(a_turn())
    assert list(there.worst(5)) == [a_turn(at=NOW + SECOND)]


def test_one_serves_and_may_go_on_and_leaves_to_the_next(two_workers):
    here, there = two_workers
    assert here.take()
    assert not there.take()
    assert here.take()
    there.leave()
    assert not there.take()
    here.leave()
    assert there.take()


def test_whoever_serves_and_dies_is_followed_after_a_while():
    with tables() as client:
        seconds = [1_000.0]
        here, there = (DynamoPauseQueue(client, "turns", lambda: seconds[0]) for _ in range(2))
        here.take()
        seconds[0] += HELD_SECONDS
        assert not there.take()
        seconds[0] += 0.001
        assert there.take()


@pytest.mark.parametrize("said", ['{"value": "PARKED", "about": {}, "measured": true}', "newer"])
def test_what_cannot_be_read_keeps_nobody_from_calling_ses(said):
    with tables() as client:
        queue, waiting = DynamoPauseQueue(client, "turns"), DynamoPausesWaiting(client, "turns")
        queue.enqueue(a_turn())
        assert waiting.any()
        (item,) = client.scan(TableName="turns")["Items"]
        client.put_item(TableName="turns", Item={**item, "said": {"S": said}})
        assert not waiting.any()
        assert list(queue.worst(5)) == []
