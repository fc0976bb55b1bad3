"""Writing volume: one UpdateItem for a stream's hour in a batch, whatever the number of its events."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sesguard.aws.counts.cohorts import LETTERS, SLOTS, VOLUME, expiry, hour_text
from sesguard.detection.sample import TAKEN
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.stream import StreamId

# At most 240 minutes and columns and 4 totals: 2.5 KB of the 4 KB that an expression may have. Each value's placeholder
# is its attribute's name. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_ADD = tuple(f"{name} :{name}" for name in SLOTS)
_VALUE = tuple(f":{name}" for name in SLOTS)
_ADD_TOTAL = tuple(f"{letter} :{letter}" for letter in LETTERS)
_VALUE_TOTAL = tuple(f":{letter}" for letter in LETTERS)
_SET = " SET expires = :x"


def volume_update(table: str, volume: Volume) -> dict[str, Any]:
    """The request that adds ``volume``. Not idempotent: a message that comes again counts its volume again.

    Where it went by domain is left out: that is kept of what is logged alone.
    """
    hour = volume.hour
    sample = {name: count for name, count in (volume.sample or {}).items() if not name.startswith(TAKEN)}
    expression, values = _update(volume.sums(), sample)
    values[":x"] = expiry(hour // 24)
    return {
        "TableName": table,
        "Key": {"stream": {"S": "/".join(volume.stream)}, "cohort": _cohort(hour)},
        "UpdateExpression": expression,
        "ExpressionAttributeValues": values,
    }


def _update(sums: dict[int, int], sample: Mapping[str, int]) -> tuple[str, dict[str, dict[str, str]]]:
    adds = [f"{name} :{name}" for name in sample]
    values = {f":{name}": {"N": str(count)} for name, count in sample.items()}
    totals: dict[int, int] = {}
    for slot, count in sums.items():
        adds.append(_ADD[slot])
        values[_VALUE[slot]] = {"N": str(count)}
        column = slot % COLUMNS
        totals[column] = totals.get(column, 0) + count
    for column, count in totals.items():
        adds.append(_ADD_TOTAL[column])
        values[_VALUE_TOTAL[column]] = {"N": str(count)}
    return f"ADD {', '.join(adds)}{_SET}", values


@lru_cache(maxsize=1024)
def _cohort(hour: int) -> dict[str, str]:
    return {"S": VOLUME + hour_text(hour)}


def touch(table: str, stream: StreamId, key: str, day: int) -> dict[str, Any]:
    """The request that says that something late joined a day or hour: what was rolled up of it no longer holds."""
    return {
        "TableName": table,
        "Key": {"stream": {"S": str(stream)}, "cohort": {"S": key}},
        "UpdateExpression": "ADD touched :one SET expires = :x",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":x": expiry(day)},
    }
