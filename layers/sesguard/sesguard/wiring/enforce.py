"""Wire enforce to AWS: what decides on streams, and who waits for SES."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.aws.clients import Clients
from sesguard.aws.queues import SelfMessage
from sesguard.aws.ses.rate import CallRate
from sesguard.aws.ses.tenant_streams import SesTenantStreams
from sesguard.aws.settings import DecidingSettings, PauseQueueSettings, QueueSettings
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import PauseQueue, TenantStreams
from sesguard.wiring.deciding import APART, BURST, pausing_deps


class Enforcing(NamedTuple):
    """What enforce works with."""

    deps: PausingDeps
    turns: PauseQueue
    tenant_streams: TenantStreams
    go_on: SelfMessage


def enforcing(
    settings: DecidingSettings,
    turns_settings: PauseQueueSettings,
    queue_settings: QueueSettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Enforcing:
    """Everything over AWS."""
    clients = clients or Clients()
    return Enforcing(
        pausing_deps(settings, account, region, clients, CallRate(APART, BURST)),
        DynamoPauseQueue(clients.dynamodb, turns_settings.pause_queue_table),
        SesTenantStreams(clients, account, region),
        SelfMessage(clients, queue_settings.alarm_queue_url),
    )
