"""The members that a centre knows, and what it has told: items of MembersTable."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.readable import read_or
from sesguard.bus.events import iso
from sesguard.members.member import Member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"})
_MEMBERS, _TOLD = "members", "told"
_TOLD_KEPT: Final = timedelta(days=3)
"""How long a notice is known to be told: EventBridge tries for a day, the queue keeps for one more."""


class DynamoMembers:
    """The port ``MemberStore``. Key: kind ("members", "told") and name."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def heard(self, member: Member) -> None:
        told = {
            "account": member.account,
            "region": member.region,
            "stack": member.stack,
            "guard": member.guard,
            "settings": json.dumps(dict(member.settings), sort_keys=True),
            "unhealthy": member.unhealthy,
            "waiting": member.waiting,
            "dead_letters": member.dead_letters,
            "takes": json.dumps(member.takes),
            "states": json.dumps(dict(member.states)),
            "worst": msgspec.json.encode(member.worst).decode(),
            "heard": iso(member.heard),
        }
        names = {f"#{name}": name for name in told}
        values: dict[str, Any] = {
            f":{name}": {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in told.items()
        }
        self._conditionally(
            "UpdateItem",
            Key=_key(_MEMBERS, member.name),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in told),
            ConditionExpression="attribute_not_exists(#heard) OR #heard <= :heard",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def all(self) -> list[Member]:
        with calling("Query"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="kind = :kind",
                ExpressionAttributeValues={":kind": {"S": _MEMBERS}},
                ConsistentRead=True,
            )
            items = [item for page in pages for item in page["Items"]]
        # No silence of the others may hang on one that cannot be read.
        read = [read_or(None, f"member {item['name']['S']}", partial(_member, item)) for item in items]
        return [member for member in read if member is not None]

    def mark_silent(self, member: Member, told: datetime | None) -> bool:
        before = member.silent_told
        if told is None:
            return self._conditionally(
                "UpdateItem",
                Key=_key(_MEMBERS, member.name),
                UpdateExpression="REMOVE silent_told",
                ConditionExpression="attribute_exists(silent_told)",
            )
        return self._conditionally(
            "UpdateItem",
            Key=_key(_MEMBERS, member.name),
            UpdateExpression="SET silent_told = :told",
            ConditionExpression="attribute_exists(heard) AND attribute_not_exists(silent_told)"
            if before is None
            else "attribute_exists(heard)",
            ExpressionAttributeValues={":told": {"S": iso(told)}},
        )

    def first_told(self, identity: str, now: datetime) -> bool:
        expires = str(int((now + _TOLD_KEPT).timestamp()))
        return self._conditionally(
            "PutItem",
            Item={**_key(_TOLD, identity), "expires": {"N": expires}},
            ConditionExpression="attribute_not_exists(kind)",
        )

    def forget_told(self, identity: str) -> None:
        with calling("DeleteItem"):
            self._client.delete_item(TableName=self._table, Key=_key(_TOLD, identity))

    def forget(self, members: Iterable[Member]) -> None:
        for member in members:
            with calling("DeleteItem"):
                self._client.delete_item(TableName=self._table, Key=_key(_MEMBERS, member.name))

    def _conditionally(self, operation: str, **request: Any) -> bool:  # noqa: ANN401  # as the service's
        """Write; False where the condition does not hold."""
        write = self._client.put_item if operation == "PutItem" else self._client.update_item
        return write_if(operation, write, TableName=self._table, **request)


def _key(kind: str, name: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "name": {"S": name}}


def _member(item: dict[str, Any]) -> Member:
    """Read an item; what an older centre wrote may lack fields, what a newer one wrote may have more."""
    plain = {name: value.get("S", value.get("N")) for name, value in item.items()}
    plain["settings"] = json.loads(plain.get("settings") or "{}")
    for name in ("takes", "worst"):
        plain[name] = json.loads(plain.get(name) or "[]")
    plain["states"] = json.loads(plain.get("states") or "{}")
    return msgspec.convert(plain, Member, strict=False)
