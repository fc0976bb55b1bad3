"""Room for automatic pauses, an item for each lane in the cohorts table, beside the account's unattributed mail.

Sort key ``p#hour`` (``p#hour#far``, ``p#hour#shield``: a lane's), ``claims`` (JSON), ``version``; it expires by itself.
Read and written back on condition that nobody else wrote it, so that two pauses never share the last room. There are
hardly ever two at once: SES takes one control call a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.conditional import write_if
from sesguard.aws.dynamodb import Attribute
from sesguard.aws.readable import read_or
from sesguard.errors import ConflictError
from sesguard.pausing.budget import HOUR, Cap, Grant, Lane, PauseClaims, claim
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"dynamodb:Query", "dynamodb:PutItem", "dynamodb:DescribeTable"})
COHORT: Final = "p#hour"
_TRIES: Final = 8
_KEPT: Final = HOUR + timedelta(hours=1)


class DynamoPauseBudget:
    """The port ``PauseBudget`` over DynamoDB. home: the account's own key, a stream without a configuration set."""

    def __init__(
        self, client: DynamoDBClient, cohorts_table: str, streams_table: str, home: StreamId, cap: Cap
    ) -> None:
        self._client = client
        self._cohorts = cohorts_table
        self._streams = streams_table
        self._home = str(home)
        self._cap = cap

    def claim(self, pause: str, now: datetime, lane: Lane = Lane.USUAL) -> Grant:
        cohort = COHORT if lane is Lane.USUAL else f"{COHORT}#{lane}"
        for _ in range(_TRIES):
            claims, version = self._read(cohort)
            after, room = claim(claims, pause, self._cap.least, now)
            if not room.granted and self._cap.share:
                after, room = claim(claims, pause, self._cap.among(self._number_of_streams()), now)
            if after is claims or self._written(cohort, after, version, now):
                return room
        raise ConflictError(COHORT)

    def _read(self, cohort: str) -> tuple[PauseClaims, Attribute | None]:
        """The claims, and the version that they have, None where there is none."""
        with calling("Query"):
            items = self._client.query(
                TableName=self._cohorts,
                KeyConditionExpression="#stream = :stream AND cohort = :cohort",
                ExpressionAttributeNames={"#stream": "stream"},
                ExpressionAttributeValues={":stream": {"S": self._home}, ":cohort": {"S": cohort}},
                ConsistentRead=True,
            )["Items"]
        if not items:
            return PauseClaims(), None
        item: Mapping[str, Any] = items[0]
        version = item.get("version")
        # Claims that cannot be read must not stop every pause: the hour's count begins anew.
        return read_or(PauseClaims(), f"claims of {cohort}", partial(_claims, item)), version

    def _written(self, cohort: str, claims: PauseClaims, version: Attribute | None, now: datetime) -> bool:
        """Whether nobody else was first."""
        request: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(version)"}
        if version is not None:
            values = {":read": version}
            request = {"ConditionExpression": "version = :read", "ExpressionAttributeValues": values}
        item = {
            "stream": {"S": self._home},
            "cohort": {"S": cohort},
            "claims": {"S": msgspec.json.encode(claims).decode()},
            "version": {"N": str(_number(version) + 1)},
            "expires": {"N": str(int((now + _KEPT).timestamp()))},
        }
        return write_if("PutItem", self._client.put_item, TableName=self._cohorts, Item=item, **request)

    def _number_of_streams(self) -> int:
        """Streams that are registered or have ever been unhealthy; AWS counts them every six hours or so.

        Asked only where the least of the cap is used up. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html
        """
        with calling("DescribeTable"):
            return self._client.describe_table(TableName=self._streams)["Table"].get("ItemCount", 0)


def _claims(item: Mapping[str, Any]) -> PauseClaims:
    return msgspec.json.decode(item["claims"]["S"], type=PauseClaims)


def _number(version: Attribute | None) -> int:
    """A version as a number; 0 for what is none, which a hand wrote."""
    text = (version or {}).get("N", "0")
    return int(text) if text.isdecimal() else 0
