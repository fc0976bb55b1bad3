"""Take what AlarmQueue brings: an alarm on a stream is queued for SES, one on an account calls its shield."""

from __future__ import annotations

from datetime import datetime

from sesguard.account.alarms import note_account_alarm
from sesguard.bus.events import Outcome, operator_notice
from sesguard.pausing.decide import Action, decide
from sesguard.pausing.enforce import Result, act, alarm_fields, alarm_of, weigh_stream
from sesguard.pausing.intent import TURNS_OFF
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import PauseQueue
from sesguard.pausing.record import QueuedAlarm
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.cloudwatch_alarm import AccountSignal, Unreadable, read


def enforce(deps: PausingDeps, body: str, now: datetime) -> Result:
    """Act on the body of one alarm message. Raises AwsError or ConflictError: then it has to come again."""
    signal = read(body)
    if isinstance(signal, Unreadable):
        _tell_unreadable(deps, signal, now)
        return Result(None, reason=signal.problem.value)
    if isinstance(signal, AccountSignal):
        outcome = note_account_alarm(deps, signal, now)
        return Result(signal.home, reason="account", outcome=outcome)
    return act(deps, signal.stream, alarm_of(signal, now), now, alarm_fields(signal))


def _tell_unreadable(deps: PausingDeps, message: Unreadable, now: datetime) -> None:
    name = message.alarm_name or "(no name)"
    text = (
        f'A message on the alarm topic paused nobody. Alarm: "{name}". {message.detail}. '
        "An alarm that is to pause a tenant has to be on Reputation.BounceRate or Reputation.ComplaintRate of AWS/SES "
        "with the dimension ses:configuration-set, one configuration set an alarm."
    )
    key = f"unreadable/{message.problem}/{message.alarm_name}/{now:%Y-%m-%d}"
    deps.bus.publish([operator_notice("An alarm message paused nobody", text, key, now)])


def enqueue(deps: PausingDeps, turns: PauseQueue, body: str, now: datetime) -> Result:
    """Take one alarm message: line it up where it needs SES, else act on it.

    Raises AwsError or ConflictError: then it has to come again.
    """
    signal = read(body)
    if isinstance(signal, Unreadable | AccountSignal):
        return enforce(deps, body, now)
    alarm = alarm_of(signal, now)
    record = deps.streams.load(signal.stream)
    weighed = weigh_stream(deps, record, alarm, now)
    decision = decide(record.state, alarm, weighed.verdict, record.policy, now)
    if decision.action not in {*TURNS_OFF, Action.RESUME} and not record.switch_due:
        return enforce(deps, body, now)
    # Somebody else's alarm may rest on what the guard does not see: it is worth a pause. A resume can wait.
    risk = max(weighed.verdict.risk, 1.0) if alarm.value is AlarmValue.ALARM else 0.0
    turns.enqueue(QueuedAlarm(signal.stream, risk, alarm, alarm_fields(signal)))
    return Result(signal.stream, decision.action, decision.reason.value, Outcome.ASKED)
