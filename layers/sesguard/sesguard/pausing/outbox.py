"""Finish what was decided: turn the switch that is due, then publish what there is to tell.

Every step is saved after it is done and can be done again: a crash anywhere leaves the step due, and whoever comes next
(a redelivery, the sweep) completes it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from sesguard.bus.events import Outcome, operator_notice, pending, with_outcome
from sesguard.detection.ports import Counts
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.journal import AnnouncedEntry, DoneEntry, head_of
from sesguard.pausing.ports import AlarmStates, Bus, PauseBudget, Streams, Switch
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.stream import StreamId

NOWHERE: Final = frozenset({Sending.UNKNOWN_SET, Sending.OUT_OF_REACH})


@dataclass(frozen=True, slots=True, kw_only=True)
class PausingDeps:
    """What deciding on streams needs. spared: streams that the guard never pauses, its own notices' first of all."""

    streams: Streams
    counts: Counts
    switch: Switch
    bus: Bus
    budget: PauseBudget
    alarm_states: AlarmStates
    spared: frozenset[StreamId] = frozenset()


class AnnounceDeps(Protocol):
    """What publishing news needs: less than a PausingDeps, as ingest has no switch."""

    @property
    def streams(self) -> Streams: ...

    @property
    def bus(self) -> Bus: ...


def complete(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Do all that is due for the stream. Raises AwsError or ConflictError, and what is left stays due."""
    return complete_announcements(deps, complete_switch(deps, record, now), now)


def complete_switch(deps: PausingDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Turn the switch if it is due, and record what came of it."""
    if not record.switch_due:
        return record
    on = record.switch_due == "on"
    try:
        sending = deps.switch.turn(record.stream, on=on, target=record.target)
    except AwsError as error:
        if not error.retryable:
            _report(deps, record, error, now)
        raise
    outcome = Outcome.UNKNOWN_SET if sending in NOWHERE else Outcome.RESUMED if on else Outcome.PAUSED
    done = replace(
        record,
        switch_due="",
        turned_off=outcome is Outcome.PAUSED,
        trouble="",
        announce=tuple(with_outcome(event, outcome) for event in record.announce),
    )
    try:
        return deps.streams.save(done, (DoneEntry(*head_of(DoneEntry, record, now), outcome=outcome.value),))
    except ConflictError:
        _set_right(deps, record.stream, on=on)
        raise


def complete_announcements(deps: AnnounceDeps, record: StreamRecord, now: datetime) -> StreamRecord:
    """Publish the events whose outcome is known; those that wait for the switch stay."""
    ready = [event for event in record.announce if not pending(event)]
    if not ready:
        return record
    deps.bus.publish(ready)
    left = replace(record, announce=tuple(event for event in record.announce if pending(event)))
    told = tuple(event["detail"]["id"] for event in ready)
    # The news of a recovery belongs to the incident that is over by now.
    incident = next((event["detail"]["incident"] for event in ready if "incident" in event["detail"]), None)
    entry = AnnouncedEntry(*head_of(AnnouncedEntry, record, now, incident or record.state.incident), events=told)
    return deps.streams.save(left, (entry,))


def _set_right(deps: PausingDeps, stream: StreamId, *, on: bool) -> None:
    """Somebody decided while this turned the switch: if theirs was the other way and is done, make it due again."""
    fresh = deps.streams.load(stream)
    if fresh.switch_due or on is not fresh.state.off:
        return
    if on and not fresh.turned_off:
        return
    deps.streams.save(replace(fresh, switch_due="off" if on else "on"))


def _report(deps: PausingDeps, record: StreamRecord, error: AwsError, now: datetime) -> None:
    """SES refuses for good: put it on record and tell the operator, once. The switch stays due, the sweep tries on."""
    if record.trouble == error.code:
        return
    what = "turn on" if record.switch_due == "on" else "turn off"
    notice = operator_notice(
        f"Could not {what} sending of {record.stream}",
        f"SES refuses to {what} sending of {record.stream}: {error.operation} failed with {error.code}. "
        "The guard tries again every minute, and tells you nothing more until that changes.",
        f"{record.stream}/{record.state.incident}/{record.switch_due}/{error.code}/{record.version}",
        now,
        record.stream,
    )
    entry = DoneEntry(*head_of(DoneEntry, record, now), outcome=Outcome.FAILED.value, error=error.code)
    troubled = replace(record, trouble=error.code, announce=(*record.announce, notice))
    saved = deps.streams.save(troubled, (entry,))
    with suppress(AwsError, ConflictError):  # what counts is SES's refusal; the notice stays due
        complete_announcements(deps, saved, now)
