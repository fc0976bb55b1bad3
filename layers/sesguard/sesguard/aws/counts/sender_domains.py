"""The domains that streams were seen to send from, by week: ``from#SET#WEEK`` beside the account's unattributed mail.

``domains`` is a set of at most MOST names; of each, ``n:DOMAIN`` mails that were sampled, ``h:DOMAIN`` those of them
whose headers were there, ``u:DOMAIN`` those that can be left with one click.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import time
from typing import Any, ClassVar, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.conditional import write_if
from sesguard.aws.query import between, query_pages
from sesguard.posture.senders import OneClickSample, SenderCounts, SenderDomain
from sesguard.stream import StreamId

SENDERS: Final = "from#"
MOST: Final = 20
"""Domains of a stream and week: whoever sends from a thousand subdomains is seen with the first of them."""
_A_WEEK: Final = 7 * 86_400
_KEPT_SECONDS: Final = 2 * _A_WEEK


class DynamoSenderDomains:
    """The port ``SenderDomains`` over DynamoDB: one UpdateItem for a domain of a stream that is in a batch's sample."""

    ACTIONS: ClassVar = frozenset({"dynamodb:UpdateItem"})

    def __init__(self, client: DynamoDBClient, table: str, clock: Callable[[], float] = time) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def add(self, stream: StreamId, domain: str, seen: SenderCounts) -> None:
        now = int(self._clock())
        home = stream._replace(configuration_set="")
        names = {"#domains": "domains", "#n": f"n:{domain}", "#h": f"h:{domain}", "#u": f"u:{domain}"}
        write_if(  # else there is no room for another domain
            "UpdateItem",
            self._client.update_item,
            TableName=self._table,
            Key={"stream": {"S": str(home)}, "cohort": {"S": _key(stream.configuration_set, now)}},
            UpdateExpression="ADD #domains :domains, #n :n, #h :h, #u :u SET expires = :expires",
            ConditionExpression="attribute_not_exists(#domains) OR contains(#domains, :domain) "
            "OR size(#domains) < :most",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={
                ":domains": {"SS": [domain]},
                ":domain": {"S": domain},
                ":most": {"N": str(MOST)},
                ":n": {"N": str(seen.mails)},
                ":h": {"N": str(seen.headed)},
                ":u": {"N": str(seen.one_click)},
                ":expires": {"N": str(now + _KEPT_SECONDS)},
            },
        )


class DynamoSendersSeen:
    """The port ``SendersSeen``: what was seen in this week and the last."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId) -> None:
        self._client = client
        self._table = table
        self._home = home

    def read(self, now: datetime) -> Sequence[SenderDomain]:
        """Read those of all streams of the account and region. Raises AwsError."""
        return self._between(SENDERS, f"{SENDERS}~", now)

    def of(self, configuration_set: str, now: datetime) -> Sequence[SenderDomain]:
        """Read those of one stream. Raises AwsError."""
        prefix = f"{SENDERS}{configuration_set}#"
        return self._between(prefix, f"{prefix}~", now)

    def _between(self, first: str, last: str, now: datetime) -> Sequence[SenderDomain]:
        pages = query_pages(self._client, between(self._table, self._home, first, last))
        week = int(now.timestamp()) // _A_WEEK
        return [each for page in pages for item in page for each in _senders(item, week - 1)]


def _key(configuration_set: str, seconds: int) -> str:
    return f"{SENDERS}{configuration_set}#{seconds // _A_WEEK:05d}"


def _senders(item: Any, first_week: int) -> list[SenderDomain]:  # noqa: ANN401  # an item
    _, configuration_set, week = item["cohort"]["S"].split("#")
    if int(week) < first_week:
        return []
    return [
        SenderDomain(domain, configuration_set, OneClickSample(_count(item, "h", domain), _count(item, "u", domain)))
        for domain in item.get("domains", {}).get("SS", ())
    ]


def _count(item: Any, letter: str, domain: str) -> int:  # noqa: ANN401  # an item
    return int(item.get(f"{letter}:{domain}", {}).get("N", "0"))
