"""Entries of the journal, as the guard writes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sesguard.bus.events import iso
from sesguard.pausing.journal import DecisionEntry
from sesguard.stream import StreamId
from tests.fakes.world import ACME


def a_decision(
    at: datetime, stream: StreamId = ACME, version: int = 1, incident: str = "1", **fields: Any
) -> DecisionEntry:
    """A decision of that time; what ``fields`` do not say is as at a pause for bounces."""
    usual = {"action": "pause", "reason": "bounces", "to": "paused", "mode": "enforce", "outcome": "paused"}
    return DecisionEntry(str(stream), f"{iso(at)}#{version:08d}#decided", incident, **(usual | fields))
