"""Six hours of a small stream's volume in one item, so that they cost one write: the item of the first of them.

Blocks begin at 00, 06, 12 and 18 o'clock UTC. In the item ``v#2026-11-21T12`` an attribute ``k3s05`` is ``s05`` of the
third hour after twelve, ``k3s`` that hour's total; what is of twelve itself stands there as in any hour's item. An hour
may have an item of its own beside: what it has is the sum of both. ``blockfold``: the last fold that added to the
block, as ``folded`` is of one that added to that hour alone. Older versions pass such attributes by.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sesguard.aws.counts.cohort_items import Item, hour_in
from sesguard.aws.counts.cohorts import LETTERS, VOLUME, hour_text
from sesguard.aws.counts.volume_log import FOLDED
from sesguard.detection.sample import REPORTING, SAMPLED

BLOCK_HOURS: Final = 6
BLOCK_FOLDED: Final = "blockfold"
_NO_COUNTS: Final = frozenset({"stream", "cohort", "expires", FOLDED, BLOCK_FOLDED})
_LATER: Final = "k"  # begins no other attribute of volume
_PREFIX: Final = len("k3")

LATER_TOTALS: Final = tuple(
    f"{_LATER}{after}{name}" for after in range(1, BLOCK_HOURS) for name in (*LETTERS, SAMPLED, REPORTING)
)
"""Attributes of a block's totals, beside those of its first hour."""


def block_of(hour: int) -> int:
    """The first epoch hour of the block of an epoch hour."""
    return hour - hour % BLOCK_HOURS


def in_block(attribute: str, hour: int) -> str:
    """The attribute of the block's item that is ``attribute`` of an epoch hour."""
    after = hour % BLOCK_HOURS
    return f"{_LATER}{after}{attribute}" if after else attribute


def by_hour(items: Iterable[Item]) -> dict[int, Item]:
    """Items of volume by epoch hour, each with what blocks have of it."""
    found: dict[int, Item] = {}
    for item in items:
        first = hour_in(item)
        parts: dict[int, Item] = {}
        later = {name for name in item if name[0] == _LATER and name[1:_PREFIX].isdigit()}
        for name in later:
            hour = first + int(name[1:_PREFIX])
            parts[hour] = {**parts.get(hour, {}), name[_PREFIX:]: item[name]}
        parts[first] = {name: value for name, value in item.items() if name not in later} if later else item
        for hour, part in parts.items():
            known = found.get(hour) or ({"cohort": {"S": VOLUME + hour_text(hour)}} if hour != first else None)
            found[hour] = added(known, part) if known else part
    return found


def of_hours(items: Iterable[Item], first: int, last: int) -> list[Item]:
    """The items of epoch hours ``first`` to ``last``, each with what blocks have of it. items: from that block on."""
    found = by_hour(items)
    return [found[hour] for hour in sorted(found) if first <= hour <= last]


def added(item: Item, more: Item) -> Item:
    """The sum of two items of one hour; what is no count is the first's that has it."""
    sums = dict(item)
    for name, value in more.items():
        if name in sums and name not in _NO_COUNTS:
            value = {"N": str(int(sums[name]["N"]) + int(value["N"]))}
        elif name in sums:
            continue
        sums[name] = value
    return sums
