"""What a decision puts on record before anything is done: the state, what is due, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Outcome, iso
from sesguard.pausing.announce import TRANSITIONS, transition
from sesguard.pausing.decision import Action, Decision, Reason
from sesguard.pausing.journal import UNSIGNED, DecisionEntry, JournalEntry, Signature, head_of
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.state import Origin, Status
from sesguard.policy import Mode

TURNS_OFF = frozenset({Action.PAUSE, Action.HOLD})
_WHOSE: Final = {Sending.OFF: Outcome.ALREADY_OFF, Sending.OFF_BY_AWS: Outcome.OFF_BY_AWS}


def outcome_of(record: StreamRecord, decision: Decision, sending: Sending | None) -> Outcome:
    """Say what can become of ``decision``; ASKED where the switch has to be turned for it.

    sending: what SES said just now, for decisions that turn sending off.
    An operator is obeyed in every mode, and the guard's own pause is undone in every mode.
    """
    by_operator = decision.reason is Reason.OPERATOR
    if decision.action in TURNS_OFF:
        if sending is Sending.UNKNOWN_SET:
            return Outcome.UNKNOWN_SET
        if sending is Sending.OUT_OF_REACH:
            return Outcome.OBSERVED
        if sending in _WHOSE and not record.turned_off:
            return _WHOSE[sending]
        return Outcome.ASKED if by_operator or record.policy.mode is Mode.ENFORCE else Outcome.OBSERVED
    if decision.action is Action.RESUME:
        return Outcome.ASKED if by_operator or record.turned_off else Outcome.LEFT
    return Outcome.NOTED


def intend(
    record: StreamRecord,
    decision: Decision,
    outcome: Outcome,
    evidence: Mapping[str, Any],
    now: datetime,
    by: Signature = UNSIGNED,
) -> tuple[StreamRecord, tuple[JournalEntry, ...]]:
    """Lay ``decision`` over ``record``: the record to save and the journal's entries to go with it.

    by: whose word it was, and why, for the entry.

    A decision that changes nothing but what is remembered (an alarm's time, how long it has been calm) has no entry.
    """
    if outcome is Outcome.ALREADY_OFF:
        decision = _not_ours(record, decision, Origin.OPERATOR)
    elif outcome is Outcome.OFF_BY_AWS:
        decision = _not_ours(record, decision, Origin.AWS)
    asked = outcome is Outcome.ASKED
    announce = record.announce
    if decision.action in TRANSITIONS:
        announce = (*announce, transition(record, decision, outcome, evidence, now))
    intended = replace(
        record,
        state=decision.state,
        switch_due=("off" if decision.action in TURNS_OFF else "on") if asked else record.switch_due,
        turned_off=record.turned_off or (asked and decision.action in TURNS_OFF),
        announce=announce,
        waiting=record.waiting if decision.action is Action.NONE else None,
        proposed=None if decision.action in TURNS_OFF else record.proposed,
    )
    if decision.action is Action.NONE and decision.reason not in {Reason.OPERATOR, Reason.ACKNOWLEDGED}:
        return intended, ()
    entry = DecisionEntry(
        *head_of(DecisionEntry, record, now, decision.state.incident or record.state.incident),
        action=decision.action.value,
        reason=decision.reason.value,
        to=decision.state.status.value,
        mode=record.policy.mode.value,
        outcome=outcome.value,
        evidence=dict(evidence),
        **by._asdict(),
    )
    return intended, (entry,)


def keep_in_sight(record: StreamRecord, now: datetime) -> StreamRecord:
    """Watch a stream that its alarm is about to pause: should the alarm's message get lost, the sweep sees it."""
    if record.state.status is not Status.HEALTHY:
        return record
    watched = replace_state(record.state, status=Status.WATCHED, since=now, incident=iso(now))
    return replace(record, state=watched)


def _not_ours(record: StreamRecord, decision: Decision, origin: Origin) -> Decision:
    """``origin`` had turned sending off: record that it is off, and leave the undoing to whoever did it."""
    state = decision.state
    if state.origin is Origin.GUARD:
        state = replace_state(
            state,
            status=Status.PAUSED,
            origin=origin,
            strikes=record.state.strikes,
            cool_down_until=None,
            acknowledge=False,
        )
    return Decision(Action.PAUSE if decision.action is Action.PAUSE else decision.action, state, decision.reason)
