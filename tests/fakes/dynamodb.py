"""DynamoDB in memory: just the calls and expressions that counting uses, with the limits that shape them.

tests/unit/aws/test_counts.py runs one suite against this and against moto, so that this stays truthful. Whatever it
does not know raises NotImplementedError.
"""

from __future__ import annotations

import bisect
import itertools
import marshal
import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from localcloud.gaps.attribute_values import of_request
from localcloud.gaps.expressions import operations, problem

Item = dict[str, Any]

_PAIR = r"(#?\w+) = (:\w+)"
_SET = re.compile(f"SET {_PAIR}(, {_PAIR})*")
_ADD = re.compile(
    r"ADD (?P<adds>.+?) SET expires = (?P<expires>:\w+)(?:, (?P<mark>folded|blockfold) = (?P<fold>:\w+))?"
)
_BETWEEN = re.compile(r"#stream = (:\w+) AND cohort BETWEEN (:\w+) AND (:\w+)")
_MOST_ACTIONS, _LONGEST_EXPRESSION, _LARGEST_ITEM, _LARGEST_PAGE = 100, 4_096, 400 * 1_024, 1_024 * 1_024


class MemoryDynamoDB:
    """Tables by name, each with the attributes that make its key."""

    def __init__(self, **keys: tuple[str, ...]) -> None:
        self._keys = keys
        self.page_bytes = _LARGEST_PAGE
        self.tables: dict[str, dict[tuple[str, ...], Item]] = {table: {} for table in keys}

    def update_item(self, **request: Any) -> dict[str, Any]:
        self._write({"Update": request}, alone=True)
        if request.get("ReturnValues") != "UPDATED_NEW":
            return {}
        return {
            "Attributes": _copied(self.tables[request["TableName"]][self._key(request["TableName"], request["Key"])])
        }

    def put_item(self, **request: Any) -> dict[str, Any]:
        self._write({"Put": request}, alone=True)
        return {}

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803  # DynamoDB's names
        item = self.tables[TableName].get(self._key(TableName, Key))
        return {"Item": _copied(item)} if item else {}

    def transact_write_items(self, *, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803  # as above
        targets = [self._target(action) for action in TransactItems]
        if len(targets) > _MOST_ACTIONS or len(set(targets)) < len(targets):
            raise failure("ValidationException", "TransactWriteItems")
        codes = [self._problem(action) or "None" for action in TransactItems]
        if set(codes) != {"None"}:
            error = cancelled(*codes)
            for reason, action in zip(error.response["CancellationReasons"], TransactItems, strict=True):
                self._show_old(reason, action)
            raise error
        for action in TransactItems:
            self._write(action, alone=False)
        return {}

    def _show_old(self, reason: dict[str, Any], action: dict[str, Any]) -> None:
        """What was there, where the request asks to be shown it."""
        ((_, request),) = action.items()
        table, key = self._target(action)
        shown = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
        if shown and reason["Code"] == "ConditionalCheckFailed" and key in self.tables[table]:
            reason["Item"] = _copied(self.tables[table][key])

    def query(self, **request: Any) -> dict[str, Any]:
        values = request["ExpressionAttributeValues"]
        between = _BETWEEN.fullmatch(request["KeyConditionExpression"])
        if between is None or not request["ConsistentRead"]:
            raise NotImplementedError(request["KeyConditionExpression"])
        stream, first, last = (values[name]["S"] for name in between.groups())
        if first > last:
            raise failure("ValidationException", "Query")
        table = self.tables[request["TableName"]]
        after = self._key(request["TableName"], request["ExclusiveStartKey"]) if "ExclusiveStartKey" in request else ()
        keys = sorted(key for key in table if key[0] == stream and first <= key[1] <= last and key > after)
        found = [table[key] for key in keys]
        # A page ends with the item that fills it, of all that is read and not only of what is asked for.
        read = list(itertools.accumulate(map(_size, found)))
        found = found[: min(bisect.bisect_left(read, self.page_bytes) + 1, request.get("Limit", len(found)))]
        more = {}
        if len(found) < len(keys):
            more = {"LastEvaluatedKey": {name: found[-1][name] for name in self._keys[request["TableName"]]}}
        if "ProjectionExpression" in request:
            names = request["ExpressionAttributeNames"]
            wanted = {names.get(name, name) for name in request["ProjectionExpression"].split(", ")}
            found = [{name: value for name, value in item.items() if name in wanted} for item in found]
        return {"Items": _copied(found), "Count": len(found), **more}

    def _key(self, table: str, item: Item) -> tuple[str, ...]:
        return tuple(item[name]["S"] for name in self._keys[table])

    def _target(self, action: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
        ((kind, request),) = action.items()
        return request["TableName"], self._key(request["TableName"], request["Item" if kind == "Put" else "Key"])

    def _problem(self, action: dict[str, Any]) -> str | None:
        (request,) = action.values()
        if of_request(request):
            raise failure("ValidationException", "UpdateItem")
        if len(request.get("UpdateExpression", "")) > _LONGEST_EXPRESSION:
            raise failure("ValidationException", "UpdateItem")
        table, key = self._target(action)
        if not _holds(self.tables[table].get(key, {}), request):
            return "ConditionalCheckFailed"
        return "ValidationError" if _size(self._written(action)) > _LARGEST_ITEM else None

    def _written(self, action: dict[str, Any]) -> Item:
        """The item as it would be."""
        ((kind, request),) = action.items()
        if kind == "Put":
            return _copied(request["Item"])
        table, key = self._target(action)
        item = _copied(self.tables[table].get(key) or request["Key"])
        names, values = request.get("ExpressionAttributeNames", {}), request["ExpressionAttributeValues"]
        if _SET.fullmatch(request["UpdateExpression"]):
            pairs = re.findall(_PAIR, request["UpdateExpression"])
            return item | {names.get(name, name): values[value] for name, value in pairs}
        expression = _ADD.fullmatch(request["UpdateExpression"])
        if expression is None:
            raise NotImplementedError(request["UpdateExpression"])
        for add in expression["adds"].split(", "):
            name, value = add.split(" ")
            name = names.get(name, name)
            item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[value]["N"]))}
        item["expires"] = values[expression["expires"]]
        if expression["mark"]:
            item[expression["mark"]] = values[expression["fold"]]
        return item

    def _write(self, action: dict[str, Any], *, alone: bool) -> None:
        if alone and (problem := self._problem(action)):
            code = {"ConditionalCheckFailed": "ConditionalCheckFailedException"}.get(problem, "ValidationException")
            raise failure(code, next(iter(action)))
        table, key = self._target(action)
        self.tables[table][key] = self._written(action)


