"""Shows incidents: each one record from the first warning to the recovery, never rewritten.

Without STREAM, a line for every incident of every stream, which reads the whole journal; with it, everything that is on
record of the stream's incidents: decisions and what they rested on, what was done, notices, operators' words and why.

--json prints one object, its "incidents" in the order in which they began; --export prints the same objects one a line,
to keep or load elsewhere. Each has stream, incident, began, ended (null while it goes on), status, pauses, reasons,
operators, sentence, and entries as they were written, whichever version of the guard wrote them: at (time, version and
kind, which order them), kind, incident, and what that kind holds: schemas/journal-entry.json says which.

Entries are kept for the days that the stack's parameter IncidentRetentionDays says.

Exit code: 0; 1 where there is no such stream, or nothing on record; 2 for a command line that cannot be used; 3 where
AWS or the stack cannot be reached.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sesguard.cli.connect import DONE, REFUSED, UsageError, known_stream, with_guard
from sesguard.cli.incident_view import show_one
from sesguard.cli.options import HERE, Json, StreamName, Where, converted
from sesguard.cli.screen import (
    clock,
    console,
    counted,
    length,
    name,
    plain,
    print_json,
    print_json_line,
    status,
    table,
)
from sesguard.pausing.incidents import Incident, incidents
from sesguard.stream import StreamId
from sesguard.text import one_line
from sesguard.wiring.operator import Guard, Stack

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_AGO: Final = re.compile(r"(\d{1,5})([mhdw])")

Since = datetime | timedelta


def read_since(text: str) -> Since:
    """Read a time, or how long ago it was. Raises ValueError."""
    if match := _AGO.fullmatch(text):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{one_line(text, 40)!r}: expected a length such as 7d, or a time such as 2026-11-21T18:00Z"
        raise ValueError(message) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def run(
    stream: StreamName | None = None,
    /,
    *,
    since: Annotated[
        Since | None,
        Parameter(
            converter=converted(read_since),
            metavar="TIME",
            help="only incidents that went on then or later: 90m, 24h, 7d, 2w, or a date or time in ISO 8601",
        ),
    ] = None,
    json: Json = False,
    export: Annotated[bool, Parameter(help="JSON lines, one whole incident each")] = False,
    where: Where = HERE,
) -> int:
    return with_guard(where, lambda guard, now: _show(guard, now, stream, since, json=json, export=export))


def _show(guard: Guard, now: datetime, text: str | None, since: Since | None, *, json: bool, export: bool) -> int:
    if json and export:
        raise UsageError("--json and --export cannot go together")
    stream = known_stream(text, guard) if text is not None else None
    entries = guard.journal.of(stream) if stream else guard.journal.all()
    start = now - since if isinstance(since, timedelta) else since
    found = incidents(entries, start)
    if json:
        print_json({"incidents": [incident.as_dict() for incident in found]})
    elif export:
        for incident in found:
            print_json_line(incident.as_dict())
    else:
        show(console(), found, guard.stack, now, whole=stream is not None)
    return DONE if found else REFUSED


def show(screen: Console, found: list[Incident], stack: Stack, now: datetime, *, whole: bool) -> None:
    """Print them for people: a line each, or the ``whole`` of each."""
    if not found:
        screen.print("No incident is on record.")
    elif whole:
        for incident in found:
            show_one(screen, incident, now)
    else:
        screen.print(_table(found, stack, now))
        going_on = sum(incident.ended is None for incident in found)
        screen.print(f"{counted(len(found), 'incident')}, {going_on:,} of them going on.", style="dim")


def _table(found: list[Incident], stack: Stack, now: datetime) -> Table:
    made = table("began", "stream", "lasted", "now", "pauses", "reasons", "operators", right=("pauses",))
    made.columns[0].no_wrap = True
    for incident in found:
        lasted = length((incident.ended or now) - incident.began)
        made.add_row(
            clock(incident.began),
            name(StreamId.parse(incident.stream), stack),
            lasted if incident.ended else Text(f"{lasted} so far"),
            status(incident.status),
            f"{incident.pauses}",
            plain(", ".join(incident.reasons), 40),
            plain(", ".join(_short(who) for who in incident.operators), 40),
        )
    return made


def _short(who: str) -> str:
    """Of an ARN what tells people apart: a session's or user's name, or root."""
    return who.rpartition(":")[2].rpartition("/")[2]
