"""Wire sweep to AWS: what decides on streams, and their alarms, which enforce has no use for and may not touch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from sesguard.account.ports import StandingStore, VerifiedDomains, VerifiedDomainsStore
from sesguard.aws.clients import WORKERS, Clients
from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.cloudwatch.stream_alarm import CloudWatchIdleAlarms
from sesguard.aws.counts.senders import DynamoSenders
from sesguard.aws.counts.volume_fold import VolumeFold
from sesguard.aws.dead_letter_queues import SqsDeadLetters
from sesguard.aws.ses.event_destinations import SesEventDestinations
from sesguard.aws.ses.identities import SesIdentities
from sesguard.aws.ses.rate import CallRate
from sesguard.aws.settings import AlarmSettings, BlindnessSettings, DecidingSettings, HealthSettings, PauseQueueSettings
from sesguard.aws.tables.audit_cursor import DynamoAuditCursor, DynamoSweepCursor
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.ses_standing import SesStanding
from sesguard.aws.workers import Workers
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import AuditCursor, DeadLetters, IdleAlarms, Parallel, PauseQueue, SweepCursor
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


def sweeping(
    settings: DecidingSettings,
    alarm_settings: AlarmSettings,
    queue_settings: PauseQueueSettings,
    health: HealthSettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Sweeping:
    """Everything over AWS."""
    clients = clients or Clients()
    alarms = CloudWatchAlarms(clients, alarm_settings.alarm_prefix, alarm_settings.alarm_topic_arn)
    deps = pausing_deps(settings, account, region, clients, CallRate(SECONDS_APART))
    workers = Workers(WORKERS)
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
        VolumeFold(clients.dynamodb, settings.cohorts_table, StreamId(account, region, ""), workers),
    )


class LateDestinations:
    """The port ``EventDestinations``; settings: reads where sets are to publish to, when first asked."""

    def __init__(self, settings: Callable[[], BlindnessSettings], clients: Clients | None = None) -> None:
        self._settings = settings
        self._clients = clients

    @cached_property
    def _ses(self) -> SesEventDestinations:
        return SesEventDestinations((self._clients or Clients()).sesv2, self._settings().event_target)

    def problem_of(self, configuration_set: str) -> str:
        return self._ses.problem_of(configuration_set)
