"""The events of a stream's past, made anew from its journal. Pure.

The journal keeps decisions, and no event. What a decision does not hold (strikes, until when, whether the owner's word
is wanted) follows from the decisions before it by the stream's policy, which may be another one by now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType, Outcome, StreamFields, event_id
from sesguard.bus.evidence import Evidence
from sesguard.pausing.decide import needs_word
from sesguard.pausing.decision import Action, Reason
from sesguard.pausing.intent import TURNS_OFF
from sesguard.pausing.journal import DecisionEntry, DoneEntry, DriftEntry, JournalEntry
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status, StreamState, cool_down
from sesguard.policy import Policy

_TAKEN_OVER: Final = frozenset({Outcome.ALREADY_OFF, Outcome.OFF_BY_AWS})
_DRIFTED: Final = {Outcome.ASKED: Reason.ENFORCED, Outcome.OFF_BY_AWS: Reason.AWS, Outcome.ON_BY_AWS: Reason.AWS}


def past_transition(journal: Sequence[JournalEntry], event: str, kind: str, record: StreamRecord) -> Transition | None:
    """Make the event with the id ``event`` anew; None where the journal does not hold what it was made of.

    journal: all of the stream's, oldest first. record: whose policy and tenant are taken.
    """
    if kind not in list(DetailType):
        return None
    state = StreamState()
    for place, entry in enumerate(journal):
        before, state = state, _after(state, entry, record.policy)
        if isinstance(entry, DecisionEntry | DriftEntry) and event == _event_of(entry, kind):
            outcome, evidence = _settled(journal[place:]), _evidence(entry)
            if outcome is None or evidence is None:
                return None
            return _made(entry, event, DetailType(kind), (before, state), outcome, evidence, record)
    return None


def _event_of(entry: JournalEntry, kind: str) -> str:
    """The id of the event that was made with an entry: see ``announce.transition`` and ``journal.head_of``."""
    at, _, rest = entry.at.partition("#")
    version = rest.partition("#")[0]
    return event_id(entry.stream, kind, at, str(int(version) - 1)) if version.isdecimal() else ""


def _settled(since: Sequence[JournalEntry]) -> Outcome | None:
    """What became of the first entry: of what was asked, what was done next."""
    outcome = since[0].outcome
    if outcome == Outcome.ASKED:
        outcome = next((it.outcome for it in since if isinstance(it, DoneEntry)), outcome)
    return Outcome(outcome) if outcome in list(Outcome) else None


def _made(
    entry: DecisionEntry | DriftEntry,
    event: str,
    kind: DetailType,
    states: tuple[StreamState, StreamState],
    outcome: Outcome,
    evidence: Evidence,
    record: StreamRecord,
) -> Transition:
    before, state = states
    is_drift = isinstance(entry, DriftEntry)
    return Transition(
        id=event,
        at=entry.time,
        stream_fields=StreamFields(*record.stream),
        tenant=record.tenant,
        incident=entry.incident,
        action=entry.action or "",
        reason=_DRIFTED.get(Outcome(entry.outcome or ""), Reason.FOUND) if is_drift else entry.reason or "",
        before=before.status.value,
        to=state.status.value,
        mode=record.policy.mode.value if is_drift else getattr(entry, "mode", ""),
        outcome=outcome,
        evidence=evidence,
        strikes=len(state.strikes),
        resumes_after=state.cool_down_until if state.off else None,
        acknowledge=state.off and state.acknowledge,
        pause=state.unacknowledged,
        kind=kind,
    )


def _evidence(entry: JournalEntry) -> Evidence | None:
    """What an entry rests on; None where this version cannot read it."""
    try:
        return msgspec.convert(entry.evidence or {}, Evidence, strict=False)
    except msgspec.ValidationError:
        return None


def _after(state: StreamState, entry: JournalEntry, policy: Policy) -> StreamState:
    """The state that an entry led to, as far as notices tell of it."""
    if entry.to not in list(Status):
        return state
    status = Status(entry.to)
    if not isinstance(entry, DecisionEntry):
        return _found(state, status, entry.outcome or "")
    if entry.action in TURNS_OFF:
        return _paused(replace(state, status=status), entry, policy)
    if entry.action == Action.RESUME:
        strikes = state.strikes[:-1] if entry.reason == Reason.PROVIDER else state.strikes
        return StreamState(status=status, strikes=strikes)
    if entry.reason == Reason.ACKNOWLEDGED:
        return replace(state, status=status, acknowledge=False)
    return replace(state, status=status)


def _found(state: StreamState, status: Status, outcome: str) -> StreamState:
    """What somebody else had turned: only they undo it."""
    if outcome in {Outcome.OFF_BY_AWS, Outcome.FOUND_OFF}:
        return replace(state, status=status, cool_down_until=None)
    return replace(state, status=status)


def _paused(state: StreamState, entry: DecisionEntry, policy: Policy) -> StreamState:
    if entry.reason == Reason.OPERATOR:
        return state
    if entry.outcome in _TAKEN_OVER:
        return replace(state, cool_down_until=None, acknowledge=False)
    if entry.reason == Reason.PAUSED_ELSEWHERE:  # until the other's time is up, which no entry says
        return replace(state, cool_down_until=None, acknowledge=False)
    now, evidence = entry.time, _evidence(entry) or Evidence()
    strikes = (*(it for it in state.strikes if now - it < policy.strike_memory), now)
    return replace(
        state,
        strikes=strikes,
        cool_down_until=now + cool_down(len(strikes), policy),
        acknowledge=bool(evidence.kind) and evidence.risk >= 1 and needs_word(evidence.kind, evidence.rate, policy),
    )
