"""Compare what is wanted of a stream's sending with what SES says of it. Pure.

Three can turn a stream off and on: the guard, an operator, AWS. Each undoes only its own, so what differs is set right
where the guard did it, and taken over as it is where somebody else did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Event, Outcome, iso, operator_notice
from sesguard.pausing.announce import transition
from sesguard.pausing.decision import Action, Decision, Reason
from sesguard.pausing.journal import DriftEntry, head_of
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.state import Origin, Status
from sesguard.policy import Mode

_BACK: Final[Mapping[Origin | None, tuple[Reason, Outcome]]] = {Origin.AWS: (Reason.AWS, Outcome.ON_BY_AWS)}


class Repair(NamedTuple):
    """The record that takes a difference into account, and the journal's entry about it."""

    record: StreamRecord
    journal: tuple[DriftEntry, ...]


def repair(record: StreamRecord, sending: Sending, now: datetime) -> Repair | None:
    """Say what to do about a difference; None where there is none, or nothing to be done about it."""
    nowhere = sending in {Sending.UNKNOWN_SET, Sending.OUT_OF_REACH}
    if record.switch_due or nowhere or record.state.off is (sending is not Sending.ON):
        return None
    if sending is Sending.OFF_BY_AWS:
        return _taken_over(record, Origin.AWS, Reason.AWS, Outcome.OFF_BY_AWS, now)
    return _found_on(record, now) if sending is Sending.ON else _found_off(record, now)


def _found_on(record: StreamRecord, now: datetime) -> Repair | None:
    state = record.state
    if record.turned_off or state.status is Status.HELD:
        notice = _notice(record, now)
        again = replace(record, switch_due="off", turned_off=True, announce=(*record.announce, notice))
        return _on_record(record, again, Outcome.FOUND_ON, now)
    if state.origin is not Origin.GUARD:
        reason, outcome = _BACK.get(state.origin, (Reason.FOUND, Outcome.FOUND_ON))
        return _follow(record, Decision(Action.RESUME, state.resumed(now), reason), outcome, now)
    if record.policy.mode is Mode.OBSERVE:
        return None
    # A pause that was observed only, of a stream that is to be paused in earnest by now.
    event = transition(record, Decision(Action.PAUSE, state, Reason.ENFORCED), Outcome.ASKED, {}, now)
    real = replace(record, switch_due="off", turned_off=True, announce=(*record.announce, event))
    return _on_record(record, real, Outcome.ASKED, now)


def _found_off(record: StreamRecord, now: datetime) -> Repair:
    if record.turned_off:
        return _on_record(record, replace(record, switch_due="on"), Outcome.FOUND_OFF, now)
    return _taken_over(record, Origin.OPERATOR, Reason.FOUND, Outcome.FOUND_OFF, now)


def _taken_over(record: StreamRecord, origin: Origin, reason: Reason, outcome: Outcome, now: datetime) -> Repair:
    """Record that ``origin`` has turned sending off. Only they undo it, or an operator."""
    off = replace_state(
        record.state,
        status=Status.PAUSED,
        since=now,
        calm_since=None,
        origin=origin,
        cool_down_until=None,
        incident=record.state.incident or iso(now),
    )
    return _follow(record, Decision(Action.PAUSE, off, reason), outcome, now)


def _follow(record: StreamRecord, decision: Decision, outcome: Outcome, now: datetime) -> Repair:
    """Take over what somebody else did: nothing is turned."""
    event = transition(record, decision, outcome, {}, now)
    followed = replace(record, state=decision.state, announce=(*record.announce, event), waiting=None)
    return _on_record(record, followed, outcome, now)


def _on_record(before: StreamRecord, after: StreamRecord, outcome: Outcome, now: datetime) -> Repair:
    entry = DriftEntry(
        *head_of(DriftEntry, before, now, after.state.incident or before.state.incident),
        outcome=outcome.value,
        to=after.state.status.value,
        origin=after.state.origin.value if after.state.origin else "",
        switch_due=after.switch_due,
    )
    return Repair(after, (entry,))


def _notice(record: StreamRecord, now: datetime) -> Event:
    text = f"Somebody turned sending of {record.stream} on while it is {record.state.status.value}: turned off again."
    key = f"drift/{record.stream}/{record.version}"
    return operator_notice(f"Sending of {record.stream.configuration_set} was turned on", text, key, now, record.stream)
