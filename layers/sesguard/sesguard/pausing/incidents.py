"""Incidents: the journal's entries of one episode of one stream, from the first warning to the recovery. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sesguard.pausing.decision import Action
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.state import Status

_PAUSES = frozenset({Action.PAUSE, Action.HOLD})


@dataclass(frozen=True, slots=True)
class Incident:
    """One episode. ``id`` names it within its ``stream``; ``entries`` are all there is on record, oldest first."""

    stream: str
    id: str
    entries: tuple[JournalEntry, ...]

    @property
    def began(self) -> datetime:
        return self.entries[0].time

    @property
    def last(self) -> datetime:
        """When anything was last put on record; notices go on for a while after the end."""
        return self.entries[-1].time

    @property
    def ended(self) -> datetime | None:
        """When the stream was healthy again; None while it is not."""
        change = self._changes[-1] if self._changes else None
        return change.time if change is not None and change.to == Status.HEALTHY else None

    @property
    def status(self) -> str:
        """The state that the latest decision led to; "" where no decision is on record."""
        return self._changes[-1].to or "" if self._changes else ""

    @property
    def pauses(self) -> int:
        return sum(entry.action in _PAUSES for entry in self.entries)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it began and why it was paused, each once."""
        grounds = {Action.WARN, *_PAUSES}
        return tuple(dict.fromkeys(entry.reason or "" for entry in self.entries if entry.action in grounds))

    @property
    def operators(self) -> tuple[str, ...]:
        """Whose words are in it."""
        return tuple(dict.fromkeys(entry.who for entry in self.entries if entry.who))

    @property
    def sentence(self) -> str:
        """What the last pause or warning rested on."""
        grounds = (entry.evidence.get("sentence", "") for entry in self.entries if entry.evidence)
        return next((str(it) for it in reversed(list(grounds)) if it), "")

    @property
    def _changes(self) -> list[JournalEntry]:
        return [entry for entry in self.entries if entry.to]

    def as_dict(self) -> dict[str, Any]:
        """The whole record, JSON-ready; times in ISO 8601, entries as they were written."""
        return {
            "stream": self.stream,
            "incident": self.id,
            "began": self.began.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "status": self.status,
            "pauses": self.pauses,
            "reasons": list(self.reasons),
            "operators": list(self.operators),
            "sentence": self.sentence,
            "entries": [_of_incident(entry) for entry in self.entries],
        }


def _of_incident(entry: JournalEntry) -> dict[str, Any]:
    return {name: value for name, value in entry.as_dict().items() if name != "stream"}


def incidents(entries: Iterable[JournalEntry], since: datetime | None = None) -> list[Incident]:
    """Group ``entries`` into incidents, oldest first; only those of which something is on record from ``since`` on.

    What belongs to no incident, such as what was done for a healthy stream, is no incident.
    """
    episodes: dict[tuple[str, str], list[JournalEntry]] = {}
    for entry in entries:
        if entry.incident:
            episodes.setdefault((entry.stream, entry.incident), []).append(entry)
    found = (Incident(*name, tuple(sorted(those, key=attrgetter("at")))) for name, those in episodes.items())
    recent = (incident for incident in found if since is None or incident.last >= since)
    return sorted(recent, key=lambda incident: (incident.began, incident.stream))
