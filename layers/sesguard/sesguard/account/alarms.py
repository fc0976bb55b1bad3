"""Take alarms on the rates of a whole account: they pause nobody by themselves, but call the account shield."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Outcome
from sesguard.pausing.journal import AccountEntry, head_of
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.saving import until_saved
from sesguard.pausing.state import AccountAlarm, StreamState
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.cloudwatch_alarm import AccountSignal

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
        noted = replace(record, state=replace_state(record.state, alarms=dict(newest)))
        says = {"alarm": {"name": signal.alarm_name, "own": False, "reason": signal.reason}}
        head = head_of(AccountEntry, record, now)
        entry = AccountEntry(*head, outcome="alarm" if up else "ok", evidence=says)
        deps.streams.save(noted, (entry,))
        return Outcome.NOTED

    return until_saved(once)


def kinds_up(state: StreamState) -> frozenset[str]:
    """The kinds of rate on which an alarm of the account is up."""
    return frozenset(kind for alarm in state.alarms.values() if alarm.up for kind in alarm.kinds)
