"""A mailbox provider that refuses everybody: found across tenants, set aside, told, undone, and over by itself."""

from __future__ import annotations

from dataclasses import replace

from sesguard.errors import AwsError
from sesguard.ingest.evaluate import Evaluator, evaluate
from sesguard.pausing.decision import Alarm
from sesguard.pausing.enforce import act, weigh_now
from sesguard.pausing.outages import OutageDeps, look_at_outages
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import ONE_BY_ONE, sweep
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.guard_message import read_pause_request
from tests.fakes.account import stream
from tests.fakes.clock import DAY, MINUTE, NOW
from tests.fakes.outages import MemoryOutages, ProviderCounts
from tests.fakes.world import Memory

GMAIL, OTHER = "gmail.com", "customers.example"


class Scene:
    """Tenants of one stream each, which send 45 % of their mail to Gmail, and weeks of ordinary mail of each."""

    def __init__(self, tenants: int, *, of_each: int = 1) -> None:
        self.memory, self.outages = Memory(), MemoryOutages()
        self.counts = self.memory.counts = ProviderCounts(self.outages)
        self.streams = []
        for number in range(tenants * of_each):
            it = stream(f"s{number:02}")
            self.streams.append(it)
            self.memory.switch.sets[it] = Sending.ON
            record = replace(self.memory.streams.load(it), tenant=f"tenant-{number // of_each}")
            self.memory.streams.save(record)
            for day in range(2, 12):
                self.counts.sent(it, NOW - day * DAY, GMAIL, 450, 4)
                self.counts.sent(it, NOW - day * DAY, OTHER, 550, 5)
        self.deps = OutageDeps(outages=self.outages, streams=lambda now: frozenset(self.streams), parallel=ONE_BY_ONE)
        self.evaluator = Evaluator(
            streams=self.memory.streams,
            counts=self.counts,
            alarms=self.memory.alarms,
            bus=self.memory.bus,
            requests=self.memory.requests,
            parallel=ONE_BY_ONE,
            refusals=self.outages,
        )

    def send(self, at, refused=(), *, share: float = 0.6, elsewhere: float = 0.01) -> None:
        """A minute's mail of all that are on."""
        for it in self.streams:
            if self.memory.switch.sets[it] is Sending.ON:
                bad = it in refused
                self.counts.sent(it, at, GMAIL, 18, round(18 * share) if bad else 0)
                self.counts.sent(it, at, OTHER, 22, round(22 * elsewhere) if bad else 0)

    def minute(self, at, refused=(), **how) -> None:
        """A minute's mail, the looks that it brings about, enforce, and the sweep."""
        self.send(at, refused, **how)
        evaluate(self.evaluator, [it for it in self.streams if it in refused], at, lambda: True)
        self._enforce(at)
        look_at_outages(self.memory.deps, self.deps, at)
        sweep(self.memory.deps, self.memory.alarms, at)

    def _enforce(self, at) -> None:
        tripped = [*self.memory.alarms.tripped, *(read_pause_request(it).stream for it in self.memory.requests.bodies)]
        self.memory.alarms.tripped.clear()
        for it in tripped:
            act(self.memory.deps, it, Alarm(AlarmValue.ALARM, at, own=True), at)

    def quiet(self) -> None:
        """Half an hour of ordinary mail."""
        for number in range(30):
            self.send(NOW + number * MINUTE)

    def run(self, minutes: int, refused=(), *, start=NOW, **how) -> None:
        for number in range(minutes):
            self.minute(start + number * MINUTE, refused, **how)

    @property
    def off(self) -> set[str]:
        return {it.configuration_set for it, sending in self.memory.switch.sets.items() if sending is Sending.OFF}

    def told(self, beginning: str) -> list[str]:
        return [it["text"] for it in self.memory.bus.details("Operator Notice") if it["subject"].startswith(beginning)]


def test_sixteen_tenants_under_a_provider_that_refuses_lose_nothing():
    scene = Scene(16)
    scene.quiet()
    scene.run(25, set(scene.streams), start=NOW + 30 * MINUTE)
    assert scene.off == set()
    assert scene.outages.known["google"].failure is not None
    assert scene.outages.known["google"].failure.declared * 60 <= (NOW + 40 * MINUTE).timestamp()


def test_whoever_was_paused_before_it_was_known_is_on_again_without_a_strike():
    scene = Scene(16)
    scene.quiet()
    scene.run(25, set(scene.streams), start=NOW + 30 * MINUTE)
    resumed = scene.memory.bus.details("Tenant Resumed")
    assert {it["reason"] for it in resumed} <= {"provider"}
    for it in scene.streams:
        state = scene.memory.streams.load(it).state
        assert state.strikes == ()
        assert state.counted_from is None


