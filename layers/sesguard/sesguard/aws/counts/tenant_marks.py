"""How much came in of a tenant's streams since they were weighed together, and who is due: in the cohorts table.

Partition ``<account>/<region>/@<tenant>``, sort key ``k#``: ``bounces`` and ``complaints`` since the last weighing (at
least: what comes again counts again), and ``standing`` (JSON), how the tenant stood then. Partition of the account's
unattributed mail, sort key ``q#<tenant>``: who is due, ``since`` when (epoch seconds), ``marks``, how often that was
said. One write for a tenant in a batch that brings an outcome, none where it has but one stream, and a second one where
what came in may change how it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.counts.cohort_items import number
from sesguard.aws.query import query_all
from sesguard.pausing.tenant_standing import TenantDue, TenantStanding
from sesguard.stream import StreamId

STANDING: Final = "k#"
DUE: Final = "q#"
KEPT: Final = timedelta(days=35)
ASKED_AGAIN: Final = timedelta(minutes=10)
"""For which a process believes that a tenant has but one stream."""


class DynamoTenantNotes:
    """The port ``TenantNotes`` over DynamoDB. One for a process."""

    ACTIONS: ClassVar = frozenset({"dynamodb:UpdateItem"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._alone: dict[str, datetime] = {}

    def note(self, home: StreamId, tenant: str, bounces: int, complaints: int, now: datetime) -> None:
        """Note what came in of a tenant's streams of an account and region. Raises AwsError."""
        partition = _partition(home, tenant)
        if (until := self._alone.get(partition)) is not None and now < until:
            return
        item = self._add(partition, STANDING, {"bounces": bounces, "complaints": complaints}, now)
        standing = _standing(item)
        if standing is None or standing.exceeded_by(number(item, "bounces"), number(item, "complaints"), now):
            since = {"since": str(int(now.timestamp()))}
            self._add(str(home._replace(configuration_set="")), DUE + tenant, {"marks": 1}, now, first=since)
        elif standing.alone:
            self._alone[partition] = now + ASKED_AGAIN

    def _add(
        self,
        partition: str,
        key: str,
        numbers: Mapping[str, int],
        now: datetime,
        first: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Add to the attributes of an item; ``first``: what is put where it is not there. Returns the item."""
        sets = "".join(f", {name} = if_not_exists({name}, :{name})" for name in first or {})
        values = {f":{name}": {"N": str(number)} for name, number in {**numbers, **(first or {})}.items()}
        with calling("UpdateItem"):
            return self._client.update_item(
                TableName=self._table,
                Key={"stream": {"S": partition}, "cohort": {"S": key}},
                UpdateExpression=f"ADD {', '.join(f'{name} :{name}' for name in numbers)} SET expires = :x{sets}",
                ExpressionAttributeValues={**values, ":x": _expiry(now)},
                ReturnValues="ALL_NEW",
            )["Attributes"]


def standing_of(client: DynamoDBClient, table: str, home: StreamId, tenant: str) -> TenantStanding | None:
    """How a tenant of an account and region stood when it was weighed last. Raises AwsError."""
    items = _query(client, table, _partition(home, tenant), "cohort = :key", STANDING)
    return _standing(items[0]) if items else None


class DynamoTenantMarks:
    """The port ``TenantMarks`` over DynamoDB. home: the guard's own account and region."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:DeleteItem"})

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId) -> None:
        self._client = client
        self._table = table
        self._home = home._replace(configuration_set="")

    def due(self) -> Iterator[TenantDue]:
        items = self._query(str(self._home), "begins_with(cohort, :key)", DUE)
        for item in sorted(items, key=lambda item: (number(item, "since"), item["cohort"]["S"])):
            yield self._due(item)

    def standing(self, tenant: str) -> TenantStanding | None:
        return _standing(self._noted(tenant))

    def keep(self, due: TenantDue, standing: TenantStanding, *, again: bool) -> None:
        taken = {"bounces": due.bounces, "complaints": due.complaints}
        counted = {name: count for name, count in taken.items() if count}
        if not self._put(due.tenant, standing, counted):
            # A try that seemed to fail has taken them off: once more would leave less than nothing.
            self._put(due.tenant, standing, {})
        if not again:
            self._forget(due)

    def _put(self, tenant: str, standing: TenantStanding, counted: Mapping[str, int]) -> bool:
        """Put how a tenant stands, and take off what was counted; False where there is not as much any more."""
        adds = ", ".join(f"{name} :{name}" for name in counted)
        then = {name: count for name, count in counted.items() if count > 0}  # less was left by an earlier version
        conditions = " AND ".join(f"{name} >= :{name}_then" for name in then)
        return write_if(
            "UpdateItem",
            self._client.update_item,
            TableName=self._table,
            Key={"stream": {"S": _partition(self._home, tenant)}, "cohort": {"S": STANDING}},
            UpdateExpression=f"{f'ADD {adds} ' if adds else ''}SET standing = :standing, expires = :x",
            ExpressionAttributeValues={
                **{f":{name}": {"N": str(-count)} for name, count in counted.items()},
                **{f":{name}_then": {"N": str(count)} for name, count in then.items()},
                ":standing": {"S": msgspec.json.encode(standing).decode()},
                ":x": _expiry(standing.at),
            },
            **({"ConditionExpression": conditions} if conditions else {}),
        )

    def _forget(self, due: TenantDue) -> None:
        write_if(  # more may have come in meanwhile
            "DeleteItem",
            self._client.delete_item,
            TableName=self._table,
            Key={"stream": {"S": str(self._home)}, "cohort": {"S": DUE + due.tenant}},
            ConditionExpression="marks = :seen",
            ExpressionAttributeValues={":seen": {"N": str(due.marks)}},
        )

    def _due(self, item: Mapping[str, Any]) -> TenantDue:
        tenant = item["cohort"]["S"][len(DUE) :]
        noted = self._noted(tenant)
        since = datetime.fromtimestamp(number(item, "since"), UTC)
        counts = number(noted, "bounces"), number(noted, "complaints")
        return TenantDue(tenant, since, number(item, "marks"), *counts, _standing(noted))

    def _noted(self, tenant: str) -> Mapping[str, Any]:
        items = self._query(_partition(self._home, tenant), "cohort = :key", STANDING)
        return items[0] if items else {}

    def _query(self, partition: str, condition: str, key: str) -> list[Mapping[str, Any]]:
        return _query(self._client, self._table, partition, condition, key)


def _query(client: DynamoDBClient, table: str, partition: str, condition: str, key: str) -> list[Mapping[str, Any]]:
    return query_all(
        client,
        {
            "TableName": table,
            "KeyConditionExpression": f"#stream = :stream AND {condition}",
            "ExpressionAttributeNames": {"#stream": "stream"},
            "ExpressionAttributeValues": {":stream": {"S": partition}, ":key": {"S": key}},
            "ConsistentRead": True,
        },
    )


def _partition(home: StreamId, tenant: str) -> str:
    """A key that no stream has: a configuration set's name holds no "@"."""
    return str(home._replace(configuration_set=f"@{tenant}"))


def _standing(item: Mapping[str, Any]) -> TenantStanding | None:
    """What is on record; None where nothing is, or nothing that this version can read: then it is weighed anew."""
    try:
        return msgspec.json.decode(item["standing"]["S"], type=TenantStanding)
    except (KeyError, msgspec.DecodeError):
        return None


def _expiry(now: datetime) -> dict[str, str]:
    return {"N": str(int((now + KEPT).timestamp()))}
