"""The fleet as the grid and the CSV have it: plain values, keyed by the stream. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, Final

from sesguard.cli.screen import StreamHome, age, name, place_beside, plain, set_of
from sesguard.cli.status_view import reason, waits_in_short
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.fleet.fleet import Fleet, FleetRow
from sesguard.fleet.hours import hour_at
from sesguard.pausing.state import OFF, Status

SHAPES: Final = {
    Status.HELD: "■",
    Status.PAUSED: "●",
    Status.PROBATION: "◐",
    Status.WATCHED: "▲",
    Status.HEALTHY: "○",
}
"""States by shape, so that nobody needs to see colours."""
OFF_NOW, ON_THE_WAY, AT_RISK, ALL = "off", "on the way", "at risk", "all"
FILTERS: Final = (OFF_NOW, ON_THE_WAY, AT_RISK, ALL)
CSV_COLUMNS: Final = (
    "state", "stream", "tenant", "mails", "bounces", "complaints", "risk", "cause", "waits", "since", "where",
)  # fmt: skip
_FORMULA: Final = frozenset("=+-@\t\r")


def belongs(row: FleetRow, filter_name: str) -> bool:
    """Whether a row is one of a filter's."""
    if filter_name == OFF_NOW:
        return row.state in OFF
    if filter_name == ON_THE_WAY:
        return row.on_the_way or (row.status is not None and row.status.record.backlog is not None)
    if filter_name == AT_RISK:
        return row.state in (Status.WATCHED, Status.PROBATION) and not belongs(row, ON_THE_WAY)
    return True


def numbers(fleet: Fleet) -> dict[str, int]:
    """How many rows each filter has."""
    return {each: sum(belongs(row, each) for row in fleet.rows) for each in FILTERS}


def several_places(home: StreamHome) -> bool:
    """Whether streams of several accounts or regions are shown together, so that where each is has its own column."""
    return not (home.account and home.region)


def grid_row(row: FleetRow, rank: int, fleet: Fleet, home: StreamHome) -> dict[str, Any]:
    """A row of the grid. Rates are fractions, null where nothing was sent; risk null where it is not known.

    where: account and region, as far as streams differ in them and the name does not say it.
    """
    apart = several_places(home)
    sums, counts, status = row.sums, row.counts, row.status
    sent = sums is not None and sums.volume > 0
    record = status.record if status is not None else None
    return {
        "id": str(row.stream),
        "rank": rank,
        "state": f"{SHAPES[row.state]} {row.state}",
        "stream": plain(set_of(row.stream), 100).plain if apart else name(row.stream, home).plain,
        "where": plain(place_beside(row.stream, home), 64).plain if apart else "",
        "tenant": plain(row.tenant, 64).plain,
        "mails": sums.volume if sums is not None else None,
        "bounces": sums.rate(BOUNCES) if sums is not None and sent else None,
        "complaints": sums.rate(COMPLAINTS) if sums is not None and sent else None,
        "risk": round(row.risk, 3) if row.risk is not None else None,
        "hours": list(counts.ending(hour_at(fleet.now))) if counts is not None and sent else [],
        "cause": reason(status) if status is not None else "",
        "waits": waits_in_short(status.waits, fleet.now) if status is not None else "",
        "since": age(record.state.since, fleet.now) if record is not None else "",
    }


def grid_rows(fleet: Fleet, home: StreamHome, filter_name: str = ALL) -> list[dict[str, Any]]:
    """All rows of a filter, what needs attention first."""
    return [grid_row(row, rank, fleet, home) for rank, row in enumerate(fleet.rows) if belongs(row, filter_name)]


def matches(row: dict[str, Any], wanted: str) -> bool:
    """Whether a search finds a row: each word in its stream, place, tenant, state, cause or what it waits for."""
    text = " ".join(str(row[key]) for key in ("stream", "where", "tenant", "state", "cause", "waits")).lower()
    return all(word in text for word in wanted.lower().split())


def as_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Rows as CSV. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[column]) for column in CSV_COLUMNS])
    return out.getvalue()


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in _FORMULA else value
