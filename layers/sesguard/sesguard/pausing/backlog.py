"""Automatic pauses that find no room under the cap on them: they are put on record, and the operator is called hourly.

A stream whose pause waits stays as it was (watched, or on probation): it sends on, its alarm stays up, and the sweep
looks after it. The waiting ends when there is room again, the worst first, by an operator's word
(``pausing.backlog_command``), or because its ground is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from msgspec.structs import replace as replace_state

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import Event, Outcome, iso, operator_notice
from sesguard.detection.weigh import Verdict
from sesguard.pausing.budget import FAR, HOUR, Grant, Lane
from sesguard.pausing.decision import Alarm, Decision, Reason, Signal
from sesguard.pausing.intent import keep_in_sight
from sesguard.pausing.journal import BacklogEntry, head_of
from sesguard.pausing.outbox import PausingDeps, complete
from sesguard.pausing.record import StreamRecord, Waiting
from sesguard.signals.alarm_value import AlarmValue

_CALL_WITHIN: Final = timedelta(minutes=5)  # of a full hour, in which several sweeps make the same call
MOST_SUMMED: Final = 50
"""Waiting streams whose mail is read for the hourly call."""


class WaitingNow(NamedTuple):
    """A pause that waits, with the stream's risk now, and why it was decided."""

    record: StreamRecord
    risk: float
    reason: Reason


def claim_pause(deps: PausingDeps, record: StreamRecord, reason: Reason, risk: float, now: datetime) -> Grant:
    """Claim room for a pause of the stream for ``reason`` at ``risk``. Raises AwsError or ConflictError.

    What waits already gets its usual room from :func:`take_up` alone, which goes by who is worst. A drill takes
    nobody's room.
    """
    if record.policy.count_simulator:
        return Grant(granted=True)
    grant = Grant(granted=False)
    for lane in _lanes(reason, risk):
        if lane is Lane.USUAL and record.waiting is not None:
            break
        grant = deps.budget.claim(_name(record), now, lane)
        if grant.granted:
            break
    return grant


def take_up(deps: PausingDeps, waiting: Iterable[WaitingNow], now: datetime) -> list[StreamRecord]:
    """Claim room for those whose pause waits, the worst first, until there is none. Returns whose turn it is.

    Raises AwsError or ConflictError.
    """
    found: list[StreamRecord] = []
    full: set[Lane] = set()
    for record, risk, reason in sorted(waiting, key=lambda it: (-it.risk, it.record.stream)):
        for lane in (it for it in _lanes(reason, risk) if it not in full):
            if deps.budget.claim(_name(record), now, lane).granted:
                found.append(record)
                break
            full.add(lane)
    return found


