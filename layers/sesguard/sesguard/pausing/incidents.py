"""Incidents: the journal's entries of one episode of one stream, from the first warning to the recovery. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sesguard.pausing.decide import Action
from sesguard.pausing.state import Status

Entry = Mapping[str, Any]

_PAUSES = frozenset({Action.PAUSE, Action.HOLD})


@dataclass(frozen=True, slots=True)
class Incident:
    """One episode. ``id`` names it within its ``stream``; ``entries`` are all there is on record, oldest first."""

    stream: str
    id: str
    entries: tuple[Entry, ...]

    @property
    def began(self) -> datetime:
        return time_of(self.entries[0])

    @property
    def last(self) -> datetime:
        """When anything was last put on record; notices go on for a while after the end."""
        return time_of(self.entries[-1])

    @property
    def ended(self) -> datetime | None:
        """When the stream was healthy again; None while it is not."""
        change = self._changes[-1] if self._changes else None
        return time_of(change) if change is not None and change["to"] == Status.HEALTHY else None

    @property
    def status(self) -> str:
        """The state that the latest decision led to; "" where no decision is on record."""
        return str(self._changes[-1]["to"]) if self._changes else ""

    @property
    def pauses(self) -> int:
        return sum(entry.get("action") in _PAUSES for entry in self.entries)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it began and why it was paused, each once."""
        grounds = {Action.WARN, *_PAUSES}
        return tuple(dict.fromkeys(str(entry["reason"]) for entry in self.entries if entry.get("action") in grounds))

    @property
    def operators(self) -> tuple[str, ...]:
        """Whose words are in it."""
        return tuple(dict.fromkeys(str(entry["who"]) for entry in self.entries if entry.get("who")))

    @property
    def sentence(self) -> str:
        """What the last pause or warning rested on."""
        grounds = (entry["evidence"].get("sentence", "") for entry in self.entries if entry.get("evidence"))
        return next((str(it) for it in reversed(list(grounds)) if it), "")

    @property
    def _changes(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.get("to")]

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
            "entries": [{name: value for name, value in it.items() if name != "stream"} for it in self.entries],
        }


def incidents(entries: Iterable[Entry], since: datetime | None = None) -> list[Incident]:
    """Group ``entries`` into incidents, oldest first; only those of which something is on record from ``since`` on.

    What belongs to no incident, such as what was done for a healthy stream, is no incident.
    """
    episodes: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        if entry.get("incident"):
            episodes.setdefault((entry["stream"], entry["incident"]), []).append(entry)
    found = (Incident(*name, tuple(sorted(those, key=_name))) for name, those in episodes.items())
    recent = (incident for incident in found if since is None or incident.last >= since)
    return sorted(recent, key=lambda incident: (incident.began, incident.stream))


def time_of(entry: Entry) -> datetime:
    return datetime.fromisoformat(_name(entry).partition("#")[0])


def _name(entry: Entry) -> str:
    return str(entry["at"])
