"""Look after the streams that are not healthy, every minute: nothing that was lost stays lost.

For each of them: do what is still due, publish its risk, end its cool-down, remind an owner whose word alone is
missing, end its watch or probation, and set right what differs from what is wanted. The cost is bounded by their
number, whatever the number of streams.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sesguard.detection.weigh import Verdict
from sesguard.errors import SesguardError
from sesguard.pausing.backlog import drop_out, evidence_gone
from sesguard.pausing.decide import Action, Alarm, Decision, Look, decide
from sesguard.pausing.enforce import Weighed, act, carry_out, evidence_of, weigh_now
from sesguard.pausing.intent import TURNS_OFF
from sesguard.pausing.outbox import PausingDeps, complete_announcements, complete_switch
from sesguard.pausing.ports import Alarms
from sesguard.pausing.reconcile import reconcile
from sesguard.pausing.record import AlarmNow, StreamRecord
from sesguard.pausing.state import Status
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

# How long an alarm's message may take before the sweep acts without it.
PATIENCE: Final = timedelta(minutes=2)
# SES takes one control call a second for an account and region, and pauses must find room beside these looks:
# https://docs.aws.amazon.com/ses/latest/dg/quotas.html. With more streams than that they take turns.
LOOKS: Final = 15

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Swept:
    """What a sweep did: streams looked after, those that failed with the first error's code, and what was done.

    left: streams that there was no time for; the next sweep begins elsewhere.
    """

    streams: int = 0
    left: int = 0
    failed: dict[StreamId, str] = field(default_factory=dict)
    actions: list[tuple[StreamId, Action]] = field(default_factory=list)
    repaired: list[StreamId] = field(default_factory=list)

    def compare(self, deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
        """Compare a stream with SES, and note it where that differed. Raises AwsError or ConflictError."""
        reconciled = reconcile(deps, record, now)
        if reconciled is None:
            return record
        self.repaired.append(record.stream)
        return reconciled

    @contextmanager
    def meanwhile(self, stream: StreamId) -> Iterator[None]:
        """Note what fails within, and go on with the rest."""
        try:
            yield
        except SesguardError as error:
            self.failed.setdefault(stream, getattr(error, "code", type(error).__name__))
            _log.warning("stream %s: %s", stream, error)


def sweep(
    deps: PausingDeps,
    alarms: Alarms,
    now: datetime,
    time_left: Callable[[], bool] = lambda: True,
    queued: frozenset[StreamId] = frozenset(),
) -> Swept:
    """Look after all streams that are not healthy. One that fails stops no other, and is there again a minute later.

    queued: whose alarm is queued for SES, which is left to that; then nobody is compared either.
    Raises AwsError where not even the list of them can be read.
    """
    streams = _from_another_start(sorted(deps.streams.not_healthy()), now)
    swept = Swept(streams=len(streams))
    round_ = _Round(deps, alarms, _states(alarms, streams), now, swept, queued, metrics=[])
    to_look = frozenset() if queued else in_turn(streams, now)
    for done, stream in enumerate(streams):
        if not time_left():
            swept.left = len(streams) - done
            break
        with swept.meanwhile(stream):
            _look_after(round_, stream, look=stream in to_look)
    try:
        alarms.publish(round_.metrics)
    except SesguardError as error:
        _log.warning("metrics not published: %s", error)
        for stream, _ in round_.metrics:
            swept.failed.setdefault(stream, "NotPublished")
    return swept


def _from_another_start(streams: list[StreamId], now: datetime) -> list[StreamId]:
    """Begin each minute elsewhere, so that nobody is always last when there is not time for all."""
    start = int(now.timestamp() // 60) * LOOKS % max(1, len(streams))
    return streams[start:] + streams[:start]


def in_turn(streams: Sequence[StreamId], now: datetime) -> frozenset[StreamId]:
    """Choose whom to compare with SES in this minute: up to LOOKS streams of each account and region, by turns."""
    homes: dict[tuple[str, str], list[StreamId]] = {}
    for stream in sorted(streams):
        homes.setdefault(stream[:2], []).append(stream)
    minute = int(now.timestamp() // 60)
    return frozenset(home[(minute * LOOKS + n) % len(home)] for home in homes.values() for n in range(LOOKS))


@dataclass(frozen=True, slots=True)
class _Round:
    deps: PausingDeps
    alarms: Alarms
    states: Mapping[StreamId, AlarmNow] | None
    now: datetime
    swept: Swept
    queued: frozenset[StreamId]
    metrics: list[tuple[StreamId, Verdict]]


def _states(alarms: Alarms, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow] | None:
    """The state of each stream's alarm; None where CloudWatch cannot say, which must not stop the rest."""
    try:
        return alarms.now(streams)
    except SesguardError as error:
        _log.warning("alarms not read: %s", error)
        return None


