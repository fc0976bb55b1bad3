"""Look after the streams that are not healthy, every minute: nothing that was lost stays lost.

For each of them: do what is still due, publish its risk, end its cool-down, remind an owner whose word alone is
missing, end its watch or probation, and set right what differs from what is wanted. The cost is bounded by their
number, whatever the number of streams.

Several at once, and fair to all: a sweep goes on behind the stream that the last one had reached, and takes every other
stream from those whose pause is over. What needs SES, which takes one control call a second, is done one by one in
between, pauses first, so that it keeps nobody else waiting.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final, NamedTuple, TypeVar

from sesguard.detection.weigh import Verdict
from sesguard.errors import SesguardError
from sesguard.pausing.alarm_quota import AlarmQuota
from sesguard.pausing.backlog import WaitingNow, call_again, drop_out, drop_proposal, ground_gone, take_up
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Action, Alarm, Decision, Look, Pause, PauseElsewhere, Reason
from sesguard.pausing.enforce import Result, Weighed, act, carry_out, evidence_of, weigh_now
from sesguard.pausing.intent import TURNS_OFF
from sesguard.pausing.outbox import PausingDeps, complete_announcements, complete_switch
from sesguard.pausing.ports import Alarms, Parallel
from sesguard.pausing.record import AlarmNow, StreamRecord
from sesguard.pausing.state import Status
from sesguard.pausing.sweep_order import begin_behind, every_other_due, in_turn, lots
from sesguard.pausing.swept import Swept
from sesguard.pausing.unknown_volume import end_wait_for_volume
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

# How long an alarm's message may take before the sweep acts without it.
PATIENCE: Final = timedelta(minutes=2)
# How long a pause that is over may wait for its alarm to be OK: CloudWatch may fail, the stream comes back.
RESUME_PATIENCE: Final = timedelta(minutes=10)
AT_ONCE: Final = 64
"""Streams that are looked after, several at once, before SES has another go."""
CALLS_BETWEEN: Final = 4
"""Pieces of work with SES between two such lots."""

_log = logging.getLogger(__name__)

T = TypeVar("T")


class OneByOne:
    """The port ``Parallel`` of who has one worker."""

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        for item in items:
            work(item)


ONE_BY_ONE: Final = OneByOne()


def sweep(
    deps: PausingDeps,
    alarms: Alarms,
    now: datetime,
    time_left: Callable[[], bool] = lambda: True,
    queued: frozenset[StreamId] = frozenset(),
    parallel: Parallel = ONE_BY_ONE,
    start: str = "",
) -> Swept:
    """Look after all streams that are not healthy. One that fails stops no other, and is there again a minute later.

    queued: whose alarm is queued for SES, which is left to that; then nobody is compared either. start: the key of the
    stream behind which to begin, as the last sweep has ``reached`` it.
    Raises AwsError where not even the list of them can be read.
    """
    streams = begin_behind(start, sorted(deps.streams.not_healthy(), key=str))
    loaded = deps.streams.load_many(streams)
    states = Counter(record.state.status for record in loaded.records)
    swept = Swept(streams=len(streams), states=states, records=loaded.records)
    for stream, error in loaded.failed.items():
        swept.note_failure(stream, error)
    to_look = frozenset() if queued else in_turn(streams, now)
    run = _SweepRun(deps, alarms, _states(alarms, streams), now, swept, queued, to_look)
    places = {stream: place for place, stream in enumerate(streams)}
    done: set[int] = {places[stream] for stream in loaded.failed}

    def look_after(record: StreamRecord) -> None:
        if time_left():
            with swept.meanwhile(record.stream):
                _look_after(run, record)
            done.add(places[record.stream])

    records = sorted(loaded.records, key=lambda record: places[record.stream])
    for some in lots(every_other_due(records, now), AT_ONCE):
        run.work_with_ses(time_left, CALLS_BETWEEN)
        parallel.each(look_after, some)
    missed = next((place for place in range(len(streams)) if place not in done), len(streams))
    swept.left = len(streams) - len(done)
    swept.reached = str(streams[missed - 1]) if missed else start
    _publish(run)  # before SES is asked, once a second: whoever may come back waits for its alarm's OK
    _look_after_backlog(run, time_left)
    run.work_with_ses(time_left)
    return swept


class _SesWork(NamedTuple):
    """A piece of work that calls SES. The lowest rank is first, then whoever came first."""

    rank: float
    number: int
    stream: StreamId
    do: Callable[[], None]


_SWITCH_DUE, _RESUME, _COMPARE = 1.0, 2.0, 3.0  # ranks behind every pause, whose rank is -risk


@dataclass(slots=True)
class _SweepRun:
    deps: PausingDeps
    alarms: Alarms
    states: Mapping[StreamId, AlarmNow] | None
    now: datetime
    swept: Swept
    queued: frozenset[StreamId]
    to_look: frozenset[StreamId]
    metrics: list[tuple[StreamId, Verdict]] = field(default_factory=list)
    waiting: list[WaitingNow] = field(default_factory=list)
    work: list[_SesWork] = field(default_factory=list)
    ensuring: AlarmQuota = field(default_factory=AlarmQuota)
    tripping: AlarmQuota = field(default_factory=AlarmQuota)

    def with_ses(self, rank: float, stream: StreamId, do: Callable[[], None]) -> None:
        heappush(self.work, _SesWork(rank, len(self.work) + len(self.swept.actions), stream, do))

    def work_with_ses(self, time_left: Callable[[], bool], most: int | None = None) -> None:
        """Do what there is to do with SES, at most ``most`` pieces; what there is no time for is found again."""
        done = 0
        while self.work and (most is None or done < most) and time_left():
            work = heappop(self.work)
            with self.swept.meanwhile(work.stream):
                work.do()
            done += 1

    def note(self, result: Result) -> None:
        if result.action is not Action.NONE and result.stream is not None:
            self.swept.actions.append((result.stream, result.action))


def _states(alarms: Alarms, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow] | None:
    """The state of each stream's alarm; None where CloudWatch cannot say, which must not stop the rest."""
    try:
        return alarms.now(streams)
    except SesguardError as error:
        _log.warning("alarms not read: %s", error)
        return None


