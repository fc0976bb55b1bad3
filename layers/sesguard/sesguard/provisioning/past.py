"""What a stream brings with it: pauses, holds and strikes outlive its entry in the registry.

They follow the set's name, whose record stays when the stream leaves, and its identities: ``IDENTITY_LIST`` names the
streams that an identity had as its default. So leaving is no way back, under another set's or tenant's name neither,
for as long as strikes are remembered (``strike_memory`` of the policy).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from msgspec.structs import replace as replace_state

from sesguard.bus.events import Event, Outcome, iso, operator_notice
from sesguard.pausing.decision import Action, Decision, Reason
from sesguard.pausing.intent import intend
from sesguard.pausing.journal import JournalEntry, ReturnedEntry, head_of
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.policy import Mode
from sesguard.provisioning.job import Job
from sesguard.provisioning.task import IDENTITY_LIST
from sesguard.stream import StreamId
from sesguard.tenants.model import identity_key

_WEIGHT: Final = {Status.HELD: 3, Status.PAUSED: 2, Status.PROBATION: 1}
_MOST_INHERITED: Final = 50
"""Pauses of other streams that a record remembers as taken over: more sets than one identity had within a month."""


@dataclass(frozen=True, slots=True)
class Past:
    """A stream's record as it was found, and with what follows the stream laid over it.

    entries: the journal's, to be saved with ``now``. off: whether its set has to be off from the start.
    """

    found: StreamRecord
    now: StreamRecord
    entries: tuple[JournalEntry, ...]
    off: bool


def read_past(job: Job, identities: Iterable[str]) -> Past:
    """Read what follows the stream by its name and by ``identities``. Raises AwsError."""
    record = job.deps.streams.load(job.stream)
    others: dict[str, StreamRecord] = {}
    for identity in identities:
        for name in _lists_of(identity):
            for key in job.deps.rows.listed(name) - {str(job.stream), *others}:
                other = job.deps.streams.load(StreamId.parse(key))
                if _is_forgotten(other, job.now):
                    job.deps.rows.unlist(name, [key])
                others[key] = other
    return carry_over(record, [others[key] for key in sorted(others)], job.now)


def _lists_of(identity: str) -> set[str]:
    """Where it stands what sets an identity had; also as versions before wrote it, by the identity's spelling."""
    return {f"{IDENTITY_LIST}{identity_key(identity)}", f"{IDENTITY_LIST}{identity}"}


def save_past(job: Job, past: Past) -> None:
    """Put on record what follows the stream; the sweep turns its switch and tells. Raises AwsError or ConflictError."""
    if past.now != past.found:
        job.deps.streams.save(past.now, past.entries)


def note_default(job: Job, identity: str, stream: StreamId) -> None:
    """Remember that the set of ``stream`` is, or was, the default of ``identity``. Raises AwsError."""
    name, key = f"{IDENTITY_LIST}{identity_key(identity)}", str(stream)
    if key not in job.deps.rows.listed(name):
        job.deps.rows.list_also(name, [key])


def carry_over(record: StreamRecord, others: Sequence[StreamRecord], now: datetime) -> Past:
    """Lay over ``record`` what it left with, and what streams that had its identities before it left behind. Pure."""
    if _is_forgotten(record, now):
        fresh = StreamState(counted_from=now, strikes=_remembered(record.state.strikes, record, now))
        back = replace(record, state=fresh, turned_off=False, waiting=None)
        return Past(record, back, (_returned(record, back, (), now),), off=False)
    back, entries = _come_back(record, now)
    others = [other for other in others if not _is_forgotten(other, now)]
    strikes = {strike for each in (back, *others) for strike in _remembered(each.state.strikes, record, now)}
    if strikes - set(back.state.strikes):
        back = replace(back, state=replace_state(back.state, strikes=tuple(sorted(strikes))))
    worst = max(others, key=_severity, default=None)
    if worst is not None and _severity(worst) > _severity(back) and _token(worst) not in back.state.inherited:
        inherited = tuple(_token(other) for other in others if _severity(other) > _NOTHING)
        back, more = _inherit(back, worst, inherited, now)
        entries = (*entries, *more)
    return Past(record, back, entries, off=_is_off(back))


