"""What is lined up to be made true in SES, in OnboardingTable.

A row: ``stream`` (its key), ``tenant``, ``wanted`` and ``was`` (JSON), ``status``, ``made`` (a set), ``problem``,
``calls``, ``tries``, ``claimed``, ``seen``, ``since``, ``at``, ``due``, ``version``, and ``work`` while something is
due: the sparse index ``work``, by ``due``. ``@tenant/ID`` holds ``streams`` (a set of keys that may be the tenant's)
and what is wrong with the whole tenant; ``@told`` what the operator has not been told.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_still
from sesguard.aws.tables.table import TableAdapter
from sesguard.bus.events import iso
from sesguard.errors import ConflictError, RecordError, words_of
from sesguard.provisioning.task import TENANT, ProvisioningTask, TaskState, TenantProblem, Untold

WORK_INDEX: Final = "work"
_DUE: Final = "1"
_TOLD: Final = {"stream": {"S": "@told"}}
_MOST_KEYS: Final = 20

_log = logging.getLogger(__name__)

Item = Mapping[str, Any]


class DynamoProvisioningTasks(TableAdapter):
    """The port ``Onboarding`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset(
        {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:Query"}
    )

    def load(self, key: str) -> ProvisioningTask | None:
        item = self._get({"stream": {"S": key}})
        return row_of(item) if item else None

    def save(self, row: ProvisioningTask) -> ProvisioningTask:
        saved = replace(row, version=row.version + 1)
        request = {"TableName": self._table, "Item": item_of(saved), **_condition(row)}
        write_still(row.key, "PutItem", self._client.put_item, **request)
        return saved

    def remove(self, row: ProvisioningTask) -> None:
        request = {"TableName": self._table, "Key": {"stream": {"S": row.key}}, **_condition(row)}
        write_still(row.key, "DeleteItem", self._client.delete_item, **request)

    def due(self, now: datetime, most: int) -> Sequence[str]:
        with calling("Query"):
            answer = self._client.query(
                TableName=self._table,
                IndexName=WORK_INDEX,
                KeyConditionExpression="#work = :due AND #due <= :now",
                ExpressionAttributeNames={"#work": "work", "#due": "due"},
                ExpressionAttributeValues={":due": {"S": _DUE}, ":now": {"S": iso(now)}},
                Limit=most,
            )
        return [item["stream"]["S"] for item in answer["Items"]]

    def listed(self, tenant: str) -> frozenset[str]:
        return frozenset(self._get(_of_tenant(tenant)).get("streams", {}).get("SS", ()))

    def list_also(self, tenant: str, keys: Collection[str]) -> None:
        self._streams("ADD", tenant, keys)

    def unlist(self, tenant: str, keys: Collection[str]) -> None:
        self._streams("DELETE", tenant, keys)

    def tenant_problem(self, tenant: str, problem: str, now: datetime) -> bool:
        if self.problem_of(tenant) == problem:
            return False
        values: dict[str, Any] = {}
        if problem:
            update = "SET #problem = :problem, #since = :now"
            values = {"ExpressionAttributeValues": {":problem": {"S": problem}, ":now": {"S": iso(now)}}}
        else:
            update = "REMOVE #problem, #since"
        self._update(_of_tenant(tenant), update, {"#problem": "problem", "#since": "since"}, values)
        return True

    def problem_of(self, tenant: str) -> str:
        problem: str = self._get(_of_tenant(tenant)).get("problem", {}).get("S", "")
        return problem

    def failed(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        values = {":count": {"N": str(len(keys))}, ":keys": {"SS": sorted(set(keys))[:_MOST_KEYS]}}
        names = {"#count": "count", "#keys": "keys"}
        self._update(_TOLD, "ADD #count :count, #keys :keys", names, {"ExpressionAttributeValues": values})

    def untold(self) -> Untold:
        item = self._get(_TOLD)
        told_at = item.get("told_at", {}).get("S")
        count, keys = int(item.get("count", {}).get("N", "0")), item.get("keys", {}).get("SS", ())
        if count < 0:  # as versions before 2026-11-26 could leave it
            self._mend_count(count, len(keys))
        return Untold(
            count if count >= 0 else len(keys),
            tuple(sorted(keys)),
            datetime.fromisoformat(told_at) if told_at else None,
            int(item.get("told", {}).get("N", "0")),
        )

    def told(self, of: Untold, now: datetime) -> None:
        values: dict[str, Any] = {
            ":count": {"N": str(-of.many)},
            ":one": {"N": "1"},
            ":now": {"S": iso(now)},
            ":before": {"N": str(of.told)},
        }
        names = {"#count": "count", "#told": "told", "#told_at": "told_at"}
        update = "ADD #count :count, #told :one SET #told_at = :now"
        if of.keys:  # an empty set is no value: ValidationException
            names["#keys"], values[":keys"] = "keys", {"SS": list(of.keys)}
            update += " DELETE #keys :keys"
        condition = "#told = :before" if of.told else "attribute_not_exists(#told)"
        more = {"ExpressionAttributeValues": values, "ConditionExpression": condition}
        if not of.told:
            del values[":before"]
        self._update(_TOLD, update, names, more)

    def _mend_count(self, count: int, least: int) -> None:
        values = {":read": {"N": str(count)}, ":least": {"N": str(least)}}
        more = {"ExpressionAttributeValues": values, "ConditionExpression": "#count = :read"}
        with suppress(ConflictError):  # another one mended it
            self._update(_TOLD, "SET #count = :least", {"#count": "count"}, more)

    def _streams(self, verb: str, tenant: str, keys: Collection[str]) -> None:
        if not keys:  # an empty set is no value: ValidationException
            return
        values = {"ExpressionAttributeValues": {":keys": {"SS": sorted(keys)}}}
        self._update(_of_tenant(tenant), f"{verb} #streams :keys", {"#streams": "streams"}, values)

    def _update(self, key: Item, update: str, names: Mapping[str, str], more: Mapping[str, Any]) -> None:
        request = {"TableName": self._table, "Key": key, "UpdateExpression": update, **more}
        write_still("", "UpdateItem", self._client.update_item, ExpressionAttributeNames=names, **request)


def _of_tenant(tenant: str) -> Item:
    return {"stream": {"S": f"{TENANT}{tenant}"}}


def _condition(row: ProvisioningTask) -> dict[str, Any]:
    names = {"ExpressionAttributeNames": {"#version": "version"}}
    if not row.version:
        return {"ConditionExpression": "attribute_not_exists(#version)", **names}
    values = {":read": {"N": str(row.version)}}
    return {"ConditionExpression": "#version = :read", **names, "ExpressionAttributeValues": values}


def item_of(row: ProvisioningTask) -> dict[str, Any]:
    """A row as an item."""
    item: dict[str, Any] = {
        "stream": {"S": row.key},
        "wanted": {"S": row.wanted},
        "was": {"S": row.was},
        "status": {"S": row.state.value},
        "problem": {"S": row.problem},
        "calls": {"N": str(row.calls)},
        "tries": {"N": str(row.tries)},
        "claimed": {"S": row.claimed},
        "since": {"S": iso(row.since)},
        "at": {"S": iso(row.at)},
        "due": {"S": iso(row.due)},
        "version": {"N": str(row.version)},
    }
    if row.tenant:  # a key of an index, which must not be empty
        item["tenant"] = {"S": row.tenant}
    if row.seen:
        item["seen"] = {"S": row.seen}
    if row.made:
        item["made"] = {"SS": sorted(row.made)}
    if row.state is TaskState.WAITING:
        item["work"] = {"S": _DUE}
    return item


def row_of(item: Item) -> ProvisioningTask:
    """An item as a row. Raises RecordError."""
    try:
        return _row_of(item)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(item["stream"]["S"], words_of(error)) from None


def _row_of(item: Item) -> ProvisioningTask:
    return ProvisioningTask(
        key=item["stream"]["S"],
        tenant=item.get("tenant", {}).get("S", ""),
        wanted=item["wanted"]["S"],
        was=item["was"]["S"],
        state=TaskState(item["status"]["S"]),
        made=frozenset(item.get("made", {}).get("SS", ())),
        problem=item["problem"]["S"],
        calls=int(item["calls"]["N"]),
        tries=int(item["tries"]["N"]),
        claimed=item["claimed"]["S"],
        seen=item.get("seen", {}).get("S", ""),
        since=datetime.fromisoformat(item["since"]["S"]),
        at=datetime.fromisoformat(item["at"]["S"]),
        due=datetime.fromisoformat(item["due"]["S"]),
        version=int(item["version"]["N"]),
    )


class DynamoOnboardingRows(TableAdapter):
    """The port ``OnboardingRows`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Scan"})

    def everything(self) -> tuple[Sequence[ProvisioningTask], Sequence[TenantProblem]]:
        """Read all of it, but what this version cannot read. Raises AwsError."""
        rows: list[ProvisioningTask] = []
        problems: list[TenantProblem] = []
        for item in self._scan():
            key = item["stream"]["S"]
            if "version" in item:
                try:
                    rows.append(row_of(item))
                except RecordError as error:
                    _log.error("%s", error)  # its worker tells the operator
            elif key.startswith(TENANT) and "problem" in item:
                since = datetime.fromisoformat(item["since"]["S"])
                problems.append(TenantProblem(key.removeprefix(TENANT), item["problem"]["S"], since))
        return rows, problems
