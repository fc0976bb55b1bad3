"""All pages of a DynamoDB query, and all of a batch of keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.errors import AwsError

if TYPE_CHECKING:
    from sesguard.aws.counts.cohort_items import Item

ACTIONS: Final = frozenset({"dynamodb:Query"})
MOST_KEYS: Final = 100
"""Of one batch: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
_TRIES: Final = 4


def between(table: str, stream: object, first: str, last: str, *, consistent: bool = False) -> dict[str, Any]:
    """The query of a stream's cohorts with sort keys from ``first`` to ``last``, to which more can be added."""
    return {
        "TableName": table,
        "KeyConditionExpression": "#stream = :stream AND cohort BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#stream": "stream"},
        "ExpressionAttributeValues": {":stream": {"S": str(stream)}, ":first": {"S": first}, ":last": {"S": last}},
        "ConsistentRead": consistent,
    }


def query_all(client: DynamoDBClient, request: dict[str, Any]) -> list[Item]:
    """Every item that ``request`` finds. Raises AwsError."""
    items: list[Item] = []
    for page in query_pages(client, request):
        items += page
    return items


def query_pages(client: DynamoDBClient, request: dict[str, Any]) -> Iterator[Sequence[Item]]:
    """The same page by page, of 1 MB each, for who may not hold all of it or need not read on. Raises AwsError."""
    while True:
        with calling("Query"):
            page = client.query(**request)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}


def get_batch(client: DynamoDBClient, table: str, keys: list[Any]) -> list[Mapping[str, Any]]:
    """The items of up to MOST_KEYS keys, consistently read; what DynamoDB leaves over is asked for again.

    Raises AwsError, also where some is left over at the last try.
    """
    items: list[Mapping[str, Any]] = []
    for _ in range(_TRIES):
        with calling("BatchGetItem"):
            answer = client.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
        items += answer["Responses"].get(table, ())
        left: Mapping[str, Any] = answer.get("UnprocessedKeys", {})
        keys = left[table]["Keys"] if table in left else []
        if not keys:
            return items
    raise AwsError("BatchGetItem", "UnprocessedKeys", retryable=True)
