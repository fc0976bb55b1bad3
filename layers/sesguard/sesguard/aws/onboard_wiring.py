"""Wire onboard to AWS: SES through a gate of its own, the rows, the streams' records and alarms, and the line."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from botocore.config import Config

from sesguard.aws.again import GoOn
from sesguard.aws.bus import EventBus
from sesguard.aws.clients import Clients
from sesguard.aws.journal import DynamoJournal
from sesguard.aws.kept_alarms import CloudWatchKeptAlarms
from sesguard.aws.lease import Lease
from sesguard.aws.onboarding import DynamoOnboarding
from sesguard.aws.registered import DynamoRegistered
from sesguard.aws.ses_calls import SesCalls
from sesguard.aws.ses_setup import SesSetup
from sesguard.aws.settings import OnboardSettings
from sesguard.aws.streams import DynamoStreams
from sesguard.aws.turns import DynamoTurns
from sesguard.onboarding.desk import Desk
from sesguard.onboarding.gate import Gate
from sesguard.onboarding.worker import Worker
from sesguard.policy import Policy
from sesguard.ports.onboarding import Wake
from sesguard.ports.telling import Bus

# One try, because each counts against SES's one call a second; an answer is waited for no longer than the line is held.
_ONE_TRY: Final = Config(connect_timeout=2, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 1})

A_CALL: Final = 30.0
"""Seconds that a call may take, and what is written after it: 16 of waiting after a refusal, 10 for its answer."""
A_ROW: Final = 45.0
"""Seconds that must be left for a row to be begun, so that hardly one is left half done."""


class OnboardClients(Clients):
    """The clients of onboard: those of SES never try again by themselves."""

    def make(self, service: str, region: str | None = None) -> Any:  # noqa: ANN401  # botocore knows only its base class
        if service != "sesv2":
            return super().make(service, region)
        return self._session.create_client(service, region_name=region, endpoint_url=self._endpoint, config=_ONE_TRY)


class Onboarding(NamedTuple):
    """What onboard works with, for as long as its process lives."""

    clients: Clients
    settings: OnboardSettings
    lease: Lease
    rows: DynamoOnboarding
    bus: Bus
    go_on: Wake


def onboarding(settings: OnboardSettings, clients: Clients | None = None) -> Onboarding:
    """Everything over AWS."""
    clients = clients or OnboardClients()
    return Onboarding(
        clients,
        settings,
        Lease(clients.dynamodb, settings.turns_table, "onboard"),
        DynamoOnboarding(clients.dynamodb, settings.onboarding_table),
        EventBus(clients.events, settings.guard_bus),
        GoOn(clients, settings.onboard_queue_url),
    )


def worker(
    wired: Onboarding,
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
    turns = DynamoTurns(clients.dynamodb, settings.turns_table)
    gate = Gate(wired.lease.take, lambda: bool(turns.worst(1)), partial(time_left, A_CALL), clock, sleep)
    desk = Desk(
        setup=SesSetup(SesCalls(clients.sesv2, gate), settings.event_target),
        rows=wired.rows,
        registered=DynamoRegistered(clients.dynamodb, settings.streams_table),
        streams=DynamoStreams(
            clients.dynamodb,
            settings.streams_table,
            settings.incidents_table,
            Policy(),  # what is put in order has no use for it
            settings.incident_retention_days,
        ),
        journal=DynamoJournal(clients.dynamodb, settings.incidents_table, settings.incident_retention_days),
        alarms=CloudWatchKeptAlarms(clients, settings.alarms.prefix, settings.alarms.topic_arn),
        stack=settings.stack,
        partition=partition,
    )
    return Worker(
        desk=desk,
        home=(account, region),
        gate=gate,
        clock=partial(datetime.now, UTC),
        time_left=partial(time_left, A_ROW),
        pause=sleep,
    )
