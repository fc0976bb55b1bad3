"""Take alarms on the rates of a whole account: they pause nobody by themselves, but call the account shield."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec.structs import replace as replace_struct

from sesguard.bus.events import Outcome
from sesguard.errors import AwsError
from sesguard.pausing.journal import AccountEntry, head_of
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.saving import until_saved
from sesguard.pausing.state import AccountAlarm, StreamState
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.cloudwatch_alarm import AccountSignal

_log = logging.getLogger(__name__)

_MOST: Final = 20
"""Alarms of one account that are remembered, the newest."""


def note_account_alarm(deps: PausingDeps, signal: AccountSignal, now: datetime) -> Outcome:
    """Put on record what an alarm on the account says; the sweep does the rest. Raises AwsError or ConflictError.

    Of one alarm the newest message holds; that it is OK is only worth a record where it was up.
    """
    at = min(signal.at, now)

    def once() -> Outcome:
        record = deps.streams.load(signal.home)
        known = record.state.alarms.get(signal.alarm_name)
        up = signal.value is AlarmValue.ALARM
        if signal.value is AlarmValue.INSUFFICIENT_DATA or (known is not None and at <= known.at):
            return Outcome.NOTED
        if known is None and not up:
            return Outcome.NOTED
        alarm = AccountAlarm(tuple(sorted(signal.kinds)), up, at, signal.reason)
        alarms = {**record.state.alarms, signal.alarm_name: alarm}
        newest = sorted(alarms.items(), key=lambda it: it[1].at)[-_MOST:]
        noted = replace(record, state=replace_struct(record.state, alarms=dict(newest)))
        says = {"alarm": {"name": signal.alarm_name, "own": False, "reason": signal.reason}}
        head = head_of(AccountEntry, record, now)
        entry = AccountEntry(*head, outcome="alarm" if up else "ok", evidence=says)
        deps.streams.save(noted, (entry,))
        return Outcome.NOTED

    return until_saved(once)


def kinds_up(state: StreamState) -> frozenset[str]:
    """The kinds of rate on which an alarm of the account is up."""
    return frozenset(kind for alarm in state.alarms.values() if alarm.up for kind in alarm.kinds)


def drop_alarms_that_are_over(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Ask CloudWatch whether alarms that rose a while ago are up still; the record as it is then.

    Who deletes an alarm while it is up, or redrives its message days later, brings no OK: the account would be at risk
    for ever, and when it next is, nobody would be told. Where CloudWatch cannot say, they stay up. Raises AwsError or
    ConflictError where it cannot be put on record.
    """
    state = record.state
    rose = {name for name, alarm in state.alarms.items() if alarm.up and now - alarm.at > record.policy.alarm_age}
    if not rose:
        return record
    try:
        over = rose - deps.alarm_states.up(rose)
    except AwsError as error:
        _log.warning("alarms of account %s not read: %s", record.stream, error)
        return record
    if not over:
        return record
    alarms = {name: replace_struct(alarm, up=alarm.up and name not in over) for name, alarm in state.alarms.items()}
    says = {"alarm": {"name": ", ".join(sorted(over)), "own": False, "reason": "CloudWatch says that it is not up"}}
    entry = AccountEntry(*head_of(AccountEntry, record, now), outcome="ok", evidence=says)
    return deps.streams.save(replace(record, state=replace_struct(state, alarms=alarms)), (entry,))
