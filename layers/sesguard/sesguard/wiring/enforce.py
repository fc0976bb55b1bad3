"""Wire enforce to AWS: what decides on streams, and who waits for SES."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.alarm_queue import AlarmQueueDeps
from sesguard.aws.clients import Clients
from sesguard.aws.queues import SelfMessage
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.tenant_streams import SesTenantStreams
from sesguard.aws.settings import EnforceSettings
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.tenants import DynamoRegisteredStreams
from sesguard.stream import StreamId
from sesguard.wiring.deciding import BURST, SECONDS_APART, pausing_deps


class Enforcing(NamedTuple):
    """What enforce works with."""

    deps: AlarmQueueDeps
    go_on: SelfMessage


def enforcing(settings: EnforceSettings, account: str, region: str, clients: Clients | None = None) -> Enforcing:
    clients = clients or Clients()
    home = StreamId(account, region, "")
    return Enforcing(
        AlarmQueueDeps(
            pausing_deps(settings, account, region, clients, CallRate(SECONDS_APART, BURST)),
            DynamoPauseQueue(clients.dynamodb, settings.pause_queue_table),
            SesTenantStreams(clients, account, region),
            DynamoRegisteredStreams(clients.dynamodb, settings.tenants_table, home),
            home,
        ),
        SelfMessage(clients, settings.alarm_queue_url),
    )
