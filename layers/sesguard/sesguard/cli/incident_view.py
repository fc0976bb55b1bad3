"""How one incident reads: all that is on record of it, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sesguard.cli.evidence_view import sentences
from sesguard.cli.screen import clock, facts, length, plain, status, wrapped
from sesguard.fleet.incident_page import IncidentPage, TimelineEntry
from sesguard.fleet.sent_notices import SentNotice
from sesguard.pausing.incidents import Incident
from sesguard.pausing.journal import (
    AnnouncedEntry,
    BacklogEntry,
    DecisionEntry,
    DoneEntry,
    DriftEntry,
    JournalEntry,
    NotifiedEntry,
    UndeliveredEntry,
)

_ONE_LINE: Final = 10_000
_TIME: Final = 22  # columns of the time and the gap beside it
_DONE: Final = {
    "paused": "SES has turned sending off",
    "resumed": "SES has turned sending on",
    "unknown_set": "SES has no such configuration set",
    "failed": "SES refuses",
}
_DRIFT: Final = {
    "found_on": "sending was found turned on by somebody else",
    "off_by_aws": "SES itself has stopped it",
    "on_by_aws": "SES lets it send again",
    "found_off": "sending was found turned off by somebody else",
}
_BACKLOG: Final = {
    "waits": "the pause waits for an operator, as too many came within an hour",
    "dropped": "the waiting pause was dismissed",
    "vanished": "the ground of the waiting pause is gone",
}


def show_one(screen: Console, incident: Incident, now: datetime) -> None:
    """Print a whole incident for people."""
    began, ended = incident.began, incident.ended
    until = f"to {clock(ended)}" if ended else "and going on"
    lasted = length((ended or now) - began)
    screen.print(
        Text.assemble((f"Incident of {plain(incident.stream).plain}", "bold"), f"  {plain(incident.id, 64).plain}")
    )
    screen.print(Text.assemble(f"{clock(began)} {until} ({lasted}), ", status(incident.status)), style="dim")
    screen.print(timeline(incident.entries, screen.width, whole=True))
    screen.print()


def timeline(entries: Iterable[JournalEntry], width: int, *, whole: bool) -> Table:
    """Entries under each other, the time beside the first of a second; each with its ``whole`` evidence or a line."""
    rows: list[tuple[str, Text]] = []
    shown = ""
    for entry in entries:
        at = clock(entry.time)
        for line in _lines(entry, width - _TIME, whole=whole):
            rows.append((at if at != shown else "", line))
            shown = at
    return facts(*rows)


def read_incident(incident: Incident, notices: Sequence[SentNotice] = ()) -> IncidentPage:
    """Put an incident's entries into words, all that each rests on included; ``notices`` are those of it."""
    entries = (
        TimelineEntry(
            entry.time,
            entry.kind,
            tuple(line.plain.strip() for line in _lines(entry, _ONE_LINE, whole=True)),
        )
        for entry in incident.entries
    )
    return IncidentPage(incident, tuple(entries), notices)


def _lines(entry: JournalEntry, width: int, *, whole: bool) -> Iterator[Text]:
    """What an entry says, in a few words; whose word it was, and what it rested on."""
    yield _head(entry)
    if entry.who:
        yield Text.assemble("  by ", plain(entry.who, 200), ": ", plain(entry.why or "", 1_000))
    evidence = entry.evidence or {}
    said = sentences(evidence) if whole else [evidence.get("sentence", "")]
    yield from (wrapped(sentence, width, indent=2) for sentence in said if sentence)


def _head(entry: JournalEntry) -> Text:
    outcome = entry.outcome or ""
    match entry:
        case DecisionEntry():
            return _decided(entry)
        case DoneEntry():
            error = f" ({entry.error})" if entry.error else ""
            return plain(f"done: {_DONE.get(outcome, outcome)}{error}")
        case AnnouncedEntry():
            return plain(f"published: {_number(entry)} on the guard's bus")
        case NotifiedEntry():
            return plain(f"told: {entry.type} by {entry.channel.partition('/')[0]}")
        case UndeliveredEntry():
            return plain(f"not told: {entry.type} by {entry.channel.partition('/')[0]}: {entry.reason}", 300)
        case DriftEntry():
            return Text.assemble(plain(f"drift: {_DRIFT.get(outcome, outcome)}"), " → ", status(entry.to))
        case BacklogEntry():
            return plain(f"backlog: {_BACKLOG.get(outcome, outcome)}")
    return plain(f"{entry.kind}: {outcome}")


def _decided(entry: DecisionEntry) -> Text:
    action, reason = entry.action.replace("_", " "), entry.reason.replace("_", " ")
    said = entry.command or (action if action != "none" else reason)
    ground = plain(f"{said} ({reason})" if reason != said else said, 60)
    ground.stylize("bold", 0, len(said))
    return Text.assemble(ground, " → ", status(entry.to), ", ", plain(entry.outcome, 20))


def _number(entry: AnnouncedEntry) -> str:
    number = len(entry.events)
    return "an event" if number == 1 else f"{number} events"