def _look_after(run: _SweepRun, record: StreamRecord) -> None:
    deps, now, meanwhile, stream = run.deps, run.now, run.swept.meanwhile, record.stream
    if record.switch_due:
        run.with_ses(_SWITCH_DUE, stream, lambda: _complete_switch(run, stream))
    with meanwhile(stream):
        record = complete_announcements(deps, record, now)
        if record.proposed is not None and record.proposed.is_over(record.policy, now):
            record = drop_proposal(deps, record, now)
    healthy = record.state.status is Status.HEALTHY
    if healthy and record.state.volume_missing is None:
        return
    if stream in run.to_look and not record.switch_due:
        run.with_ses(_COMPARE, stream, lambda: _compare(run, stream))
    if not healthy:
        _ensure_alarm(run, record)
    if record.state.off:
        _wait(run, record)
    else:
        _watch(run, record)


def _ensure_alarm(run: _SweepRun, record: StreamRecord) -> None:
    if run.states is not None and record.stream not in run.states and not run.ensuring.spent:
        with run.swept.meanwhile(record.stream), run.ensuring.asked():
            run.alarms.ensure(record.stream, record.alarm)


def _complete_switch(run: _SweepRun, stream: StreamId) -> None:
    deps, now = run.deps, run.now
    complete_announcements(deps, complete_switch(deps, deps.streams.load(stream), now), now)


def _compare(run: _SweepRun, stream: StreamId) -> None:
    run.swept.compare(run.deps, run.deps.streams.load(stream), run.now)


