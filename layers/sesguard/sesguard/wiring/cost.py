"""Wire the cost of a month to AWS: what is read of the deployed guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts.cohorts import KEPT_DAYS, day_text
from sesguard.aws.counts.daily_history import counted_from, history_since
from sesguard.aws.counts.month_counts import DynamoMonthCounts
from sesguard.aws.stack import Stack
from sesguard.aws.stack_resources import stack_resources
from sesguard.aws.tables.journal import DynamoJournalReader
from sesguard.aws.tables.metered_reads import MeteredReads
from sesguard.aws.tables.whose_streams import owners
from sesguard.costs.bill import BilledStream
from sesguard.costs.day_counts import DayCounts
from sesguard.costs.own import StandingCost, stands
from sesguard.costs.risk_days import Episode, risk_days
from sesguard.costs.usage import MailCounts, total
from sesguard.errors import AwsError
from sesguard.fleet.fleet import ReadCost
from sesguard.members.address import MemberAddress
from sesguard.pausing.incidents import incidents
from sesguard.stream import StreamId
from sesguard.wiring.operator import Guard

__all__ = ["KEPT_DAYS", "MonthRead", "add_months", "day_text", "read_month"]


_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MonthRead:
    """All that a bill rests on.

    problems: what could not be read, in words. days: what each stream sent on each epoch day, days of nothing left out;
    unknown: epoch days of which nothing is known; since: the first of which anything is.
    """

    counts: Mapping[StreamId, MailCounts]
    known: Mapping[StreamId, BilledStream]
    names: Mapping[str, str]
    standing: StandingCost
    reads: ReadCost
    problems: tuple[str, ...]
    days: Mapping[StreamId, DayCounts] = field(default_factory=dict)
    unknown: tuple[int, ...] = ()
    since: int = 0

    def without(self, places: Iterable[MemberAddress]) -> MonthRead:
        """Leave out the streams of other guards, which count them themselves."""
        others = {(place.account, place.region) for place in places}
        counts = {stream: counts for stream, counts in self.counts.items() if stream[:2] not in others}
        known = {stream: record for stream, record in self.known.items() if stream[:2] not in others}
        days = {stream: days for stream, days in self.days.items() if stream[:2] not in others}
        return replace(self, counts=counts, known=known, days=days)


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
    home = stack.home
    streams, names = owners(client, stack.output("StreamsTableName"), stack.output("TenantsTableName"), home)
    problems: list[str] = []
    try:
        sets = guard.configuration_sets()
    except AwsError as error:
        sets = []
        problems.append(f"streams that are not on record are left out: {error}")
    all_streams = streams.keys() | {home._replace(configuration_set=name) for name in sets}
    homes = {home} | {stream._replace(configuration_set="") for stream in all_streams}
    table = stack.output("CohortsTableName")
    sent = DynamoMonthCounts(client, table, guard.parallel).of(all_streams | homes, days, now)
    since = _since(stack, history_since(client, table, home) if sent.unknown else None, now)
    journal = DynamoJournalReader(client, stack.output("IncidentsTableName"))
    at_risk = _risk_days(journal, days, now)
    known = {stream: record._replace(days_at_risk=at_risk.get(str(stream), 0.0)) for stream, record in streams.items()}
    resources = Counter(each.kind for each in stack_resources(guard.clients.make("cloudformation"), stack.name))
    standing = replace(
        stands(resources),
        identities=len(streams),  # one a stream, which most have
        streams=len(all_streams),
        history_days=int(stack.parameters.get("HistoryDays", 0)),
    )
    counts = {stream: total(each.values()) for stream, each in sent.streams.items()}
    cost = ReadCost(reads.requests, reads.units)
    return MonthRead(counts, known, names, standing, cost, tuple(problems), sent.streams, sent.unknown, since)


def _since(stack: Stack, begun: int | None, now: datetime) -> int:
    """The first epoch day of which what was sent is known. begun: from which on it was put on record, if it was."""
    first = counted_from(now)
    kept = int(stack.parameters.get("HistoryDays", KEPT_DAYS))
    return first if begun is None else min(first, max(begun, int(now.timestamp()) // 86_400 - kept))


def _risk_days(journal: DynamoJournalReader, days: range, now: datetime) -> Mapping[str, float]:
    begin, end = (datetime.fromtimestamp(day * _DAY.total_seconds(), UTC) for day in (days.start, days.stop))
    found = incidents(journal.all(), begin - _DAY)
    episodes = (Episode(each.stream, each.began, each.ended) for each in found)
    return risk_days(episodes, begin, min(end, now))
