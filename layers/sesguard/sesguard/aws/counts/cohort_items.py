"""From items of the cohorts table into a history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sesguard.aws.counts.cohorts import (
    AT_OWN_DOMAINS,
    BOUNCES,
    CODES,
    COMPLAINTS,
    FROM_ANOTHERS_IDENTITY,
    SLOTS,
    hour_of,
)
from sesguard.detection.columns import BOUNCED, COMPLAINED
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR, HOURS_A_DAY
from sesguard.detection.sample import BY_PROVIDER, OTHERS, REPORTING, SAMPLED, SLOT
from sesguard.ingest.volume import COLUMNS

Item = Mapping[str, Any]

_SLOT = {name: slot for slot, name in enumerate(SLOTS)}
_KEY_PREFIX = 2  # v#, o#, n#
_HOUR_TEXT = len("2026-11-21T18")
_ASIDE = frozenset({AT_OWN_DOMAINS, FROM_ANOTHERS_IDENTITY})


def hour_in(item: Item) -> int:
    """The epoch hour of sending of an item of volume, outcomes or names."""
    return hour_of(item["cohort"]["S"][_KEY_PREFIX : _KEY_PREFIX + _HOUR_TEXT])


def fill_volume(history: History, items: Iterable[Item]) -> None:
    """Add volume by the minute of sending, and what the sample says of it."""
    for item in items:
        hour = hour_in(item)
        first = hour * HOUR
        for name, value in item.items():
            slot = _SLOT.get(name)
            if slot is not None:
                history.add(first + slot // COLUMNS, slot % COLUMNS, int(value["N"]))
            elif name.startswith(BY_PROVIDER) and name[1:2].isdigit():
                provider = name[2:]
                history.add_to_provider("" if provider == OTHERS else provider, int(value["N"]))
        if SAMPLED in item:
            history.add_sample(hour // HOURS_A_DAY, number(item, SAMPLED), number(item, REPORTING))


def fill_outcomes(history: History, items: Iterable[Item]) -> None:
    """Add bounces and complaints by the minute of sending, without their names."""
    for item in items:
        first = hour_in(item) * HOUR
        for name, value in item.items():
            if name[3:4] != "#":
                continue
            kind, minute, count = name[0], first + int(name[1:3]), int(value["N"])
            if kind == BOUNCES:
                history.add(minute, BOUNCED, count)
            elif kind == COMPLAINTS:
                history.add(minute, COMPLAINED, count)
            elif kind in _ASIDE:
                history.add_aside(minute, count)


def beside_counts(item: Item) -> tuple[int, int, int]:
    """Of an hour's item of volume or outcomes: mails sampled, those reported on, and outcomes that do not weigh."""
    aside = sum(int(value["N"]) for name, value in item.items() if name[3:4] == "#" and name[0] in _ASIDE)
    return number(item, SAMPLED), number(item, REPORTING), aside


def fill_names(history: History, items: Iterable[Item]) -> None:
    """Add where bounces and complaints were that are counted already, and status codes.

    Codes are kept by slot, by older versions by hour. They join the last minute of that time that had a bounce, so that
    a run which begins within it is shown its codes too. Outcomes without a name are added by nobody: "" is none.
    """
    for item in items:
        first = hour_in(item) * HOUR
        last = -1
        codes: dict[str, int] = {}
        for name, value in item.items():
            if name.startswith(CODES):
                codes[name[len(CODES) :]] = int(value["N"])
            elif name[3:4] == "#" and name[4:]:
                kind, minute, domain = name[0], first + int(name[1:3]), name[4:]
                if kind == BOUNCES:
                    history.name_bounces(minute, int(value["N"]), domain)
                    last = max(last, minute)
                elif kind == COMPLAINTS:
                    history.name_complaints(minute, int(value["N"]), domain)
            elif name[3:4] == "#" and name[0] == BOUNCES:
                last = max(last, first + int(name[1:3]))
        if last < 0:
            last = first + _slot_of(item)
        if last >= history.since:
            for code, count in codes.items():
                history.codes.add(last, code, count)


def _slot_of(item: Item) -> int:
    """The last minute of an item's slot within its hour; of an item of a whole hour its first."""
    _, colon, slot = item["cohort"]["S"].partition(":")
    return int(slot) * SLOT + SLOT - 1 if colon else 0


def number(item: Item, name: str) -> int:
    """A number of an item, 0 where it has none of that name."""
    return int(item[name]["N"]) if name in item else 0
