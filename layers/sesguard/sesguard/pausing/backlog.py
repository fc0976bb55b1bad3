"""Automatic pauses that find no room under the cap on them: they are put on record, and the operator is called once.

A stream whose pause waits stays as it was (watched, or on probation): it sends on, its alarm stays up, and the sweep
looks after it. What ends the waiting is an operator's word (``pausing.backlog_command``), or that its ground is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Event, Outcome, iso, operator_notice
from sesguard.detection.weigh import Verdict
from sesguard.pausing.budget import Grant
from sesguard.pausing.decide import Alarm, Decision, Reason, Signal
from sesguard.pausing.intent import journal_entry, keep_in_sight
from sesguard.pausing.outbox import PausingDeps, complete
from sesguard.pausing.record import StreamRecord, Waiting
from sesguard.signals.alarm_value import AlarmValue


def room_for(deps: PausingDeps, record: StreamRecord, now: datetime) -> Grant:
    """Claim room for a pause of the stream; what waits already gets none. Raises AwsError or ConflictError."""
    if record.waiting is not None:
        return Grant(granted=False)
    return deps.slots.claim(_name(record), now)


def put_off(
    deps: PausingDeps,
    record: StreamRecord,
    decision: Decision,
    evidence: Mapping[str, Any],
    room: Grant,
    now: datetime,
) -> None:
    """Put on record that the pause of ``decision`` waits. Raises AwsError or ConflictError."""
    taken = replace(record, state=replace_state(record.state, alarm_at=decision.state.alarm_at))
    if record.waiting is not None:
        complete(deps, deps.streams.save(taken) if taken.state != record.state else record, now)
        return
    alarm = evidence.get("alarm", {}).get("name", "")
    waiting = Waiting(now, decision.reason.value, evidence.get("risk", 0.0), alarm)
    seen = keep_in_sight(taken, now)
    waits = replace(seen, waiting=waiting, announce=(*record.announce, _call(room.full_since or now, now)))
    entry = journal_entry(
        record,
        "backlog",
        now,
        incident=seen.state.incident,
        reason=waiting.reason,
        to=seen.state.status.value,
        outcome=Outcome.WAITS.value,
        evidence=dict(evidence),
    )
    complete(deps, deps.streams.save(waits, (entry,)), now)


def drop_out(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Let a waiting pause go whose ground is gone. Raises AwsError or ConflictError."""
    entry = journal_entry(record, "backlog", now, outcome=Outcome.VANISHED.value)
    return deps.streams.save(replace(record, waiting=None), (entry,))


def evidence_gone(record: StreamRecord, verdict: Verdict) -> bool:
    """Whether the evidence for the waiting pause has come down to less than would be warned of."""
    return record.waiting is not None and record.waiting.risk >= 1 and verdict.risk < record.policy.warn_at


def alarm_gone(record: StreamRecord, signal: Signal, about: Mapping[str, Any] | None) -> bool:
    """Whether the one alarm that the waiting pause rests on says that all is well."""
    if record.waiting is None or record.waiting.reason != Reason.ALARM:
        return False
    named = (about or {}).get("alarm", {}).get("name", "")
    return isinstance(signal, Alarm) and signal.value is AlarmValue.OK and named == record.waiting.alarm


def _name(record: StreamRecord) -> str:
    """Names a pause: a stream can be paused once between two resumes, however often that is tried."""
    life = f"{record.stream}\n{iso(record.state.counted_from) if record.state.counted_from else ''}"
    return hashlib.sha256(life.encode("utf-8", "replace")).hexdigest()[:16]


def _call(full_since: datetime, now: datetime) -> Event:
    text = (
        "The guard has paused as many streams within an hour as it may by itself, and evidence says that more should "
        "be paused. That many at once mean that something else is wrong: a mailbox provider that refuses everybody's "
        "mail, or a mistake in what the guard is told. These streams send on, and their pauses wait for you:\n"
        "  sesguard backlog list                       shows them, the worst first\n"
        '  sesguard backlog approve --all --reason "…"  pauses them, or only those that you name\n'
        '  sesguard backlog dismiss --all --reason "…"  lets them be: only mail sent from then on weighs\n'
        "You are called once until an hour has passed in which none had to wait."
    )
    return operator_notice("Pauses wait for you: too many in an hour", text, f"blast-radius/{iso(full_since)}", now)
