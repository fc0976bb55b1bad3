"""Whatever happens in whatever order, what the guard promises holds: a machine that tries to break it.

Alarm messages late, twice, out of order, lost, and redriven days later; CloudWatch that fails for hours; records that
a newer version has written, and an older one reads; missing data; OK right after an alarm's creation; clocks; owners
and operators; a tenant that leaves and returns;
somebody in the console; AWS refusing calls, and processes that die in the middle of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sesguard.errors import AwsError, RecordError, SesguardError
from sesguard.ingest.evaluate import Evaluator, evaluate
from sesguard.pausing.decision import Acknowledge, Command, Operator, Signal
from sesguard.pausing.enforce import act, weigh_now
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.pausing.sweep import sweep
from sesguard.policy import Mode, Policy
from sesguard.provisioning.past import carry_over, leave
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.examples import examples
from tests.fakes.alarms import a_body, own_trigger, ses_trigger
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.cloudwatch import LivelyAlarms
from tests.fakes.enforcing import enforce
from tests.fakes.world import ACME, Memory

STEPS = ["load", "history", "look", "save", "saved", "turn", "turned", "publish", "published", "trip", "ensure", "now"]
STEPS += ["up", "send"]
WAITS = st.sampled_from(
    [timedelta(seconds=1), timedelta(seconds=30), MINUTE, 5 * MINUTE, 59 * MINUTE, HOUR, 5 * HOUR, DAY]
)
CLOUDWATCH = {"now", "ensure", "metrics", "trip", "up"}
OPERATORS = st.sampled_from(list(Command))


class Crash(BaseException):
    """The process is gone."""


class Serial:
    def each(self, work: Callable[[StreamId], None], items: Iterable[StreamId]) -> None:
        for item in items:
            work(item)


class Guarded(RuleBasedStateMachine):
    """One stream and all that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.memory = Memory()
        self.alarms = self.memory.alarms = LivelyAlarms(NOW)
        self.pool: list[str] = []  # messages on their way, some more than once
        self.letters: list[str] = []  # all that ever came, for whoever redrives
        self.cloudwatch_fails = False
        self.newer: Any = None  # the record, while a newer version's is in its place
        self.somebodys = False  # whether it was somebody else who turned sending off
        self.observes = False
        self.commanded = False  # whether an operator ever said anything
        self.has_left = False
        self.fault: tuple[str, BaseException] | None = None
        self.turned_on: list[datetime] = []  # by the guard, of its own accord
        self.memory.switch.hook = self.hook
        states, requests = self.memory.alarm_states, self.memory.requests
        for port in (self.memory.streams, self.memory.counts, self.memory.bus, self.alarms, states, requests):
            port.hook = self.hook

    # ---- the world's ways

    def hook(self, step: str) -> None:
        if step == "turned":
            self.check_turn()
        if self.cloudwatch_fails and step in CLOUDWATCH:
            raise AwsError(step, "InternalServiceFault", retryable=True)
        if self.newer is not None and step == "load":
            raise RecordError(str(ACME), "status: quarantined")
        if self.fault and self.fault[0] == step:
            _, error = self.fault
            self.fault = None
            raise error

    def check_turn(self) -> None:
        _, on = self.memory.switch.turns[-1]
        if not on:
            return
        resumes = [it for it in self.memory.streams.entries(ACME, "decided") if it.action == "resume"]
        commanded = bool(resumes) and resumes[-1].reason == "operator"  # perhaps carried out by the sweep
        assert commanded or not self.somebodys, "turned on what somebody else had turned off"
        self.somebodys = False
        if not commanded:
            self.turned_on.append(self.now)

    def running(self, work: Callable[[], Any], *, command: bool = False) -> bool:
        """Run a piece of the guard, which may fail or die; whether it came to its end."""
        before = self.state
        try:
            work()
        except (SesguardError, Crash):
            return False
        finally:
            if before.off and not self.state.off and not command:
                assert before.may_resume(self.now) or before.origin is not Origin.GUARD, "on before its time"
        return True

    @property
    def record(self) -> Any:
        return self.memory.streams.records.get(ACME)

    @property
    def state(self) -> StreamState:
        return self.record.state if self.record else StreamState()

    @property
    def on(self) -> bool:
        return self.memory.switch.sets[ACME] is Sending.ON

    def collect(self) -> None:
        came = self.alarms.messages + self.memory.requests.bodies
        self.pool += came
        self.letters += came
        self.alarms.messages.clear()
        self.memory.requests.bodies.clear()

    # ---- what can happen

    @initialize(mode=st.sampled_from([Mode.ENFORCE, Mode.ENFORCE, Mode.OBSERVE]))
    def a_good_month(self, mode: Mode) -> None:
        self.observes = mode is Mode.OBSERVE
        self.memory.streams.policy = Policy(mode=mode)
        self.memory.counts.sent(ACME, NOW - 3 * DAY, 2_000, bounces=10)

    @rule(wait=WAITS)
    def time_goes_by(self, wait: timedelta) -> None:
        self.now += wait
        self.alarms.now_is = self.now

    @precondition(lambda self: self.on)
    @rule(mails=st.sampled_from([10, 300, 3_000]), rate=st.sampled_from([0.0, 0.01, 0.08, 0.3]))
    def mail_goes_out(self, mails: int, rate: float) -> None:
        self.memory.counts.sent(ACME, self.now, mails, bounces=int(mails * rate))

    @rule()
    def ingest_looks(self) -> None:
        self.running(self.look)
        self.collect()

    def look(self) -> None:
        memory = self.memory
        guard = Evaluator(
            streams=memory.streams,
            counts=memory.counts,
            alarms=self.alarms,
            bus=memory.bus,
            requests=memory.requests,
            parallel=Serial(),
        )
        evaluate(guard, [ACME], self.now, lambda: True)

    @rule()
    def cloudwatch_evaluates(self) -> None:
        self.alarms.evaluate()
        self.collect()

    @precondition(lambda self: self.pool)
    @rule(data=st.data(), again=st.booleans())
    def a_message_arrives(self, data: st.DataObject, again: bool) -> None:
        number = data.draw(st.integers(0, len(self.pool) - 1))
        body = self.pool[number]
        if self.running(lambda: enforce(self.memory.deps, body, self.now)) and not again:
            del self.pool[number]

    @precondition(lambda self: self.pool)
    @rule()
    def a_message_is_lost(self) -> None:
        self.pool.pop()

    @rule(value=st.sampled_from(list(AlarmValue)), late=WAITS, theirs=st.booleans())
    def a_stray_message_is_on_its_way(self, value: AlarmValue, late: timedelta, theirs: bool) -> None:
        trigger = ses_trigger() if theirs else own_trigger()
        body = a_body(self.now - late, value.value, trigger, AlarmName="theirs" if theirs else "sesguard-acme")
        self.pool.append(body)
        self.letters.append(body)

    @rule(up=st.booleans())
    def somebody_elses_alarm_changes(self, up: bool) -> None:
        if up is not ("theirs" in self.memory.alarm_states.names):
            self.memory.alarm_states.names ^= {"theirs"}
            value = AlarmValue.ALARM if up else AlarmValue.OK
            body = a_body(self.now, value.value, ses_trigger(), AlarmName="theirs")
            self.pool.append(body)
            self.letters.append(body)

    @precondition(lambda self: self.letters)
    @rule(data=st.data())
    def somebody_redrives_a_dead_letter(self, data: st.DataObject) -> None:
        self.pool.append(data.draw(st.sampled_from(self.letters)))

    @rule(fails=st.booleans())
    def cloudwatch_fails_for_a_while(self, fails: bool) -> None:
        self.cloudwatch_fails = fails

    @precondition(lambda self: self.record is not None or self.newer is not None)
    @rule()
    def a_newer_version_is_rolled_back_or_deployed_again(self) -> None:
        self.newer = self.record if self.newer is None else None

    @rule()
    def sweep_runs(self) -> None:
        self.running(lambda: sweep(self.memory.deps, self.alarms, self.now))
        self.collect()

    @rule(command=OPERATORS)
    def the_operator_commands(self, command: Command) -> None:
        self.commanded = True
        self.acts(Operator(command), command=True)

    @rule()
    def the_owner_acknowledges(self) -> None:
        self.acts(Acknowledge())

    def acts(self, signal: Signal, *, command: bool = False) -> None:
        self.running(lambda: act(self.memory.deps, ACME, signal, self.now), command=command)

    @rule(on=st.booleans())
    def somebody_turns_it_in_the_console(self, on: bool) -> None:
        # Off, on and off again within a pause of the guard's looks like the guard's pause to everybody.
        guards = bool(self.record and self.record.turned_off)
        if on is not self.on and not guards:
            self.somebodys = not on
        self.memory.switch.sets[ACME] = Sending.ON if on else Sending.OFF

    @rule(step=st.sampled_from(STEPS), kind=st.sampled_from(["passing", "for good", "crash"]))
    def the_next_call_fails(self, step: str, kind: str) -> None:
        error = AwsError(step, "Trouble", retryable=kind == "passing")
        self.fault = (step, Crash() if kind == "crash" else error)

    @rule()
    def somebody_deletes_the_alarm(self) -> None:
        self.alarms.alarms.pop(ACME, None)

    @property
    def readable(self) -> bool:
        return self.record is not None and self.newer is None

    @precondition(lambda self: self.readable and self.state.left is None)
    @rule(set_goes=st.booleans())
    def the_stream_leaves(self, set_goes: bool) -> None:
        self.streams_save(leave(self.record, self.now, set_goes=set_goes))
        self.has_left = True
        if set_goes:
            self.memory.switch.sets[ACME] = Sending.OFF  # nothing goes out through a set that is gone
            self.somebodys = False

    @precondition(lambda self: self.readable and self.state.left is not None)
    @rule()
    def the_stream_returns(self) -> None:
        before = self.state
        past = carry_over(self.record, [], self.now)
        # As the worker does: on record first, then the set, which is off from the start where it has to be.
        self.streams_save(past.now, past.entries)
        # What a person turned off in the console is a person's word, which the guard lays on the set anew.
        self.commanded |= past.off and before.origin is Origin.OPERATOR
        self.memory.switch.sets[ACME] = Sending.OFF if past.off else Sending.ON
        self.somebodys = False
        assert self.state.off is before.off, "leaving was a way back"
        assert self.state.strikes == before.strikes, "leaving took a strike away"
        assert self.observes or not self.on or not before.off, "sending, although it left paused"

    def streams_save(self, record: Any, entries: Any = ()) -> None:
        """Save as register's worker does, which begins anew where it fails."""
        fault, self.fault = self.fault, None
        self.memory.streams.save(record, entries)
        self.fault = fault

    # ---- what always holds

    @invariant()
    def a_record_that_cannot_be_read_is_left_as_it_is(self) -> None:
        assert self.newer is None or self.record == self.newer

    @invariant()
    def the_guards_own_alarm_pauses_nobody_without_evidence_of_now(self) -> None:
        for entry in self.memory.streams.entries(ACME, "decided"):
            if entry.reason == "alarm":
                assert not entry.evidence["alarm"]["own"]

    @invariant()
    def a_hold_is_lifted_by_operators_alone(self) -> None:
        if self.record and self.state.status is Status.HELD:
            assert not self.state.may_resume(self.now + 365 * DAY)

    @invariant()
    def the_guard_lets_nobody_flap(self) -> None:
        """Between two resumes of the guard's own lies a whole cool-down."""
        for first, second in zip(self.turned_on, self.turned_on[1:], strict=False):
            assert second - first >= HOUR

    @invariant()
    def nobody_is_reminded_twice_of_one_pause_or_before_its_time(self) -> None:
        reminders = self.memory.bus.details("Tenant Awaiting Acknowledgement")
        assert len({it["pause"] for it in reminders}) == len(reminders)
        assert all(it["acknowledge"] and it["at"] >= it["resumes_after"] for it in reminders)

    @invariant()
    def who_observes_turns_nothing_but_what_operators_say(self) -> None:
        if self.observes and not self.commanded:
            assert self.memory.switch.turns == []

    @invariant()
    def every_strike_is_a_pause_on_record_and_every_pause_a_strike(self) -> None:
        decided = [
            entry.time
            for entry in self.memory.streams.entries(ACME, "decided")
            if entry.action in ("pause", "hold") and entry.reason != "operator" and entry.outcome != "already_off"
        ]
        if decided:
            remembered = [at for at in decided if decided[-1] - at < 30 * DAY]
            assert list(self.state.strikes) == remembered

    def teardown(self) -> None:
        """Left alone for ten minutes, everything is as wanted, told and on record."""
        self.fault = self.newer = None
        self.cloudwatch_fails = False
        if self.record is not None and self.state.left is not None:
            self.the_stream_returns()
        self.running(self.look)
        for _ in range(10):
            self.now += MINUTE
            self.alarms.now_is = self.now
            assert self.running(lambda: sweep(self.memory.deps, self.alarms, self.now))
            self.alarms.evaluate()
            self.collect()
            for body in self.pool:
                assert self.running(partial(enforce, self.memory.deps, body, self.now))
            self.pool.clear()
        record = self.record
        if record is None:
            return
        assert (record.switch_due, record.announce, record.trouble) == ("", (), "")
        if (
            not self.observes and record.state.status is not Status.HEALTHY
        ):  # the daily comparison of the healthy is not the sweep's
            assert record.state.off is not self.on
        assert record.state.reminded or not record.state.only_waits_for_word(self.now), "an owner was not reminded"
        if self.on and not record.state.off:
            assert weigh_now(self.memory.deps, record, self.now).verdict.risk < 1, "a pause was lost"
        entries = self.memory.streams.entries(ACME)
        asked = sum(it.outcome == "asked" or (it.kind == "drift" and it.switch_due != "") for it in entries)
        done = sum(it.kind == "done" and it.outcome != "failed" for it in entries)
        # A set that goes takes what is due along, and one that comes back is turned off again unasked.
        assert asked == done or self.has_left
        told = {event["detail"]["id"] for event in self.memory.bus.events}
        assert told >= {event for it in entries if it.kind == "announced" for event in it.events}


Guarded.TestCase.settings = settings(max_examples=examples(250), stateful_step_count=50, deadline=None)
test_the_guard = Guarded.TestCase
