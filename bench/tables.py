"""DynamoDB in memory for onboarding: keys, conditions and updates as its adapters write them, and nothing else."""

from __future__ import annotations

import re
from bisect import insort
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

Item = dict[str, Any]
_KEYS: Final = {"streams": ("stream",), "tenants": ("id",), "onboarding": ("stream",), "turns": ("line", "place")}
_PART: Final = re.compile(r"\b(SET|REMOVE|ADD|DELETE)\b")
_TEST: Final = re.compile(r"attribute_(not_)?exists\(([#\w]+)\)|([#\w]+) (=|<>|<=|<) (:\w+)")


class Tables:
    """The calls of register and onboard. ``calls`` counts them; ``wait`` takes the time of one."""

    def __init__(self, wait: Callable[[], None]) -> None:
        self._wait = wait
        self.items: dict[str, dict[tuple[str, ...], Item]] = {table: {} for table in _KEYS}
        self._work: list[tuple[str, str]] = []
        self.calls = 0

    def get_item(self, *, TableName: str, Key: Item, **_: object) -> Item:  # noqa: N803  # DynamoDB's names
        self._count()
        found = self.items[TableName].get(self._key(TableName, Key))
        return {"Item": dict(found)} if found else {}

    def put_item(self, *, TableName: str, Item: Item, **request: Any) -> Item:  # noqa: N803, ANN401  # as above
        self._check(TableName, Item, request)
        self._write(TableName, dict(Item))
        return {}

    def delete_item(self, *, TableName: str, Key: Item, **request: Any) -> Item:  # noqa: N803, ANN401  # as above
        self._check(TableName, Key, request)
        self._unlist(self.items[TableName].pop(self._key(TableName, Key), {}))
        return {}

    def update_item(self, *, TableName: str, Key: Item, UpdateExpression: str, **request: Any) -> Item:  # noqa: N803, ANN401  # as above
        self._check(TableName, Key, request)
        item = dict(self.items[TableName].get(self._key(TableName, Key)) or Key)
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        parts = _PART.split(UpdateExpression)[1:]
        for verb, what in zip(parts[::2], parts[1::2], strict=True):
            for each in what.split(","):
                name, _, value = each.strip().replace(" = ", " ").partition(" ")
                _change(item, verb, names.get(name, name), values.get(value))
        self._write(TableName, item)
        return {}

    def query(self, *, TableName: str, Limit: int = 0, **request: Any) -> Item:  # noqa: N803, ANN401  # as above
        self._count()
        if TableName == "turns":  # nobody waits for a pause here
            return {"Items": []}
        now = request["ExpressionAttributeValues"][":now"]["S"]
        due = [{"stream": {"S": key}} for at, key in self._work[:Limit] if at <= now]
        return {"Items": due}

    def get_paginator(self, _: str) -> Tables:
        return self

    def paginate(self, *, TableName: str, **_: object) -> Iterator[Item]:  # noqa: N803  # as above
        yield {"Items": [dict(item) for item in self.items[TableName].values()]}

    def _count(self) -> None:
        self.calls += 1
        self._wait()

    def _key(self, table: str, item: Item) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in _KEYS[table])

    def _write(self, table: str, item: Item) -> None:
        key = self._key(table, item)
        self._unlist(self.items[table].get(key, {}))
        self.items[table][key] = item
        if "work" in item:
            insort(self._work, (item["due"]["S"], item["stream"]["S"]))

    def _unlist(self, item: Item) -> None:
        if "work" in item:
            self._work.remove((item["due"]["S"], item["stream"]["S"]))

    def _check(self, table: str, key: Item, request: Mapping[str, Any]) -> None:
        self._count()
        condition = request.get("ConditionExpression")
        item = self.items[table].get(self._key(table, key), {})
        if condition and not _holds(item, condition, request):
            raise ClientError({"Error": {"Code": "ConditionalCheckFailedException", "Message": ""}}, "Any")


def _change(item: Item, verb: str, name: str, value: Any) -> None:  # noqa: ANN401  # an attribute
    if verb == "SET":
        item[name] = value
    elif verb == "REMOVE":
        item.pop(name, None)
    elif "N" in value:
        item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(value["N"]))}
    else:
        there, these = set(item.get(name, {}).get("SS", ())), set(value["SS"])
        item[name] = {"SS": sorted(there | these if verb == "ADD" else there - these)}


def _holds(item: Item, condition: str, request: Mapping[str, Any]) -> bool:
    """Put True and False in the place of each test, and let Python's own and, or and brackets join them."""
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})

    def test(found: re.Match[str]) -> str:
        absent, exists, name, sign, value = found.groups()
        if exists:
            return str((names.get(exists, exists) in item) is not bool(absent))
        there, wanted = item.get(names.get(name, name)), values[value]
        if there is None:
            return str(sign == "<>")
        ((kind, left),), right = there.items(), next(iter(wanted.values()))
        if kind == "N":
            left, right = float(left), float(right)
        results = {"=": left == right, "<>": left != right, "<": left < right, "<=": left <= right}
        return str(results[sign])

    joined = _TEST.sub(test, condition).replace(" OR ", " or ").replace(" AND ", " and ")
    return bool(eval(joined, {"__builtins__": {}}))  # noqa: S307  # True, False, and, or, brackets
