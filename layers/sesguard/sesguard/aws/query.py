"""All pages of a DynamoDB query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling

if TYPE_CHECKING:
    from sesguard.aws.counts.cohort_items import Item

ACTIONS: Final = frozenset({"dynamodb:Query"})


def between(table: str, stream: object, first: str, last: str) -> dict[str, Any]:
    """The query of a stream's cohorts with sort keys from ``first`` to ``last``, to which more can be added."""
    return {
        "TableName": table,
        "KeyConditionExpression": "#stream = :stream AND cohort BETWEEN :first AND :last",
        "ExpressionAttributeNames": {"#stream": "stream"},
        "ExpressionAttributeValues": {":stream": {"S": str(stream)}, ":first": {"S": first}, ":last": {"S": last}},
    }


def query_all(client: DynamoDBClient, request: dict[str, Any]) -> list[Item]:
    """Every item that ``request`` finds. Raises AwsError."""
    items: list[Item] = []
    with calling("Query"):
        while True:
            page = client.query(**request)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}
