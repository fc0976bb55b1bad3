"""The guard's tables in moto, as the template makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Final

import boto3
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import Table, dynamodb_backends

import tests.fakes.quick_moto  # noqa: F401  # it makes moto quicker
from tests.fakes.dynamodb import refusing_what_dynamodb_refuses

REGION = "eu-west-1"
_made: Final[dict[str, dict[str, Table]]] = {}  # by region, each empty


# A session of its own for each client would take longer than what most tests do with it.
_session: Final = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


def dynamodb_in(region: str) -> Any:
    """A client of DynamoDB in a moto that is on already."""
    return _session.client("dynamodb", region_name=region)


@contextmanager
def tables() -> Iterator[Any]:
    """A DynamoDB client that sees the tables of the template, empty, by short names."""
    with mock_aws():
        yield tables_in(REGION)


def tables_in(region: str) -> Any:
    """Make the tables in a region of a moto that is on already; give a client that sees them.

    They are made once by asking for them, then copied, still empty: making them takes longer than most tests.
    """
    client = dynamodb_in(region)
    there = dynamodb_backends[DEFAULT_ACCOUNT_ID][region].tables
    if region not in _made:
        _make(client)
        _made[region] = deepcopy(there)
    else:
        there.update(deepcopy(_made[region]))
    return refusing_what_dynamodb_refuses(client)


def _make(client: Any) -> None:
    _table(client, "streams", "stream", index="unhealthy")
    _table(client, "incidents", "stream", sort="at")
    _table(client, "tenants", "id")
    _table(client, "idempotency", "id")
    _table(client, "turns", "line", sort="place")
    _table(client, "digests", "digest", sort="event")
    _table(client, "onboarding", "stream")


def _table(client: Any, name: str, key: str, *, sort: str = "", index: str = "") -> None:
    schema = [{"AttributeName": key, "KeyType": "HASH"}]
    schema += [{"AttributeName": sort, "KeyType": "RANGE"}] if sort else []
    attributes = [{"AttributeName": each, "AttributeType": "S"} for each in (key, sort, index) if each]
    indexes = [
        {
            "IndexName": index,
            "KeySchema": [
                {"AttributeName": index, "KeyType": "HASH"},
                {"AttributeName": key, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ]
    client.create_table(
        TableName=name,
        KeySchema=schema,
        AttributeDefinitions=attributes,
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": indexes} if index else {}),
    )
