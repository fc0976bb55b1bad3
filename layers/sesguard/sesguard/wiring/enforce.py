"""Wire enforce to AWS: what decides on streams, and who waits for SES."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.alarm_queue import AlarmQueueDeps
from sesguard.aws.clients import Clients
from sesguard.aws.queues import SelfMessage
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.tenant_streams import SesTenantStreams
from sesguard.aws.settings import DecidingSettings, PauseQueueSettings, QueueSettings, RegistrySettings
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.tenants import DynamoRegisteredStreams
from sesguard.stream import StreamId
from sesguard.wiring.deciding import BURST, SECONDS_APART, pausing_deps


class Enforcing(NamedTuple):
    """What enforce works with."""

    deps: AlarmQueueDeps
    go_on: SelfMessage


def enforcing(
    settings: DecidingSettings,
    pause_queue_settings: PauseQueueSettings,
    queue_settings: QueueSettings,
    registry_settings: RegistrySettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Enforcing:
    clients = clients or Clients()
    home = StreamId(account, region, "")
    return Enforcing(
        AlarmQueueDeps(
            pausing_deps(settings, account, region, clients, CallRate(SECONDS_APART, BURST)),
            DynamoPauseQueue(clients.dynamodb, pause_queue_settings.pause_queue_table),
            SesTenantStreams(clients, account, region),
            DynamoRegisteredStreams(clients.dynamodb, registry_settings.tenants_table, home),
            home,
        ),
        SelfMessage(clients, queue_settings.alarm_queue_url),
    )
