"""Wire ingest to AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sesguard.aws.bus import EventBus
from sesguard.aws.clients import WORKERS, Clients
from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.counts.account_sums import DynamoAccountSums
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.deferrals import DynamoDeferrals
from sesguard.aws.counts.outage_store import DynamoRefusals
from sesguard.aws.counts.outcome_writes import Tables
from sesguard.aws.counts.sender_domains import DynamoSenderDomains
from sesguard.aws.counts.senders import DynamoSenders
from sesguard.aws.counts.tenant_marks import DynamoTenantNotes
from sesguard.aws.message_visibility import MessageVisibility
from sesguard.aws.queues import SqsDomainLooks, SqsPauseRequests
from sesguard.aws.settings import IngestSettings
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.aws.workers import Workers
from sesguard.ingest.deferrals import Deferrals
from sesguard.ingest.evaluate import Evaluator
from sesguard.ingest.sender_sample import Sampling
from sesguard.policy import Policy
from sesguard.stream import StreamId


class Ingesting(NamedTuple):
    """What ingest works with."""

    writer: DynamoCountsWriter
    guard: Evaluator
    count_simulator: bool
    senders: DynamoSenders
    deferrals: Deferrals
    domains: DynamoSenderDomains
    sampling: Sampling
    tenants: DynamoTenantNotes
    visibility: MessageVisibility


class _LateBus:
    """The bus, whose client is made when there is something to publish: hardly ever."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self._name = name

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        EventBus(self._clients.events, self._name).publish(events)


def ingesting(
    settings: IngestSettings,
    clients: Clients | None = None,
    workers: Workers | None = None,
    clock: Callable[[], float] = time.time,
) -> Ingesting:
    """Everything over AWS. Makes the DynamoDB client at once, and others when they are needed."""
    clients = clients or Clients()
    dynamodb = clients.dynamodb
    workers = workers or Workers(WORKERS)
    default = Policy(mode=settings.default_mode)
    streams = DynamoStreams(
        dynamodb, settings.streams_table, settings.incidents_table, default, settings.incident_retention_days
    )
    counts = DynamoCounts(dynamodb, settings.cohorts_table)
    guard = Evaluator(
        streams=streams,
        counts=counts,
        alarms=CloudWatchAlarms(clients, settings.alarms.alarm_prefix, settings.alarms.alarm_topic_arn),
        bus=_LateBus(clients, settings.guard_bus),
        requests=SqsPauseRequests(clients, settings.alarm_queue_url),
        parallel=workers,
        refusals=DynamoRefusals(dynamodb, settings.cohorts_table),
    )
    tables = Tables(settings.cohorts_table, settings.seen_table)
    account = DynamoAccountSums(dynamodb, settings.cohorts_table)
    _, _, _, region, number, _ = settings.alarms.alarm_topic_arn.split(":")
    home = StreamId(number, region, "")
    writer = DynamoCountsWriter(dynamodb, tables, workers, account=account, home=home, clock=clock)
    deferrals = Deferrals(
        counter=DynamoDeferrals(dynamodb, settings.cohorts_table),
        counts=counts,
        streams=streams,
        looks=SqsDomainLooks(clients, settings.posture_queue_url),
    )
    domains = DynamoSenderDomains(dynamodb, settings.cohorts_table)
    senders = DynamoSenders(dynamodb, settings.cohorts_table)
    tenants = DynamoTenantNotes(dynamodb, settings.cohorts_table)
    visibility = MessageVisibility(lambda: settings.ses_events_queue_url, clients)
    return Ingesting(
        writer, guard, settings.count_simulator, senders, deferrals, domains, Sampling(), tenants, visibility
    )
