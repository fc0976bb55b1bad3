"""The members that a centre knows, and what it has told: items of MembersTable."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from sesguard.aws.query import query_all
from sesguard.aws.readable import read_or
from sesguard.aws.tables.table import TableAdapter
from sesguard.bus.events import iso
from sesguard.members.member import Member

ACTIONS: Final = frozenset({"dynamodb:UpdateItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem"})
_MEMBERS, _TOLD = "members", "told"
_TOLD_KEPT: Final = timedelta(days=3)
"""How long a notice is known to be told: EventBridge tries for a day, the queue keeps for one more."""


class DynamoMembers(TableAdapter):
    """The port ``MemberStore``. Key: kind ("members", "told") and name."""

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
        self._update_if(
            Key=_key(_MEMBERS, member.name),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in told),
            ConditionExpression="attribute_not_exists(#heard) OR #heard <= :heard",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )

    def all(self) -> list[Member]:
        request = {
            "TableName": self._table,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": _MEMBERS}},
            "ConsistentRead": True,
        }
        items = query_all(self._client, request)
        # No silence of the others may hang on one that cannot be read.
        read = [read_or(None, f"member {item['name']['S']}", partial(_member, item)) for item in items]
        return [member for member in read if member is not None]

    def mark_silent(self, member: Member, told: datetime | None) -> bool:
        before = member.silent_told
        if told is None:
            return self._update_if(
                Key=_key(_MEMBERS, member.name),
                UpdateExpression="REMOVE silent_told",
                ConditionExpression="attribute_exists(silent_told)",
            )
        return self._update_if(
            Key=_key(_MEMBERS, member.name),
            UpdateExpression="SET silent_told = :told",
            ConditionExpression="attribute_exists(heard) AND attribute_not_exists(silent_told)"
            if before is None
            else "attribute_exists(heard)",
            ExpressionAttributeValues={":told": {"S": iso(told)}},
        )

    def first_told(self, identity: str, now: datetime) -> bool:
        expires = str(int((now + _TOLD_KEPT).timestamp()))
        return self._put_if(
            Item={**_key(_TOLD, identity), "expires": {"N": expires}},
            ConditionExpression="attribute_not_exists(kind)",
        )

    def forget_told(self, identity: str) -> None:
        self._delete(_key(_TOLD, identity))

    def forget(self, members: Iterable[Member]) -> None:
        for member in members:
            self._delete(_key(_MEMBERS, member.name))


def _key(kind: str, name: str) -> dict[str, Any]:
    return {"kind": {"S": kind}, "name": {"S": name}}


def _member(item: Mapping[str, Any]) -> Member:
    """Read an item; what an older centre wrote may lack fields, what a newer one wrote may have more."""
    plain = {name: value.get("S", value.get("N")) for name, value in item.items()}
    plain["settings"] = json.loads(plain.get("settings") or "{}")
    for name in ("takes", "worst"):
        plain[name] = json.loads(plain.get(name) or "[]")
    plain["states"] = json.loads(plain.get("states") or "{}")
    return msgspec.convert(plain, Member, strict=False)
