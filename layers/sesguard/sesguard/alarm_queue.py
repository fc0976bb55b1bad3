"""Take what AlarmQueue brings: an alarm on a stream is queued for SES, one on an account calls its shield.

Posture's word on a domain turns nothing, so it waits for nobody.

A message is read once, here, and decided once, when it is served.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sesguard.account.alarms import note_account_alarm
from sesguard.bus.events import Outcome, event_id, operator_notice
from sesguard.errors import RecordError
from sesguard.pausing.decision import Alarm, RefusalSeen
from sesguard.pausing.enforce import Result, act, alarm_fields, alarm_of, weigh_now
from sesguard.pausing.follow_elsewhere import follow_elsewhere
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import PauseQueue, RegisteredStreams, TenantStreams
from sesguard.pausing.record import QueuedAlarm
from sesguard.signals.alarm_condition import MEND
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.cloudwatch_alarm import AccountSignal, AlarmSignal, Unreadable, read
from sesguard.signals.guard_message import read_domain_refusal, read_pause_request, read_paused_elsewhere
from sesguard.stream import StreamId

NOT_OVER = "not_over"
"""The reason of a result: the alarm does not say that a rate was over, so that it pauses nobody."""


@dataclass(frozen=True, slots=True)
class AlarmQueueDeps:
    """What taking a message of AlarmQueue needs. home: the guard's own account and region."""

    pausing: PausingDeps
    queue: PauseQueue
    tenant_streams: TenantStreams
    registry: RegisteredStreams
    home: StreamId


def enqueue(deps: AlarmQueueDeps, body: str, now: datetime) -> list[Result]:
    """Take one message: what is to be decided with SES is queued, the rest is noted. Returns a result a stream.

    Raises AwsError or ConflictError: then it has to come again; msgspec.DecodeError for what never can be used.
    """
    request = read_pause_request(body)
    if request is not None:
        alarm = Alarm(AlarmValue.ALARM, min(request.at, now), own=True)
        return [_queue(deps, QueuedAlarm(request.stream, request.risk, alarm, {}))]
    refusal = read_domain_refusal(body)
    if refusal is not None:
        seen = RefusalSeen(refusal.domain, refusal.refused, min(refusal.at, now))
        return [act(deps.pausing, refusal.stream, seen, now)]
    there = read_paused_elsewhere(body)
    if there is not None:
        return follow_elsewhere(deps.pausing, deps.queue, deps.registry, deps.home, there, now)
    signal = read(body)
    if isinstance(signal, Unreadable):
        _tell_unreadable(deps.pausing, signal, now)
        return [Result(None, reason=signal.problem.value)]
    if signal.objection:
        if signal.value is AlarmValue.ALARM:
            _tell_not_over(deps.pausing, signal, now)
        return [Result(signal.home if isinstance(signal, AccountSignal) else signal.stream, reason=NOT_OVER)]
    if isinstance(signal, AccountSignal):
        return [Result(signal.home, reason="account", outcome=note_account_alarm(deps.pausing, signal, now))]
    if signal.value is AlarmValue.INSUFFICIENT_DATA:
        return [Result(signal.stream, reason="no_change")]
    if signal.value is AlarmValue.OK and not signal.tenant and _changes_nothing(deps, signal):
        return [Result(signal.stream, reason="no_change")]
    return [
        _queue(
            deps, QueuedAlarm(stream, _urgency(deps, stream, signal, now), alarm_of(signal, now), alarm_fields(signal))
        )
        for stream in _streams(deps, signal, now)
    ]


def _changes_nothing(deps: AlarmQueueDeps, signal: AlarmSignal) -> bool:
    """Whether there is nothing that this OK could end."""
    record = deps.pausing.streams.load(signal.stream)
    heard = record.state.heard.get(signal.alarm_name)
    awaited = record.state.off or record.switch_due or record.announce or record.waiting is not None
    return not awaited and (heard is None or not heard.up)


def _streams(deps: AlarmQueueDeps, signal: AlarmSignal, now: datetime) -> list[StreamId]:
    """The streams that the alarm is on: one, or all of an SES tenant, where there are any."""
    if not signal.tenant:
        return [signal.stream]
    streams = list(deps.tenant_streams.streams_of(signal.stream, signal.tenant))
    if not streams and signal.value is AlarmValue.ALARM:
        detail = f"TenantName: SES lists no configuration set of tenant {signal.tenant} here"
        _tell(deps.pausing, signal.alarm_name, detail, f"no-streams/{signal.tenant}/{signal.alarm_name}", now)
    return streams


def _urgency(deps: AlarmQueueDeps, stream: StreamId, signal: AlarmSignal, now: datetime) -> float:
    """Who is served first: the riskiest, and those that may resume last.

    The guard's own alarm says the risk itself. Somebody else's may rest on what the guard does not see: it is worth a
    pause.
    """
    if signal.value is not AlarmValue.ALARM:
        return 0.0
    if signal.risk is not None:
        return signal.risk
    try:
        record = deps.pausing.streams.load(stream)
    except RecordError:
        return 1.0  # served, it is told
    return max(1.0, weigh_now(deps.pausing, record, now).verdict.risk)


def _queue(deps: AlarmQueueDeps, queued: QueuedAlarm) -> Result:
    deps.queue.enqueue(queued)
    return Result(queued.stream, reason="queued", outcome=Outcome.ASKED)


def _tell_not_over(deps: PausingDeps, signal: AlarmSignal | AccountSignal, now: datetime) -> None:
    detail = f"It does not say that a rate was over its limit: {signal.objection}. The alarm: {signal.looks}"
    _tell(deps, signal.alarm_name, detail, f"not-over/{signal.alarm_name}/{event_id(signal.objection)}", now, MEND)


def _tell_unreadable(deps: PausingDeps, message: Unreadable, now: datetime) -> None:
    key = f"unreadable/{message.problem}/{message.alarm_name}/{now:%Y-%m-%d}"
    _tell(deps, message.alarm_name, message.detail, key, now)


_EXPECTED = (
    "An alarm that is to pause a tenant has to be on Reputation.BounceRate or Reputation.ComplaintRate of AWS/SES with "
    "the dimension ses:configuration-set, one configuration set an alarm, or with TenantName."
)


def _tell(deps: PausingDeps, name: str, detail: str, key: str, now: datetime, mend: str = _EXPECTED) -> None:
    text = f'A message on the alarm topic paused nobody. Alarm: "{name or "(no name)"}". {detail}. {mend}'
    deps.bus.publish([operator_notice("An alarm message paused nobody", text, key, now)])
