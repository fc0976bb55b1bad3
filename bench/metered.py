"""DynamoDB in memory that meters what is consumed, as DynamoDB bills it.

A write counts an item's size, the larger of before and after, in units of 1 KB, twice in a transaction; a consistent
read the size of all that it looks at in units of 4 KB.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, cast

from botocore.exceptions import ClientError

from bench.past import Past, item_bytes, number_bytes
from sesguard.aws.counts.carried import CARRIED
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import (
    HOURLY,
    NAMED,
    OUTCOMES,
    SETTLED,
    VOLUME,
    day_of,
    day_text,
    expiry,
    hour_of,
    hour_text,
)
from sesguard.aws.counts.rollups import UNTOUCHED, clump_text, day_request, hour_request
from sesguard.aws.counts.sender_domains import SENDERS
from sesguard.aws.counts.senders import KEY as REGISTRY
from sesguard.aws.counts.senders import SETS_KEY
from sesguard.detection.breakdown import DAY
from sesguard.detection.rows import HOUR, HOURS_A_DAY, boundaries
from sesguard.policy import Policy

Request = dict[str, Any]
Sized = tuple[Item, int]
"""An item and its bytes."""

_POLICY = Policy()
_HOUR_END = len("v#2026-11-21T18")
_EXPIRES = len("expires") + number_bytes(int(expiry(20_000)["N"]))
_LOG = ("w#", "y#", CARRIED)
LOG = "log of volume"
FOLDS = "volume"
READ_CARRIED = "what is carried"
COUNTS = "counts"
ROLLUPS = "rollups"
OUTCOMES_WRITTEN = "outcomes"
_HOURS = (VOLUME, OUTCOMES, NAMED)
_KINDS = frozenset({*_LOG, *_HOURS, SETTLED, HOURLY})
_OVERHEAD = 100  # bytes of storage that an item is billed beside its attributes


class MeteredDynamoDB:
    """The calls of ingest. What lay in the table before ``first_hour`` is as ``past`` says.

    streams: configuration sets that are registered, each of a tenant of its own.
    """

    def __init__(self, first_hour: int, past: Past, streams: Iterable[str] = ()) -> None:
        self.calls: Counter[str] = Counter()
        self.write_units: Counter[str] = Counter()
        self.read_units: Counter[str] = Counter()
        self._first_hour = first_hour
        self._last_hour = first_hour  # of which anything was written
        self._past = past
        self._items: dict[tuple[str, str], dict[str, int]] = {}
        self._sizes: Counter[tuple[str, str]] = Counter()
        self._rollups: dict[tuple[str, str], Sized] = {}
        self._rollups_of_past: dict[tuple[str, str], Sized] = {}
        self.rolled_up: tuple[float, float] = (first_hour, boundaries((first_hour - 1) * HOUR)[1] // DAY - 1)
        """Epoch hour and day before which earlier looks have rolled up hours and days: all hours of the past, and all
        days but the last that a look rolls up, as nobody has looked since that was too young."""
        self._registry = [_registered(streams)]
        self._log: dict[str, dict[str, Item]] = {}
        self._log_keys: dict[str, list[str]] = {}  # in order
        self._seen: dict[str, int] = {}  # markers of events with their bytes

    @property
    def stored_bytes(self) -> int:
        """What this day added to the tables and stays: the log of volume goes after a week, and is left out."""
        items = len(self._sizes) + len(self._seen) + len(self._rollups)
        rollups = sum(size for _, size in self._rollups.values())
        return sum(self._sizes.values()) + rollups + sum(self._seen.values()) + _OVERHEAD * items

    def forget_what_was_metered(self) -> None:
        """Begin to meter: of what is in the tables now, and may be read, nothing is this day's."""
        for counter in (self.calls, self.write_units, self.read_units, self._sizes):
            counter.clear()

    def update_item(self, **request: object) -> Request:
        self.calls["UpdateItem"] += 1
        key = cast(Request, request["Key"])
        if "cohort" not in key:  # of a stream's record
            self.write_units["records"] += 1
        elif key["cohort"]["S"].startswith(SENDERS):
            self.write_units["sending domains"] += 1
        else:
            self.write_units[FOLDS] += self._update(request)
        return {}

    def put_item(self, **request: object) -> Request:
        self.calls["PutItem"] += 1
        item = cast(Item, request["Item"])
        if item["cohort"]["S"].startswith(_LOG):
            self.write_units[LOG if "v" in item else FOLDS] += self._put_log(item)
            return {}
        size = item_bytes(item)
        self._rollups[item["stream"]["S"], item["cohort"]["S"]] = item, size
        self.write_units[ROLLUPS] += _units(size, 1_024)
        return {}

    def transact_write_items(self, **request: object) -> Request:
        self.calls["TransactWriteItems"] += 1
        actions = cast(list[Request], request["TransactItems"])
        if not all("id" in action["Put"]["Item"] for action in actions if "Put" in action):
            self.write_units["records"] += 2 * len(actions)  # a stream that is warned, and its journal
            return {}
        markers = {
            (item := action["Put"]["Item"])["id"]["S"]: item_bytes(item) for action in actions if "Put" in action
        }
        if self._seen.keys() & markers:
            raise ClientError(
                {"Error": {"Code": "Duplicate", "Message": "this traffic has none"}}, "TransactWriteItems"
            )
        self._seen.update(markers)
        units = len(markers) + sum(self._update(action["Update"]) for action in actions if "Update" in action)
        self.write_units[OUTCOMES_WRITTEN] += 2 * units
        return {}

    def get_item(self, **request: object) -> Request:
        self.calls["GetItem"] += 1
        self.read_units["states"] += 1
        key = cast(Request, request["Key"])["stream"]
        return {"Item": {"stream": key, "tenant": {"S": _tenant_of(key["S"])}}}

    def batch_get_item(self, **request: object) -> Request:
        self.calls["BatchGetItem"] += 1
        ((table, of),) = cast(dict[str, Request], request["RequestItems"]).items()
        keys = [key["stream"] for key in of["Keys"]]
        self.read_units["states"] += len(keys)
        return {"Responses": {table: [{"stream": key, "tenant": {"S": _tenant_of(key["S"])}} for key in keys]}}

    def query(self, **request: object) -> Request:
        self.calls["Query"] += 1
        values = cast(Request, request["ExpressionAttributeValues"])
        if values.get(":first", {}).get("S") == REGISTRY:
            self.read_units["registry"] += _units(sum(map(item_bytes, self._registry)), 4_096)
            return {"Items": self._registry}
        if ":last" not in values or values[":first"]["S"][:2] not in _KINDS:
            self.read_units["what is rare"] += 1  # of failing providers and of tenants: healthy streams have none
            return {"Items": []}
        stream, first, last = (values[name]["S"] for name in (":stream", ":first", ":last"))
        if first.startswith(_LOG):
            return self._logged(stream, first, last)
        found = {SETTLED: self._days, HOURLY: self._rolled_hours}.get(first[:2], self._hours)
        sized = found(stream, first, last)
        if "Limit" in request:
            sized = sized[: cast(int, request["Limit"])]
        self.read_units[COUNTS] += _units(sum(size for _, size in sized), 4_096)
        return {"Items": [item for item, _ in sized]}

    def _put_log(self, item: Item) -> int:
        """Keep an item of the log or beside it; its units."""
        stream, cohort = item["stream"]["S"], item["cohort"]["S"]
        items = self._log.setdefault(stream, {})
        before = item_bytes(items[cohort]) if cohort in items else 0
        if not before:
            insort(self._log_keys.setdefault(stream, []), cohort)
        items[cohort] = item
        return _units(max(before, item_bytes(item)), 1_024)

    def _logged(self, stream: str, first: str, last: str) -> Request:
        keys, items = self._log_keys.get(stream, []), self._log.get(stream, {})
        found = [items[key] for key in keys[bisect_left(keys, first) : bisect_right(keys, last)]]
        self.read_units[READ_CARRIED if first.startswith(CARRIED) else LOG] += _units(
            sum(map(item_bytes, found)), 4_096
        )
        return {"Items": found}

    def _update(self, request: Request) -> int:
        """Carry out an update of the form "ADD name value, … SET expires = value"; return its units."""
        key = request["Key"]["stream"]["S"], request["Key"]["cohort"]["S"]
        if not request["UpdateExpression"].startswith("ADD "):
            return 1
        item, before = self._items.get(key), self._sizes[key]
        if item is None:
            item = self._items[key] = {}
            self._sizes[key] = len("streamcohort") + len(key[0]) + len(key[1]) + _EXPIRES
            if key[1].startswith(_HOURS):
                self._last_hour = max(self._last_hour, hour_of(key[1][2:_HOUR_END]))
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        adds, _, sets = request["UpdateExpression"].removeprefix("ADD ").partition(" SET ")
        if sets.endswith(":fold"):
            mark = sets.split(", ")[-1].partition(" ")[0]
            self._set(key, mark, int(values[":fold"]["N"]))
        for add in adds.split(", "):
            name, _, value = add.partition(" ")
            name = names.get(name, name)
            self._set(key, name, item.get(name, 0) + int(values[value]["N"]))
        return _units(max(before, self._sizes[key]), 1_024)

    def _set(self, key: tuple[str, str], name: str, number: int) -> None:
        item = self._items[key]
        before = len(name) + number_bytes(item[name]) if name in item else 0
        item[name] = number
        self._sizes[key] += len(name) + number_bytes(number) - before

    def _days(self, stream: str, first: str, last: str) -> list[Sized]:
        """Settled days: those of the past that were settled then, and what was since."""

        def settled(day: int) -> Request:
            return day_request("", stream, day, self._past.day, UNTOUCHED, clump_text(_POLICY))

        days, until = range(day_of(first[2:]), day_of(last[2:]) + 1), self.rolled_up[1]
        return self._rolled_up(stream, {SETTLED + day_text(day): day for day in days}, until, settled)

    def _rolled_hours(self, stream: str, first: str, last: str) -> list[Sized]:
        """Rolled-up hours: those of the past that were rolled up then, and what was since."""

        def rolled_up(hour: int) -> Request:
            return hour_request("", stream, hour, self._past.hour_totals, UNTOUCHED)

        hours, until = range(hour_of(first[2:]), hour_of(last[2:]) + 1), self.rolled_up[0]
        return self._rolled_up(stream, {HOURLY + hour_text(hour): hour for hour in hours}, until, rolled_up)

    def _rolled_up(
        self, stream: str, wanted: dict[str, int], until: float, of_past: Callable[[int], Request]
    ) -> list[Sized]:
        found: list[Sized] = []
        for cohort, number in wanted.items():
            key = stream, cohort
            if key in self._rollups:
                found.append(self._rollups[key])
            elif number < until:
                if key not in self._rollups_of_past:
                    item: Item = of_past(number)["Item"]
                    self._rollups_of_past[key] = item, item_bytes(item)
                found.append(self._rollups_of_past[key])
        return found

    def _hours(self, stream: str, first: str, last: str) -> list[Sized]:
        """Hours of volume, outcomes or names: before the day as the past was, from then on as they were written."""
        kind, begin = first[:2], hour_of(first[2:_HOUR_END])
        end = hour_of(last[2:_HOUR_END]) if len(last) >= _HOUR_END else self._last_hour
        found: list[Sized] = []
        for hour in range(begin, end + 1):
            if hour < self._first_hour:
                found += self._past.hour(kind, stream, hour)
                continue
            for slot in [f":{number}" for number in range(6)] if kind == NAMED else [""]:
                key = stream, kind + hour_text(hour) + slot
                if key in self._items:
                    item = {name: {"N": str(count)} for name, count in self._items[key].items()}
                    keyed = {"stream": {"S": stream}, "cohort": {"S": key[1]}, "expires": expiry(hour // HOURS_A_DAY)}
                    found.append(({**item, **keyed}, self._sizes[key]))
        return found


def _tenant_of(stream: str) -> str:
    return stream.rpartition("/")[2].removesuffix("-news")


def _registered(streams: Iterable[str]) -> Item:
    """What is on record of who sends, for ingest to read."""
    tenants = json.dumps({name: _tenant_of(name) for name in streams}).encode()
    return {"cohort": {"S": SETS_KEY}, "tenants": {"B": zlib.compress(tenants)}}


def _units(size: int, of: int) -> int:
    return max(1, -(-size // of))