def _wait(run: _SweepRun, record: StreamRecord) -> None:
    """A stream that is off: keep its alarm up until it may come back, then let the alarm go, whose OK resumes it.

    Where only the owner's word is missing, that is announced once.
    """
    stream, now = record.stream, run.now
    if not record.state.may_resume(now):
        weighed = weigh_now(run.deps, record, now)
        run.metrics.append((stream, weighed.verdict._replace(risk=max(weighed.verdict.risk, 1.0))))
        decision = decide(record.state, Look(), weighed.verdict, record.policy, now)
        if decision.action is not Action.NONE:
            _carry_out(run, record, decision, weighed)
        return
    run.metrics.append((stream, Verdict(int(now.timestamp() // 60), 0.0, None, None, 0)))
    if stream not in run.queued and _may_come_back(run, record):
        well = Alarm(AlarmValue.OK, now, own=True)
        run.with_ses(_RESUME, stream, lambda: run.note(act(run.deps, stream, well, now)))


def _may_come_back(run: _SweepRun, record: StreamRecord) -> bool:
    """Whether not to wait for the alarm's OK any more: it has been OK for a while, or CloudWatch is of no help."""
    alarm = (run.states or {}).get(record.stream)
    if alarm is not None and alarm.value is AlarmValue.OK:
        return run.now - alarm.since >= PATIENCE
    until = record.state.cool_down_until
    return until is not None and run.now - until >= RESUME_PATIENCE


def _watch(run: _SweepRun, record: StreamRecord) -> None:
    """A stream that is on and not healthy, or waits for volume: end its watch or probation, or pause it."""
    stream, now = record.stream, run.now
    weighed = weigh_now(run.deps, record, now)
    record = end_wait_for_volume(run.deps, record, weighed.verdict.unknown, now)
    if record.state.status is not Status.HEALTHY or weighed.verdict.risk >= record.policy.warn_at:
        run.metrics.append((stream, weighed.verdict))
    if record.waiting is not None:
        if ground_gone(record, weighed.verdict, now):
            drop_out(run.deps, record, now)
        else:
            run.waiting.append(WaitingNow(record, weighed.verdict.risk, Reason(record.waiting.reason)))
        return
    decision = decide(record.state, Look(), weighed.verdict, record.policy, now)
    if decision.action not in TURNS_OFF:
        _carry_out(run, record, decision, weighed)
        return
    alarm = (run.states or {}).get(stream)
    up_since = alarm.since if alarm is not None and alarm.value is AlarmValue.ALARM else None
    if stream in run.queued or (up_since is not None and now - up_since < PATIENCE):
        return  # its message has come, or is on its way
    if up_since is None:
        if record.state.status is Status.HEALTHY:  # the others' alarms are made sure of already
            _ensure_alarm(run, record)
        _trip(run, stream, weighed)
    # Not left to the alarm: it may have been tripped a minute ago as well, and its message be lost each time.
    pause = Alarm(AlarmValue.ALARM, now, own=True)
    run.with_ses(-weighed.verdict.risk, stream, lambda: run.note(act(run.deps, stream, pause, now)))


def _carry_out(run: _SweepRun, record: StreamRecord, decision: Decision, weighed: Weighed) -> None:
    run.note(carry_out(run.deps, record, decision, evidence_of(weighed), run.now))


def _trip(run: _SweepRun, stream: StreamId, weighed: Weighed) -> None:
    """Trip the alarm, for people to see; what fails of that keeps nobody from being paused."""
    explanation = weighed.explanation
    sentence, data = (explanation.sentence, explanation.as_dict()) if explanation else ("", None)
    if run.tripping.spent:
        return
    try:
        with run.tripping.asked():
            run.alarms.trip(stream, sentence, data)
    except SesguardError as error:
        _log.warning("alarm of stream %s not tripped: %s", stream, error)


def _look_after_backlog(run: _SweepRun, time_left: Callable[[], bool]) -> None:
    """Take up pauses that wait, the worst first, as far as there is room; call the operator again for the others."""
    deps, now, waiting = run.deps, run.now, run.waiting
    if not waiting or not time_left():
        return
    taken_up: list[StreamRecord] = []
    try:
        taken_up = take_up(deps, waiting, now)
        left = [it for it in waiting if it.record not in taken_up]
        if left and (notice := call_again(deps, left, now)) is not None:
            deps.bus.publish([notice])
    except SesguardError as error:
        _log.warning("backlog: %s", error)
    risks = {it.record.stream: it for it in waiting}
    for record in taken_up:
        _take_up(run, risks[record.stream])


def _take_up(run: _SweepRun, waiting: WaitingNow) -> None:
    stream = waiting.record.stream
    there = waiting.record.waiting.elsewhere if waiting.record.waiting is not None else None
    pause = Pause(waiting.reason) if there is None else PauseElsewhere(there)

    def do() -> None:
        run.note(act(run.deps, stream, pause, run.now, granted=True))

    run.with_ses(-max(1.0, waiting.risk), stream, do)


def _publish(run: _SweepRun) -> None:
    run.swept.risks |= {stream: verdict.risk for stream, verdict in run.metrics}
    try:
        run.alarms.publish(run.metrics)
    except SesguardError as error:
        _log.warning("metrics not published: %s", error)
        for stream, _ in run.metrics:
            run.swept.failed.setdefault(stream, "NotPublished")
