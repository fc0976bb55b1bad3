"""What changed between two readings of the fleet, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sesguard.fleet.fleet import Fleet, FleetRow
from sesguard.stream import StreamId


class FleetNews(NamedTuple):
    """One change. stream: None where it is about the guard itself."""

    at: datetime
    stream: StreamId | None
    text: str


def news(before: Fleet, after: Fleet) -> Iterator[FleetNews]:
    """Say what is new: states, pauses that have begun, dead letters, and what could not be read."""
    known = {row.stream: row for row in before.rows}
    now = {row.stream: row for row in after.rows}
    for stream in sorted(known.keys() | now.keys()):
        old, new = known.get(stream) or FleetRow(stream), now.get(stream) or FleetRow(stream)
        if text := _change(old, new):
            yield FleetNews(after.now, stream, text)
    letters_before, letters = before.dead_letters or {}, after.dead_letters or {}
    for queue, number in letters.items():
        if number > letters_before.get(queue, 0):
            yield FleetNews(after.now, None, f"{number:,} dead letters in {queue}")
    for problem in after.problems:
        if problem not in before.problems:
            yield FleetNews(after.now, None, problem)


def _change(old: FleetRow, new: FleetRow) -> str:
    if old.state is not new.state:
        decision = new.status.decision if new.status is not None else None
        reason = (decision.reason or "") if decision is not None else ""
        return f"{old.state} → {new.state}" + (f" ({reason.replace('_', ' ')})" if reason else "")
    if new.on_the_way and not old.on_the_way:
        return "its pause has begun: SES has yet to turn it off"
    return ""
