"""The two tables that counting uses, in memory, moto or the emulator, and what is in them as the domain sees it."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from moto import mock_aws

from sesguard.aws.counts.cohort_items import hour_in
from sesguard.aws.counts.cohorts import SLOTS
from sesguard.aws.counts.hour_blocks import by_hour
from sesguard.aws.counts.outcome_writes import Tables
from sesguard.ingest.volume import COLUMNS
from tests.fakes.dynamodb import MemoryDynamoDB
from tests.fakes.moto_tables import REGION, dynamodb_in

TABLES = Tables(cohorts="cohorts", seen="seen")
_KEYS = {"cohorts": ("stream", "cohort"), "seen": ("id",)}
_accounts = itertools.count(310_000_000_001)

Outcome = tuple[str, int, str]
"""Of one stream: "b" or "c", epoch minute of sending, receiving domain."""


def in_memory() -> MemoryDynamoDB:
    return MemoryDynamoDB(**_KEYS)


@contextmanager
def in_moto() -> Iterator[Any]:
    with mock_aws():
        client = dynamodb_in(REGION)
        create_tables(client)
        yield client


@contextmanager
def kept_in(store: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of both tables, empty, in ``store``: memory, moto, or emulator, there in an account of its own."""
    if store == "memory":
        yield in_memory()
    elif store == "moto":
        with in_moto() as client:
            yield client
    else:
        client = request.getfixturevalue("emulator").client("dynamodb", account=f"{next(_accounts)}")
        create_tables(client)
        yield client


def create_tables(client: Any) -> None:
    kinds: list[Literal["HASH", "RANGE"]] = ["HASH", "RANGE"]
    for table, names in _KEYS.items():
        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)],
        )


def items(client: Any, stream: object) -> Iterator[Mapping[str, Any]]:
    """Every item of a stream's cohorts, as they lie."""
    yield from client.query(
        TableName=TABLES.cohorts,
        KeyConditionExpression="#stream = :stream AND cohort BETWEEN :first AND :last",
        ExpressionAttributeNames={"#stream": "stream"},
        ExpressionAttributeValues={":stream": {"S": str(stream)}, ":first": {"S": "a"}, ":last": {"S": "~"}},
        ConsistentRead=True,
    )["Items"]


def outcomes_in(client: Any, stream: object) -> Counter[Outcome]:
    """Bounces and complaints of a stream, by minute and receiving domain; "" for those whose domain is not kept."""
    found: Counter[Outcome] = Counter()
    for item in items(client, stream):
        kind = item["cohort"]["S"][:2]
        for name, value in item.items():
            if kind in {"o#", "n#"} and name[3:4] == "#":
                minute = hour_in(item) * 60 + int(name[1:3])
                found[name[0], minute, name[4:]] += int(value["N"])
                if kind == "n#":
                    found[name[0], minute, ""] -= int(value["N"])
    return Counter({outcome: count for outcome, count in found.items() if count})


def volume_in(client: Any, stream: object) -> Counter[tuple[int, int]]:
    """Volume of a stream, by epoch minute and column."""
    found: Counter[tuple[int, int]] = Counter()
    for hour, item in by_hour(it for it in items(client, stream) if it["cohort"]["S"].startswith("v#")).items():
        for slot, name in enumerate(SLOTS):
            if name in item:
                found[hour * 60 + slot // COLUMNS, slot % COLUMNS] += int(item[name]["N"])
    return found
