"""Providers that refuse mail, in the cohorts table: who was refused, what is known of each provider, what is set aside.

Partition of the account's unattributed mail: ``g#<provider>#<slot of ten minutes>#<set>``, that a stream at risk was
refused there (``tenant``, ``at``), for an hour; and ``h#<provider>``, what is known of the provider (``record``, JSON).
Partition of a stream: ``s#2026-11-21T18``, what does not weigh of an hour of sending, by ``<provider>:<slot>`` as
``[mails, bounces]``; written anew as late bounces join, so that the last word holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import expiry, hour_of, hour_text
from sesguard.aws.query import between, query_all, query_pages
from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.outage import ProviderRecord, SetAside
from sesguard.detection.outage_rule import OutageRule
from sesguard.detection.rows import HOUR
from sesguard.pausing.refused import Refused
from sesguard.stream import StreamId

HIT: Final = "g#"
KNOWN: Final = "h#"
ASIDE: Final = "s#"
_HITS_KEPT: Final = timedelta(hours=1)
_KNOWN_KEPT: Final = timedelta(days=3)
_RULE: Final = OutageRule()
_PARTS_OF_HIT: Final = 4
_A_FEW: Final = 100


class DynamoRefusals:
    """The port ``Refusals`` over DynamoDB."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem", "dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def note(self, refused: Refused, now: datetime) -> bool:
        home = str(refused.stream._replace(configuration_set=""))
        slot = int(now.timestamp()) // 60 // _RULE.slot
        key = f"{HIT}{refused.provider}#{slot:09d}#{refused.stream.configuration_set}"
        with calling("PutItem"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "stream": {"S": home},
                    "cohort": {"S": key},
                    "tenant": {"S": refused.tenant},
                    "expires": _until(now + _HITS_KEPT),
                },
            )
        owners: set[str] = set()
        for each in refusals(self._client, _at_provider(self._table, home, refused.provider, now), home, now):
            owners.add(each.owner)
            if len(owners) >= _RULE.suspect_hits:
                return True  # of a provider that fails all there are hundreds of pages of them
        record = known(self._client, self._table, home, refused.provider).get(refused.provider)
        return record is not None and record.failure is not None


class DynamoOutages:
    """The port ``Outages`` over DynamoDB. home: the guard's own account and region."""

    ACTIONS: ClassVar = frozenset({"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"})

    def __init__(self, client: DynamoDBClient, table: str, home: StreamId) -> None:
        self._client = client
        self._table = table
        self._home = str(home._replace(configuration_set=""))

    def refused(self, now: datetime) -> Sequence[Refused]:
        return list(refusals(self._client, _beginning(self._table, self._home, HIT), self._home, now))

    def records(self) -> Mapping[str, ProviderRecord]:
        return known(self._client, self._table, self._home, "")

    def keep(self, provider: str, record: ProviderRecord, now: datetime) -> None:
        with calling("PutItem"):
            self._client.put_item(
                TableName=self._table,
                Item={
                    "stream": {"S": self._home},
                    "cohort": {"S": KNOWN + provider},
                    "record": {"S": msgspec.json.encode(record).decode()},
                    "expires": _until(now + _KNOWN_KEPT),
                },
            )

    def set_aside(self, stream: StreamId, found: Iterable[SetAside]) -> None:
        by_hour: dict[int, list[SetAside]] = {}
        for each in found:
            by_hour.setdefault(each.start // HOUR, []).append(each)
        for hour, its in by_hour.items():
            names = {f"#{n}": f"{each.provider}:{each.start % HOUR // _RULE.slot}" for n, each in enumerate(its)}
            values = {f":{n}": {"S": f"[{each.mails:.2f},{each.bounces:.2f}]"} for n, each in enumerate(its)}
            sets = ", ".join(f"#{n} = :{n}" for n in range(len(its)))
            with calling("UpdateItem"):
                self._client.update_item(
                    TableName=self._table,
                    Key={"stream": {"S": str(stream)}, "cohort": {"S": ASIDE + hour_text(hour)}},
                    UpdateExpression=f"SET {sets}, expires = :x",
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues={**values, ":x": expiry(hour * HOUR // DAY)},
                )


def fill_aside(history: History, items: Iterable[Item]) -> None:
    """Take out of what weighs what failing providers refused."""
    for item in items:
        hour = hour_of(item["cohort"]["S"][len(ASIDE) :])
        for name, value in item.items():
            _, colon, slot = name.partition(":")
            if colon and slot.isdigit():
                mails, bounces = msgspec.json.decode(value["S"], type=tuple[float, float])
                history.set_aside_slot(hour * HOUR + int(slot) * _RULE.slot, _RULE.slot, mails, bounces)


def refusals(client: DynamoDBClient, request: dict[str, Any], home: str, now: datetime) -> Iterator[Refused]:
    """Read of what ``request`` finds, as far as it is asked for, who was refused within the last slots.

    Raises AwsError.
    """
    account, region, _ = home.split("/")
    for page in query_pages(client, request):
        for item in page:
            parts = item["cohort"]["S"].split("#", _PARTS_OF_HIT - 1)
            if len(parts) == _PARTS_OF_HIT and parts[2].isdigit() and int(parts[2]) >= _first_slot(now):
                yield Refused(StreamId(account, region, parts[3]), item["tenant"]["S"], parts[1])


def _first_slot(now: datetime) -> int:
    return int(now.timestamp()) // 60 // _RULE.slot - _RULE.window + 1


def _at_provider(table: str, home: str, provider: str, now: datetime) -> dict[str, Any]:
    """The query of who was refused at one within the last slots, a few at a time: older ones lie there for days."""
    first, last = f"{HIT}{provider}#{_first_slot(now):09d}", f"{HIT}{provider}#~"
    return between(table, home, first, last, consistent=True) | {"Limit": _A_FEW}


def known(client: DynamoDBClient, table: str, home: str, provider: str) -> dict[str, ProviderRecord]:
    """What is known of providers, of one or all; what this version cannot read is begun anew. Raises AwsError."""
    found: dict[str, ProviderRecord] = {}
    for item in query_all(client, _beginning(table, home, KNOWN + provider)):
        try:
            record = msgspec.json.decode(item["record"]["S"], type=ProviderRecord)
        except (KeyError, msgspec.DecodeError):
            continue
        found[item["cohort"]["S"][len(KNOWN) :]] = record
    return found


def _beginning(table: str, partition: str, key: str) -> dict[str, Any]:
    return {
        "TableName": table,
        "KeyConditionExpression": "#stream = :stream AND begins_with(cohort, :key)",
        "ExpressionAttributeNames": {"#stream": "stream"},
        "ExpressionAttributeValues": {":stream": {"S": partition}, ":key": {"S": key}},
        "ConsistentRead": True,
    }


def _until(at: datetime) -> dict[str, str]:
    return {"N": str(int(at.timestamp()))}
