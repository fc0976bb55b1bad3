"""DailyRollup days: what older days came to, so that their hours need not be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sesguard.aws.counts.cohort_items import Item, fill_outcomes, fill_totals, hour_in
from sesguard.aws.counts.cohorts import SETTLED, day_of, day_text, expiry
from sesguard.detection.history import DayTotals, History
from sesguard.policy import Policy

_HOURS = 24
UNTOUCHED = "0"


EMPTY = DayTotals(0, 0, 0, 0, 0)


class DailyRollup(NamedTuple):
    """What is on record of a day. ``holds``: it is what the day came to; ``touched``: as it was read."""

    whole: DayTotals
    holds: bool
    touched: str


def rollup_from(item: Item, policy: Policy) -> tuple[int, DailyRollup]:
    """Read the item of a settled day, or of one that was only touched: its epoch day, and what is on record."""
    day = day_of(item["cohort"]["S"][len(SETTLED) :])
    touched = item["touched"]["N"] if "touched" in item else UNTOUCHED
    if "seen" not in item:
        return day, DailyRollup(EMPTY, holds=False, touched=touched)
    volume, counted, complaints, forgiven = (
        int(item[name]["N"]) if name in item else 0 for name in ("volume", "bounces", "complaints", "forgiven")
    )
    whole = DayTotals(volume, counted + forgiven, complaints, forgiven, max(0, volume - counted - forgiven))
    holds = item["seen"]["N"] == touched and item["clump"]["S"] == _clump(policy)
    return day, DailyRollup(whole, holds, touched)


def day_gaps(first: int, end: int, known: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The runs of consecutive days from ``first`` until before ``end`` that are not ``known``, each with its end."""
    begin = first
    for day in [*sorted(known), end]:
        if begin < day:
            yield begin, day
        begin = day + 1


def sums(volumes: Iterable[Item], outcomes: Iterable[Item], policy: Policy) -> dict[int, DayTotals]:
    """What epoch days come to, from the items of all their hours."""
    days: dict[int, History] = {}

    def scratch(item: Item) -> History:
        day = hour_in(item) // _HOURS
        return days.setdefault(day, new_history(0, policy))

    for item in volumes:
        fill_totals(scratch(item), [item])
    for item in outcomes:
        fill_outcomes(scratch(item), [item])
    return {day: history.day_totals(day) for day, history in days.items()}


def new_history(since: int, policy: Policy) -> History:
    """An empty history under ``policy``."""
    return History.under(policy, since)


def roll_up(table: str, stream: str, day: int, whole: DayTotals, touched: str, policy: Policy) -> dict[str, Any]:
    """The request that puts on record what a day came to, on condition that nothing touched it since ``touched``."""
    item = {
        "stream": {"S": stream},
        "cohort": {"S": SETTLED + day_text(day)},
        "clump": {"S": _clump(policy)},
        "seen": {"N": touched},
        "expires": expiry(day),
        "volume": {"N": str(whole.volume)},
        "bounces": {"N": str(whole.bounces - whole.forgiven)},
        "complaints": {"N": str(whole.complaints)},
        "forgiven": {"N": str(whole.forgiven)},
    }
    if touched == UNTOUCHED:
        return {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(touched)"}
    return {
        "TableName": table,
        "Item": {**item, "touched": {"N": touched}},
        "ConditionExpression": "touched = :touched",
        "ExpressionAttributeValues": {":touched": {"N": touched}},
    }


def _clump(policy: Policy) -> str:
    return f"{policy.clump_per_domain}/{policy.clump_forgiven_a_day}"
