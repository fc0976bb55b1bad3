"""Wire sweep to AWS: what decides on streams, and their alarms, which enforce has no use for and may not touch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from sesguard.account.ports import StandingStore, VerifiedDomains, VerifiedDomainsStore
from sesguard.account.shield import Shield
from sesguard.aws.clients import WORKERS, Clients
from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.cloudwatch.stream_alarm import CloudWatchIdleAlarms
from sesguard.aws.counts.account_reader import DynamoAccount
from sesguard.aws.counts.daily_history import DynamoDailyHistory
from sesguard.aws.counts.outage_store import DynamoOutages
from sesguard.aws.counts.senders import DynamoSenders
from sesguard.aws.counts.snapshot import DynamoDayCounts, DynamoSnapshotStore
from sesguard.aws.counts.tenant_marks import DynamoTenantMarks
from sesguard.aws.counts.volume_fold import VolumeFold
from sesguard.aws.dead_letter_queues import SqsDeadLetters
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.configuration_sets import configuration_sets
from sesguard.aws.ses.event_destinations import SesEventDestinations
from sesguard.aws.ses.identities import SesIdentities
from sesguard.aws.settings import (
    AlarmSettings,
    BlindnessSettings,
    DecidingSettings,
    HealthSettings,
    HistorySettings,
    PauseQueueSettings,
    RegistrySettings,
    ShieldSettings,
)
from sesguard.aws.tables.audit_cursor import DynamoAuditCursor, DynamoSweepCursor
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.ses_standing import SesStanding
from sesguard.aws.tables.streams_on_record import streams_on_record
from sesguard.aws.tables.tenants import DynamoRegisteredStreams
from sesguard.aws.workers import Workers
from sesguard.fleet.daily_history import DailyHistory
from sesguard.fleet.snapshot import Snapshotter
from sesguard.pausing.outages import OutageDeps
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import AuditCursor, DeadLetters, IdleAlarms, Parallel, PauseQueue, SweepCursor
from sesguard.pausing.tenants import TenantDeps
from sesguard.stream import StreamId
from sesguard.wiring.deciding import SECONDS_APART, pausing_deps


class Sweeping(NamedTuple):
    """What sweep works with."""

    deps: PausingDeps
    alarms: CloudWatchAlarms
    idle: IdleAlarms
    queue: PauseQueue
    audit: AuditCursor
    cursor: SweepCursor
    standing: StandingStore
    parallel: Parallel
    dead_letters: DeadLetters
    domains: VerifiedDomains
    senders: VerifiedDomainsStore
    volume: VolumeFold
    tenants: TenantDeps
    outages: OutageDeps
    snapshot: Snapshotter
    history: DailyHistory


def sweeping(
    settings: DecidingSettings,
    alarm_settings: AlarmSettings,
    queue_settings: PauseQueueSettings,
    health: HealthSettings,
    registry: RegistrySettings,
    history: HistorySettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Sweeping:
    clients = clients or Clients()
    alarms = CloudWatchAlarms(clients, alarm_settings.alarm_prefix, alarm_settings.alarm_topic_arn)
    deps = pausing_deps(settings, account, region, clients, CallRate(SECONDS_APART))
    workers, home = Workers(WORKERS), StreamId(account, region, "")
    names = StreamNames(clients, settings.streams_table, workers, home)
    return Sweeping(
        deps,
        alarms,
        CloudWatchIdleAlarms(clients, alarm_settings.alarm_prefix),
        DynamoPauseQueue(clients.dynamodb, queue_settings.pause_queue_table),
        DynamoAuditCursor(clients.dynamodb, settings.streams_table, queue_settings.pause_queue_table),
        DynamoSweepCursor(clients.dynamodb, queue_settings.pause_queue_table),
        SesStanding(clients, queue_settings.pause_queue_table),
        workers,
        SqsDeadLetters(clients.make("sqs"), health.dead_letter_queue_urls),
        SesIdentities(clients.sesv2),
        DynamoSenders(clients.dynamodb, settings.cohorts_table),
        VolumeFold(clients.dynamodb, settings.cohorts_table, home, workers),
        TenantDeps(
            home=home,
            marks=DynamoTenantMarks(clients.dynamodb, settings.cohorts_table, home),
            registry=DynamoRegisteredStreams(clients.dynamodb, registry.tenants_table, home),
            parallel=workers,
        ),
        OutageDeps(
            outages=DynamoOutages(clients.dynamodb, settings.cohorts_table, home), streams=names.at, parallel=workers
        ),
        Snapshotter(
            names.at,
            DynamoDayCounts(clients.dynamodb, settings.cohorts_table, workers).of,
            DynamoSnapshotStore(clients.dynamodb, settings.cohorts_table, home),
        ),
        DailyHistory(
            names.at,
            DynamoDailyHistory(clients.dynamodb, settings.cohorts_table, home, history.history_days),
            workers,
        ),
    )


class StreamNames:
    """All streams, those that nobody registered among them; looked up anew once an hour, as each costs a few calls."""

    EVERY: Final = timedelta(hours=1)

    def __init__(self, clients: Clients, streams_table: str, workers: Workers, home: StreamId) -> None:
        self._clients = clients
        self._table = streams_table
        self._workers = workers
        self._home = home
        self._found: frozenset[StreamId] = frozenset()
        self._at: datetime | None = None

    def at(self, now: datetime) -> frozenset[StreamId]:
        """Give them as they were at most EVERY before ``now``. Raises AwsError."""
        if self._at is None or now - self._at >= self.EVERY:
            sets = configuration_sets(self._clients.sesv2)
            known = streams_on_record(self._clients.dynamodb, self._table, self._workers)
            self._found = frozenset(known) | {self._home._replace(configuration_set=name) for name in sets}
            self._at = now
        return self._found


class LateDestinations:
    """The port ``EventDestinations``; settings: reads where sets are to publish to, when first asked."""

    def __init__(self, settings: Callable[[], BlindnessSettings]) -> None:
        self._settings = settings

    @cached_property
    def _ses(self) -> SesEventDestinations:
        return SesEventDestinations(Clients().sesv2, self._settings().event_target)

    def problem_of(self, configuration_set: str) -> str:
        return self._ses.problem_of(configuration_set)


def shielding(settings: ShieldSettings, cohorts_table: str, account: str, region: str, clients: Clients) -> Shield:
    """Wire the account shield. ``account``, ``region``: whose rates are watched, where the guard itself runs."""
    return Shield(
        home=StreamId(account, region, ""),
        account=DynamoAccount(clients, cohorts_table, Workers(WORKERS)),
        identities=SesIdentities(clients.sesv2),
        lines=settings.shield_lines,
        mode=settings.shield_mode,
    )
