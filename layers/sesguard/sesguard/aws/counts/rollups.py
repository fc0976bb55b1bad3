"""Rolled-up hours and days: what they came to, so that they need not be read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import HOURLY, SETTLED, day_of, day_text, expiry, hour_of, hour_text
from sesguard.detection.rows import HOURS_A_DAY, DayTotals
from sesguard.policy import Policy

UNTOUCHED: Final = "0"
UNREAD: Final = "-"
"""The clump rule of a day whose names were not read: nothing of it is forgiven yet."""

EMPTY: Final = DayTotals(0, 0, 0, 0, 0)
_YOUNG_DAYS: Final = 7


class Rollup(NamedTuple):
    """What is on record of a day or hour.

    holds: it is what the day came to; touched: as it was read; clump: the rule by which bounces were forgiven; exact:
    its volume is the larger column of each minute, as older versions did not take it.
    """

    totals: DayTotals
    holds: bool
    touched: str
    clump: str = ""
    exact: bool = True


NO_ROLLUP: Final = Rollup(EMPTY, holds=False, touched=UNTOUCHED)


def day_rollup(item: Item) -> tuple[int, Rollup]:
    """Read the item of an epoch day."""
    return day_of(item["cohort"]["S"][len(SETTLED) :]), _rollup(item)


def hour_rollup(item: Item) -> tuple[int, Rollup]:
    """Read the item of an epoch hour."""
    return hour_of(item["cohort"]["S"][len(HOURLY) :]), _rollup(item)


def _rollup(item: Item) -> Rollup:
    touched = item["touched"]["N"] if "touched" in item else UNTOUCHED
    if "seen" not in item:  # only touched
        return Rollup(EMPTY, holds=False, touched=touched)
    found = {name: int(item[name]["N"]) for name in DayTotals._fields if name in item}
    exact = "published" in item
    if not exact:
        found["bounces"] = found.get("bounces", 0) + found.get("forgiven", 0)
        found["published"] = max(0, found.get("volume", 0) - found["bounces"])
    totals = DayTotals(**{"volume": 0, "bounces": 0, "complaints": 0, "forgiven": 0, "published": 0, **found})
    return Rollup(totals, item["seen"]["N"] == touched, touched, item.get("clump", {}).get("S", ""), exact)


def day_request(table: str, stream: str, day: int, totals: DayTotals, touched: str, clump: str) -> dict[str, Any]:
    """The request that puts on record what a day came to, on condition that nothing touched it since ``touched``."""
    return _request(table, stream, SETTLED + day_text(day), day, {**_numbers(totals), "clump": {"S": clump}}, touched)


def hour_request(table: str, stream: str, hour: int, totals: DayTotals, touched: str) -> dict[str, Any]:
    """The request that puts on record what an hour came to, on the same condition."""
    return _request(table, stream, HOURLY + hour_text(hour), hour // HOURS_A_DAY, _numbers(totals), touched)


def _numbers(totals: DayTotals) -> dict[str, Any]:
    always = {"volume", "bounces", "complaints", "forgiven", "published"}
    return {name: {"N": str(n)} for name, n in totals._asdict().items() if n or name in always}


def _request(table: str, stream: str, key: str, day: int, values: dict[str, Any], touched: str) -> dict[str, Any]:
    item = {"stream": {"S": stream}, "cohort": {"S": key}, "seen": {"N": touched}, "expires": expiry(day), **values}
    if touched == UNTOUCHED:
        return {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(touched)"}
    return {
        "TableName": table,
        "Item": {**item, "touched": {"N": touched}},
        "ConditionExpression": "touched = :touched",
        "ExpressionAttributeValues": {":touched": {"N": touched}},
    }


def clump_text(policy: Policy) -> str:
    """The clump rule as it stands on a day; of ``young_days`` nothing where it is as older versions took it."""
    rule = policy.clumps
    young = f"/{rule.young_days}" if rule.young_days != _YOUNG_DAYS else ""
    return f"{rule.per_domain}/{rule.per_day}/{rule.share_of_month}{young}"


def same_rule(clump: str, policy: Policy) -> bool:
    """Whether a day's bounces were forgiven by the rule in force; older versions had none for domains they knew."""
    rule = policy.clumps
    before = {f"{rule.per_domain}/{rule.per_day}"} if rule.young_days == _YOUNG_DAYS else set()
    return clump in {clump_text(policy), *before}


def gaps(first: int, end: int, known: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The runs of consecutive days or hours from ``first`` until before ``end`` that are not ``known``, with ends."""
    begin = first
    for key in [*sorted(known), end]:
        if begin < key:
            yield begin, key
        begin = key + 1
