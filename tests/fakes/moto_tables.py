"""The guard's tables in moto, as the template makes them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto import mock_aws

from tests.fakes.dynamodb import refusing_empty_sets

REGION = "eu-west-1"


@contextmanager
def tables() -> Iterator[Any]:
    """A DynamoDB client that sees the tables of the template, empty, by short names."""
    with mock_aws():
        yield tables_in(REGION)


def tables_in(region: str) -> Any:
    """Make the tables in a region of a moto that is on already; give a client that sees them."""
    client = boto3.client("dynamodb", region_name=region, aws_access_key_id="testing", aws_secret_access_key="testing")
    _table(client, "streams", "stream", index="unhealthy")
    _table(client, "incidents", "stream", sort="at")
    _table(client, "tenants", "id")
    _table(client, "idempotency", "id")
    _table(client, "turns", "line", sort="place")
    _table(client, "digests", "digest", sort="event")
    _table(client, "onboarding", "stream")
    return refusing_empty_sets(client)


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