def call_again(deps: PausingDeps, waiting: Sequence[WaitingNow], now: datetime) -> Event | None:
    """The hourly call to the operator while pauses wait, with what was sent since; None between two hours.

    Raises AwsError.
    """
    since = min(it.record.waiting.since for it in waiting if it.record.waiting is not None)
    hours, past = divmod(now - since, HOUR)
    if hours < 1 or past > _CALL_WITHIN:
        return None
    sent = bad = 0
    for record, _, _ in waiting[:MOST_SUMMED]:
        began = record.waiting.since if record.waiting is not None else now
        rows = deps.counts.history(record.stream, now, began, record.policy).rows(int(now.timestamp() // 60))
        sent += round(sum(row[1] for row in rows))
        bad += round(sum(row[4] + row[3] for row in rows))
    of = "" if len(waiting) <= MOST_SUMMED else f" {MOST_SUMMED} of"
    text = (
        f"{len(waiting)} pauses have waited for room for up to {hours} h. Since they began to wait,{of} their streams "
        f"sent {sent:,} mails, of which {bad:,} bounced or were complained about.\n{_COMMANDS}"
    )
    return operator_notice(
        f"Pauses still wait for you: {len(waiting)}", text, f"blast-radius/{iso(since)}/{hours}", now
    )


def put_off(
    deps: PausingDeps,
    record: StreamRecord,
    decision: Decision,
    evidence: Mapping[str, Any],
    grant: Grant,
    now: datetime,
    elsewhere: PausedElsewhere | None = None,
) -> None:
    """Put on record that the pause of ``decision`` waits. Raises AwsError or ConflictError."""
    taken = replace(
        record, state=replace_state(record.state, alarm_at=decision.state.alarm_at, heard=decision.state.heard)
    )
    if record.waiting is not None:
        complete(deps, deps.streams.save(taken) if taken.state != record.state else record, now)
        return
    alarm = evidence.get("alarm", {}).get("name", "")
    waiting = Waiting(now, decision.reason.value, evidence.get("risk", 0.0), alarm, elsewhere)
    seen = keep_in_sight(taken, now)
    waits = replace(seen, waiting=waiting, announce=(*record.announce, _call(grant.full_since or now, now)))
    entry = BacklogEntry(
        *head_of(BacklogEntry, record, now, seen.state.incident),
        reason=waiting.reason,
        to=seen.state.status.value,
        outcome=Outcome.WAITS.value,
        evidence=dict(evidence),
    )
    complete(deps, deps.streams.save(waits, (entry,)), now)


def drop_out(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Let a waiting pause go whose ground is gone. Raises AwsError or ConflictError."""
    entry = BacklogEntry(*head_of(BacklogEntry, record, now), outcome=Outcome.VANISHED.value)
    return deps.streams.save(replace(record, waiting=None), (entry,))


def propose(
    deps: PausingDeps, record: StreamRecord, there: PausedElsewhere, evidence: Mapping[str, Any], now: datetime
) -> None:
    """Put on record that an operator is asked for a pause, and ask. Raises AwsError or ConflictError."""
    if record.proposed is not None and not record.proposed.is_over(record.policy, now):
        complete(deps, record, now)
        return
    waiting = Waiting(now, Reason.PROPOSED.value, evidence.get("risk", 0.0), elsewhere=there)
    entry = BacklogEntry(
        *head_of(BacklogEntry, record, now),
        reason=waiting.reason,
        to=record.state.status.value,
        outcome=Outcome.WAITS.value,
        evidence=dict(evidence),
    )
    proposed = replace(record, proposed=waiting, announce=(*record.announce, _proposal(record, there, now)))
    complete(deps, deps.streams.save(proposed, (entry,)), now)


def drop_proposal(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Let a proposed pause go, as the one elsewhere is over. Raises AwsError or ConflictError."""
    entry = BacklogEntry(*head_of(BacklogEntry, record, now), outcome=Outcome.VANISHED.value)
    return deps.streams.save(replace(record, proposed=None), (entry,))


def ground_gone(record: StreamRecord, verdict: Verdict, now: datetime) -> bool:
    """Whether what the waiting pause rests on is gone: its own evidence, or the pause elsewhere."""
    over = record.waiting is not None and record.waiting.is_over(record.policy, now)
    return over or evidence_gone(record, verdict)


def evidence_gone(record: StreamRecord, verdict: Verdict) -> bool:
    """Whether the evidence for the waiting pause has come down to less than would be warned of.

    verdict: on the stream alone, which says nothing of a pause for what its tenant's streams come to together.
    """
    waiting = record.waiting
    if waiting is None or waiting.reason == Reason.TENANT:
        return False
    return waiting.risk >= 1 and verdict.risk < record.policy.warn_at


def alarm_gone(record: StreamRecord, signal: Signal, about: Mapping[str, Any] | None) -> bool:
    """Whether the one alarm that the waiting pause rests on says that all is well."""
    if record.waiting is None or record.waiting.reason != Reason.ALARM:
        return False
    named = (about or {}).get("alarm", {}).get("name", "")
    return isinstance(signal, Alarm) and signal.value is AlarmValue.OK and named == record.waiting.alarm


def _lanes(reason: Reason, risk: float) -> tuple[Lane, ...]:
    """Whose room a pause may take, in order."""
    if reason is Reason.ACCOUNT_SHIELD:
        return (Lane.SHIELD,)
    return (Lane.FAR, Lane.USUAL) if risk >= FAR else (Lane.USUAL,)


def _name(record: StreamRecord) -> str:
    """Names a claim: a tenant's streams claim once; a stream of no tenant once between two resumes."""
    life = f"{record.stream}\n{iso(record.state.counted_from) if record.state.counted_from else ''}"
    name = f"tenant\n{record.tenant}" if record.tenant else life
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]


_COMMANDS: Final = (
    "  sesguard backlog list                        shows them, the worst first\n"
    '  sesguard backlog approve --all --reason "…"  pauses them, or only those that you name\n'
    '  sesguard backlog dismiss --all --reason "…"  lets them be: only mail sent from then on weighs'
)


def _proposal(record: StreamRecord, there: PausedElsewhere, now: datetime) -> Event:
    text = (
        f"The guard of account {there.stream.account}, region {there.stream.region} has paused "
        f"{there.stream.configuration_set} of tenant {there.tenant} there ({there.reason}). {record.stream} is of the "
        "same tenant, and its policy (elsewhere: propose) asks you whether to pause it here as well. It sends on:\n"
        f'  sesguard backlog approve {record.stream} --reason "…"  pauses it until the other pause\'s time is up\n'
        f'  sesguard backlog dismiss {record.stream} --reason "…"  lets it be: only mail sent from then on weighs\n'
        "Without a word the proposal lapses when the other pause's time is up."
    )
    key = f"proposed/{record.stream}/{there.id}"
    return operator_notice(f"A pause is proposed: {record.stream.configuration_set}", text, key, now, record.stream)


def _call(full_since: datetime, now: datetime) -> Event:
    text = (
        "The guard has paused as many tenants within an hour as it may by itself, and evidence says that more should "
        "be paused. That many at once mean that something else is wrong: a mailbox provider that refuses everybody's "
        "mail, or a mistake in what the guard is told. These streams send on, and their pauses wait for room, the "
        f"worst first, or for you:\n{_COMMANDS}\n"
        "You are called again every hour while any waits."
    )
    return operator_notice("Pauses wait for you: too many in an hour", text, f"blast-radius/{iso(full_since)}", now)