def leave(record: StreamRecord, now: datetime, *, set_goes: bool) -> StreamRecord:
    """The record of a stream that leaves: its state stays, for the day when it comes back. Pure.

    set_goes: its set is deleted, so that nothing is left to be turned; else what is due stays due.
    """
    told: Sequence[Event] = [event for event in record.announce if event["detail"].get("outcome") != Outcome.ASKED]
    state = replace_state(record.state, left=now)
    if not set_goes:
        return replace(record, state=state, trouble="")
    turned_off = record.turned_off and state.off
    return replace(record, state=state, switch_due="", turned_off=turned_off, trouble="", announce=tuple(told))


def _come_back(record: StreamRecord, now: datetime) -> tuple[StreamRecord, tuple[JournalEntry, ...]]:
    """A stream that left and is registered again, as it left."""
    if record.state.left is None:
        return record, ()
    state = replace_state(record.state, left=None)
    if state.on_probation:
        state = replace_state(state, since=now, calm_since=now)
    back = replace(record, state=state)
    if _is_off(back):
        owned = replace_state(state, origin=Origin.OPERATOR if state.origin is Origin.AWS else state.origin)
        notice = _notice(back, now)
        back = replace(back, state=owned, switch_due="off", turned_off=True, announce=(*back.announce, notice))
    return back, (_returned(record, back, (), now),)


def _inherit(
    record: StreamRecord, worst: StreamRecord, inherited: tuple[str, ...], now: datetime
) -> tuple[StreamRecord, tuple[JournalEntry, ...]]:
    """The worst of what other streams left behind, as the stream's own."""
    before = worst.state
    state = replace_state(
        record.state,
        status=before.status,
        since=now,
        calm_since=now if before.on_probation else None,
        cool_down_until=before.cool_down_until,
        acknowledge=before.acknowledge,
        reminded=False,
        origin=Origin.OPERATOR if before.origin is Origin.AWS else before.origin,
        incident=record.state.incident or iso(now),
        inherited=(*record.state.inherited, *inherited)[-_MOST_INHERITED:],
    )
    entry = _returned(record, replace(record, state=state), (str(worst.stream),), now)
    if not state.off:
        return replace(record, state=state), (entry,)
    action = Action.HOLD if state.status is Status.HELD else Action.PAUSE
    decision = Decision(action, state, Reason.RETURNED)
    taken, decided = intend(record, decision, Outcome.ASKED, {}, now)
    return taken, (entry, *decided)


def _returned(before: StreamRecord, after: StreamRecord, others: tuple[str, ...], now: datetime) -> ReturnedEntry:
    return ReturnedEntry(
        *head_of(ReturnedEntry, before, now),
        before=before.state.status.value,
        to=after.state.status.value,
        tenant=before.tenant,
        inherits=others or None,
    )


def _notice(record: StreamRecord, now: datetime) -> Event:
    name, left = record.stream.configuration_set, record.state.since or now
    text = (
        f"Stream {record.stream} is registered again, for tenant {record.tenant or '(none)'}. It was "
        f"{record.state.status.value} when it left, since {left:%Y-%m-%d %H:%M} UTC, and is so still: leaving ends no "
        f"pause. What it was for: sesguard explain {name}. To let it send: sesguard resume {name}"
    )
    key = f"{record.stream}/returned/{iso(now)}"
    return operator_notice(f"{name} has come back, and is {record.state.status.value}", text, key, now, record.stream)


_NOTHING: Final = (0, "")


def _severity(record: StreamRecord) -> tuple[int, str]:
    """How grave what a record holds is, and then until when; what was observed only is nothing."""
    state = record.state
    if state.off and not _is_off(record):
        return _NOTHING
    until = iso(state.cool_down_until) if state.off and state.cool_down_until else ""
    return (_WEIGHT[state.status], until) if state.status in _WEIGHT else _NOTHING


def _is_off(record: StreamRecord) -> bool:
    """Whether the stream is off in earnest, and not in a record of what would have been done."""
    state = record.state
    in_earnest = record.turned_off or state.origin is not Origin.GUARD or record.policy.mode is Mode.ENFORCE
    return state.off and in_earnest


def _is_forgotten(record: StreamRecord, now: datetime) -> bool:
    left = record.state.left
    return left is not None and now - left >= record.policy.strike_memory


def _remembered(strikes: Iterable[datetime], record: StreamRecord, now: datetime) -> tuple[datetime, ...]:
    return tuple(strike for strike in strikes if now - strike < record.policy.strike_memory)


def _token(record: StreamRecord) -> str:
    """Names the pause of a record, so that it is taken over once: after that, the stream's own record counts."""
    return f"{record.stream}@{iso(record.state.since) if record.state.since else ''}"
