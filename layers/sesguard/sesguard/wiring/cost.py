"""Wire the cost of a month to AWS: what is read of the deployed guard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, cast

from sesguard.aws.counts.cohorts import KEPT_DAYS
from sesguard.aws.counts.month_counts import DynamoMonthCounts
from sesguard.aws.stack_resources import stack_resources
from sesguard.aws.tables.journal import DynamoJournalReader
from sesguard.aws.tables.metered_reads import MeteredReads
from sesguard.aws.tables.whose_streams import owners
from sesguard.costs.own import StandingCost
from sesguard.costs.risk_days import Episode, risk_days
from sesguard.errors import AwsError
from sesguard.fleet.fleet import ReadCost
from sesguard.pausing.incidents import incidents
from sesguard.stream import StreamId

__all__ = ["KEPT_DAYS", "MonthRead", "add_months", "read_month"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.costs.bill import BilledStream
    from sesguard.costs.usage import MailCounts
    from sesguard.members.address import MemberAddress
    from sesguard.wiring.operator import Guard

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MonthRead:
    """All that a bill rests on. problems: what could not be read, in words."""

    counts: Mapping[StreamId, MailCounts]
    known: Mapping[StreamId, BilledStream]
    names: Mapping[str, str]
    standing: StandingCost
    reads: ReadCost
    problems: tuple[str, ...]

    def without(self, places: Iterable[MemberAddress]) -> MonthRead:
        """Leave out the streams of other guards, which count them themselves."""
        others = {(place.account, place.region) for place in places}
        counts = {stream: counts for stream, counts in self.counts.items() if stream[:2] not in others}
        known = {stream: record for stream, record in self.known.items() if stream[:2] not in others}
        return replace(self, counts=counts, known=known)


def add_months(months: Mapping[MemberAddress, MonthRead]) -> MonthRead:
    """Put together what several guards rest on; of what stands in their stacks that of the first."""
    read = list(months.values())
    return MonthRead(
        {stream: counts for each in read for stream, counts in each.counts.items()},
        {stream: record for each in read for stream, record in each.known.items()},
        {tenant: name for each in read for tenant, name in each.names.items()},
        read[0].standing,
        ReadCost(sum(each.reads.requests for each in read), sum(each.reads.units for each in read)),
        tuple(f"{place.name}: {problem}" for place, each in months.items() for problem in each.problems),
    )


def read_month(guard: Guard, days: range, now: datetime) -> MonthRead:
    """Read what epoch ``days`` rest on. Raises AwsError."""
    stack = guard.stack
    reads = MeteredReads(guard.clients.dynamodb)
    client = cast("DynamoDBClient", reads)
    home = StreamId(stack.account, stack.region, "")
    streams, names = owners(client, stack.output("StreamsTableName"), stack.output("TenantsTableName"), home)
    problems: list[str] = []
    try:
        sets = guard.configuration_sets()
    except AwsError as error:
        sets = []
        problems.append(f"streams that are not on record are left out: {error}")
    all_streams = streams.keys() | {home._replace(configuration_set=name) for name in sets}
    homes = {home} | {stream._replace(configuration_set="") for stream in all_streams}
    counts = DynamoMonthCounts(client, stack.output("CohortsTableName"), guard.parallel).of(all_streams | homes, days)
    journal = DynamoJournalReader(client, stack.output("IncidentsTableName"))
    at_risk = _risk_days(journal, days, now)
    known = {stream: record._replace(days_at_risk=at_risk.get(str(stream), 0.0)) for stream, record in streams.items()}
    resources = stack_resources(guard.clients.make("cloudformation"), stack.name)
    standing = StandingCost(
        alarms=resources["AWS::CloudWatch::Alarm"],
        keys=resources["AWS::KMS::Key"],
        secrets=resources["AWS::SecretsManager::Secret"],
        queues_read=resources["AWS::Lambda::EventSourceMapping"],
        identities=len(streams),  # one a stream, which most have
        streams=len(all_streams),
    )
    return MonthRead(counts, known, names, standing, ReadCost(reads.requests, reads.units), tuple(problems))


def _risk_days(journal: DynamoJournalReader, days: range, now: datetime) -> Mapping[str, float]:
    begin, end = (datetime.fromtimestamp(day * _DAY.total_seconds(), UTC) for day in (days.start, days.stop))
    found = incidents(journal.all(), begin - _DAY)
    episodes = (Episode(each.stream, each.began, each.ended) for each in found)
    return risk_days(episodes, begin, min(end, now))