def test_the_operator_is_told_once_that_it_fails_and_once_that_it_is_over():
    scene = Scene(16)
    scene.quiet()
    scene.run(12, set(scene.streams), start=NOW + 30 * MINUTE)
    (text,) = scene.told("google refuses everybody's mail")
    assert "tenants with a good past there are refused" in text
    assert scene.told("google takes mail again") == []
    scene.run(45, start=NOW + 42 * MINUTE)
    assert len(scene.told("google refuses")) == 1
    assert len(scene.told("google takes mail again")) == 1


def test_what_it_refused_does_not_weigh_days_later():
    scene = Scene(16)
    scene.quiet()
    scene.run(15, set(scene.streams), start=NOW + 30 * MINUTE)
    later = NOW + 2 * DAY
    for it in scene.streams:
        assert weigh_now(scene.memory.deps, scene.memory.streams.load(it), later).verdict.risk < 0.5


def test_under_policy_codes_it_is_the_platform_that_is_refused():
    scene = Scene(16)
    scene.counts.code = "5.7.1"
    scene.quiet()
    scene.run(12, set(scene.streams), start=NOW + 30 * MINUTE)
    (text,) = scene.told("google refuses the platform's mail")
    assert "s00" in text


def test_a_bad_list_during_it_is_paused_all_the_same():
    scene = Scene(16)
    scene.quiet()
    scene.run(20, set(scene.streams), start=NOW + 30 * MINUTE)
    bad = scene.streams[3]
    for number in range(20, 40):
        at = NOW + (30 + number) * MINUTE
        scene.counts.sent(bad, at, OTHER, 40, 30)
        scene.minute(at, set(scene.streams))
    assert scene.off == {"s03"}


def test_six_of_32_that_turn_bad_at_once_are_not_excused():
    scene = Scene(32)
    scene.quiet()
    scene.run(30, set(scene.streams[:6]), start=NOW + 30 * MINUTE, elsewhere=0.5)
    assert scene.off == {f"s{number:02}" for number in range(6)}
    assert all(record.failure is None for record in scene.outages.known.values())


def test_one_tenant_of_many_streams_makes_no_outage():
    scene = Scene(2, of_each=16)
    scene.quiet()
    scene.run(30, set(scene.streams[:16]), start=NOW + 30 * MINUTE)
    assert scene.off == {f"s{number:02}" for number in range(16)}
    assert all(record.failure is None for record in scene.outages.known.values())


def test_in_quiet_times_nothing_is_read():
    scene = Scene(4)
    scene.run(5)
    assert scene.counts.reads == 0


def test_where_something_cannot_be_read_the_next_look_tries_again():
    scene = Scene(16)
    scene.quiet()

    def fail(call: str) -> None:
        if call == "set_aside":
            raise AwsError("UpdateItem", "Throttling", retryable=True)

    scene.outages.hook = fail
    scene.run(10, set(scene.streams), start=NOW + 30 * MINUTE)
    assert scene.outages.known == {}
    scene.outages.hook = lambda _: None
    scene.run(10, set(scene.streams), start=NOW + 40 * MINUTE)
    assert scene.outages.known["google"].failure is not None
    scene.run(10, set(scene.streams), start=NOW + 50 * MINUTE)
    assert scene.off == set()


def test_after_a_day_a_person_decides():
    scene = Scene(16)
    scene.quiet()
    scene.run(20, set(scene.streams), start=NOW + 30 * MINUTE)
    failure = scene.outages.known["google"].failure
    old = failure._replace(declared=failure.declared - 1_440)
    scene.outages.known["google"] = type(scene.outages.known["google"])(failure=old)
    scene.run(1, set(scene.streams), start=NOW + 50 * MINUTE)
    assert scene.outages.known["google"].given_up
    assert len(scene.told("google still refuses mail")) == 1


def test_a_pause_of_before_is_not_undone():
    scene = Scene(16)
    early = scene.streams[0]
    scene.quiet()
    scene.counts.sent(early, NOW + 29 * MINUTE, OTHER, 400, 200)
    evaluate(scene.evaluator, [early], NOW + 29 * MINUTE, lambda: True)
    scene._enforce(NOW + 29 * MINUTE)
    assert scene.memory.streams.load(early).state.status is Status.PAUSED
    scene.run(15, set(scene.streams), start=NOW + 30 * MINUTE)
    assert scene.off == {"s00"}
