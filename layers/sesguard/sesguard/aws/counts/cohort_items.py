"""From items of the cohorts table into a history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sesguard.aws.counts.cohorts import BOUNCES, CODES, COMPLAINTS, LETTERS, SLOTS, hour_of
from sesguard.detection.history import HOUR, History
from sesguard.ingest.tally import COLUMNS

Item = Mapping[str, Any]

_SLOT = {name: slot for slot, name in enumerate(SLOTS)}
_KEY_PREFIX = 2  # v#, o#


def hour_in(item: Item) -> int:
    """The epoch hour of sending of a volume or outcome item."""
    return hour_of(item["cohort"]["S"][_KEY_PREFIX:])


def fill_totals(history: History, items: Iterable[Item]) -> None:
    """Add volume as of the first minute of its hour: for hours that weigh as a whole, or not at all."""
    for item in items:
        minute = hour_in(item) * HOUR
        for column, letter in enumerate(LETTERS):
            if letter in item:
                history.add(minute, column, int(item[letter]["N"]))


def fill_volume(history: History, items: Iterable[Item]) -> None:
    """Add volume by the minute of sending."""
    for item in items:
        first = hour_in(item) * HOUR
        for name, value in item.items():
            slot = _SLOT.get(name)
            if slot is not None:
                history.add(first + slot // COLUMNS, slot % COLUMNS, int(value["N"]))


def fill_outcomes(history: History, items: Iterable[Item]) -> None:
    """Add bounces and complaints by minute and receiving domain, and status codes.

    Codes are kept by hour. They join the last minute of that hour that had a bounce, so that a run which begins within
    the hour is shown its codes too.
    """
    for item in items:
        first = hour_in(item) * HOUR
        last = first
        codes: dict[str, int] = {}
        for name, value in item.items():
            if name.startswith(CODES):
                codes[name[len(CODES) :]] = int(value["N"])
            elif name[3:4] == "#":
                kind, minute, domain = name[0], first + int(name[1:3]), name[4:]
                if kind == BOUNCES:
                    history.add_bounces(minute, int(value["N"]), domain)
                    last = max(last, minute)
                elif kind == COMPLAINTS:
                    history.add_complaints(minute, int(value["N"]), domain)
        if last >= history.since:
            for code, count in codes.items():
                history.codes.add(last, code, count)
