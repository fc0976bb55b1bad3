"""Wire onboard to AWS: SES through a gate of its own, the rows, the streams' records and alarms, and the line."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple

from sesguard.aws.bus import EventBus
from sesguard.aws.clients import Clients, OnboardClients
from sesguard.aws.cloudwatch.stream_alarm import CloudWatchKeptAlarms
from sesguard.aws.queues import SelfMessage
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.setup import SesSetup
from sesguard.aws.settings import OnboardSettings
from sesguard.aws.tables.journal import DynamoJournal
from sesguard.aws.tables.lease import Lease
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.provisioning import DynamoProvisioningTasks
from sesguard.aws.tables.registered import DynamoStreamRegistrations
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.pausing.ports import Bus
from sesguard.policy import Policy
from sesguard.provisioning.job import SesJob
from sesguard.provisioning.ports import Wake
from sesguard.provisioning.rate_limit import Gate
from sesguard.provisioning.worker import Worker

A_CALL: Final = 30.0
"""Seconds that a call may take, and what is written after it: 16 of waiting after a refusal, 10 for its answer."""
A_ROW: Final = 45.0
"""Seconds that must be left for a row to be begun, so that hardly one is left half done."""


class OnboardDeps(NamedTuple):
    """What onboard works with, for as long as its process lives."""

    clients: Clients
    settings: OnboardSettings
    lease: Lease
    rows: DynamoProvisioningTasks
    bus: Bus
    go_on: Wake


def onboarding(settings: OnboardSettings) -> OnboardDeps:
    clients = OnboardClients()
    return OnboardDeps(
        clients,
        settings,
        Lease(clients.dynamodb, settings.pause_queue_table, "onboard"),
        DynamoProvisioningTasks(clients.dynamodb, settings.onboarding_table),
        EventBus(clients.events, settings.guard_bus),
        SelfMessage(clients, settings.onboard_queue_url),
    )


def make_worker(
    wired: OnboardDeps,
    account: str,
    region: str,
    partition: str,
    time_left: Callable[[float], bool],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Worker:
    """One invocation's worker, which waits a second before its first call: another one may just have called.

    time_left: whether there are that many seconds left.
    """
    clients, settings = wired.clients, wired.settings
    queue = DynamoPauseQueue(clients.dynamodb, settings.pause_queue_table)
    gate = Gate(wired.lease.take, lambda: bool(queue.worst(1)), partial(time_left, A_CALL), clock, sleep)
    deps = SesJob(
        setup=SesSetup(SesCalls(clients.sesv2, gate), settings.event_target),
        rows=wired.rows,
        registered=DynamoStreamRegistrations(clients.dynamodb, settings.streams_table),
        streams=DynamoStreams(
            clients.dynamodb,
            settings.streams_table,
            settings.incidents_table,
            Policy(),  # what is put in order has no use for it
            settings.incident_retention_days,
        ),
        journal=DynamoJournal(clients.dynamodb, settings.incidents_table, settings.incident_retention_days),
        alarms=CloudWatchKeptAlarms(clients, settings.alarms.alarm_prefix, settings.alarms.alarm_topic_arn),
        bus=wired.bus,
        stack=settings.stack,
        partition=partition,
    )
    return Worker(
        deps=deps,
        home=(account, region),
        gate=gate,
        clock=partial(datetime.now, UTC),
        time_left=partial(time_left, A_ROW),
        pause=sleep,
    )