def _look_after(round_: _Round, stream: StreamId, *, look: bool) -> None:
    deps, now, meanwhile = round_.deps, round_.now, round_.swept.meanwhile
    record = deps.streams.load(stream)
    with meanwhile(stream):
        record = complete_switch(deps, record, now)
    with meanwhile(stream):
        record = complete_announcements(deps, record, now)
    if record.state.status is Status.HEALTHY:
        return
    if look:
        with meanwhile(stream):
            record = round_.swept.compare(deps, record, now)
    if round_.states is not None and stream not in round_.states:
        with meanwhile(stream):
            round_.alarms.ensure(stream, record.alarm)
    if record.state.off:
        _wait(round_, record)
    else:
        _watch(round_, record)


def _wait(round_: _Round, record: StreamRecord) -> None:
    """A stream that is off: keep its alarm up until it may come back, then let the alarm go, whose OK resumes it.

    Where only the owner's word is missing, that is announced once.
    """
    stream, now = record.stream, round_.now
    if not record.state.may_resume(now):
        weighed = weigh_now(round_.deps, record, now)
        round_.metrics.append((stream, weighed.verdict._replace(risk=max(weighed.verdict.risk, 1.0))))
        decision = decide(record.state, Look(), weighed.verdict, record.policy, now)
        if decision.action is not Action.NONE:
            _carry_out(round_, record, decision, weighed)
        return
    round_.metrics.append((stream, Verdict(int(now.timestamp() // 60), 0.0, None, None, 0)))
    alarm = (round_.states or {}).get(stream)
    if stream in round_.queued:
        return
    if alarm is not None and alarm.value is AlarmValue.OK and now - alarm.since >= PATIENCE:
        # It is OK already, so that no change of it will come; or its message is lost.
        result = act(round_.deps, stream, Alarm(AlarmValue.OK, now), now)
        if result.action is not Action.NONE:
            round_.swept.actions.append((stream, result.action))


def _watch(round_: _Round, record: StreamRecord) -> None:
    """A stream that is on and not healthy: end its watch or probation, or have its alarm pause it."""
    stream, now = record.stream, round_.now
    weighed = weigh_now(round_.deps, record, now)
    round_.metrics.append((stream, weighed.verdict))
    if record.waiting is not None:
        if evidence_gone(record, weighed.verdict):
            drop_out(round_.deps, record, now)
        return
    decision = decide(record.state, Look(), weighed.verdict, record.policy, now)
    alarm = (round_.states or {}).get(stream)
    # Tripping an alarm that is up fires nothing: if it has been up for long, its message is lost or about what is over.
    if decision.action in TURNS_OFF and (stream in round_.queued or _tripped(round_, stream, alarm, weighed)):
        return
    _carry_out(round_, record, decision, weighed)


def _carry_out(round_: _Round, record: StreamRecord, decision: Decision, weighed: Weighed) -> None:
    result = carry_out(round_.deps, record, decision, evidence_of(weighed), round_.now)
    if result.action is not Action.NONE:
        round_.swept.actions.append((record.stream, result.action))


def _tripped(round_: _Round, stream: StreamId, alarm: AlarmNow | None, weighed: Weighed) -> bool:
    """Whether the alarm has been tripped, or was not long ago, so that its message is on its way."""
    if alarm is not None and alarm.value is AlarmValue.ALARM:
        return round_.now - alarm.since < PATIENCE
    try:
        round_.alarms.trip(stream, weighed.explanation.sentence if weighed.explanation else "")
    except SesguardError as error:
        _log.warning("alarm of stream %s not tripped: %s", stream, error)
        return False
    return True
