"""What the page shows of a pause. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import msgspec

from sesguard.bus.evidence import Evidence
from sesguard.pausing.journal import DecisionEntry
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status, StreamState
from sesguard.stream import StreamId


@dataclass(frozen=True, slots=True)
class PauseView:
    """A pause that waits for its owner's word.

    back: when it may end by itself at the earliest; None where it is over by then, or an operator has to end it (held).
    observed: the guard only says what it would have done, and mail goes out. evidence: may be empty.
    """

    name: str
    since: datetime
    evidence: Evidence
    held: bool
    observed: bool
    back: datetime | None

    @classmethod
    def of(cls, record: StreamRecord, since: datetime, decided: DecisionEntry | None, now: datetime) -> Self:
        """See the pause of ``record`` that began at ``since``; ``decided``: the journal's entry of it, if any."""
        state = record.state
        held = state.status is Status.HELD
        until = state.cool_down_until
        return cls(
            name=record.stream.configuration_set,
            since=since,
            evidence=_evidence(decided.evidence) if decided is not None else Evidence(),
            held=held,
            observed=not (record.turned_off or record.switch_due == "off"),
            back=until if until is not None and now < until and not held else None,
        )


@dataclass(frozen=True, slots=True)
class StandingView:
    """How a pause stands whose owner comes back. ``back``: when it may end at the earliest."""

    name: str
    off: bool
    held: bool
    probation: bool
    back: datetime | None

    @classmethod
    def of(cls, stream: StreamId, state: StreamState, now: datetime) -> Self:
        held = state.status is Status.HELD
        until = state.cool_down_until
        back = until if state.off and until is not None and now < until and not held else None
        return cls(stream.configuration_set, state.off, held, state.on_probation, back)


def _evidence(data: Mapping[str, Any]) -> Evidence:
    """The evidence as it was written down; none where another version wrote it in another way."""
    try:
        return msgspec.convert(data, Evidence, strict=False)
    except msgspec.ValidationError:
        return Evidence()