def _copied(value: Any) -> Any:
    """A copy that shares nothing that changes. ``copy.deepcopy`` would take most of a test's time."""
    return marshal.loads(marshal.dumps(value))  # noqa: S302  # we wrote it


def _holds(item: Item, request: Mapping[str, Any]) -> bool:
    condition, values = request.get("ConditionExpression"), request.get("ExpressionAttributeValues", {})
    match condition:
        case None:
            return True
        case "attribute_not_exists(id)":
            return "id" not in item
        case "#set = :none":
            return bool(item.get("set") == values[":none"])
        case "attribute_not_exists(cohort)":
            return "cohort" not in item
        case "attribute_not_exists(touched)":
            return "touched" not in item
        case "touched = :touched":
            return bool(item.get("touched") == values[":touched"])
        case "attribute_not_exists(w) OR w < :most":
            return "w" not in item or int(item["w"]["N"]) < int(values[":most"]["N"])
        case "attribute_not_exists(folded) OR folded < :fold":
            return "folded" not in item or int(item["folded"]["N"]) < int(values[":fold"]["N"])
        case "attribute_not_exists(blockfold) OR blockfold < :fold":
            return "blockfold" not in item or int(item["blockfold"]["N"]) < int(values[":fold"]["N"])
        case "attribute_not_exists(#number) OR #number <= :number":
            return "number" not in item or int(item["number"]["N"]) <= int(values[":number"]["N"])
        case "attribute_not_exists(#number) OR #number < :number":
            return "number" not in item or int(item["number"]["N"]) < int(values[":number"]["N"])
        case "attribute_not_exists(#number) OR #number < :number OR (#number = :number AND done = :not)":
            there, wanted = int(item.get("number", {"N": "-1"})["N"]), int(values[":number"]["N"])
            return there < wanted or (there == wanted and item["done"] == values[":not"])
    raise NotImplementedError(condition)


def _size(item: Item) -> int:
    """Bytes, near enough: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html"""
    values = [next(iter(value.values())) for value in item.values()]
    return sum(len(name.encode()) for name in item) + sum(
        1 if isinstance(value, bool) else len(value if isinstance(value, bytes) else value.encode()) for value in values
    )


def refusing_what_dynamodb_refuses(client: Any) -> Any:
    """Return a moto client that refuses empty sets and expressions, as DynamoDB does and moto does not."""
    reserved = frozenset(ReservedKeywords.get_reserved_keywords())

    def refuse(params: dict[str, Any], model: Any, **_: Any) -> None:
        if of_request(params) or any(problem(each, reserved) for each in operations(params)):
            raise failure("ValidationException", model.name)

    client.meta.events.register("provide-client-params.dynamodb", refuse)
    return client


def failure(code: str, operation: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]  # what is read of it
        operation,
    )


def cancelled(*codes: str) -> ClientError:
    """A transaction that was cancelled, with the reason of each of its actions."""
    error = failure("TransactionCanceledException", "TransactWriteItems")
    error.response["CancellationReasons"] = [{"Code": code} for code in codes]
    return error
