"""Wire enforce to AWS: what decides on streams, and who waits for SES."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.aws.again import GoOn
from sesguard.aws.clients import Clients
from sesguard.aws.deciding_wiring import APART, BURST, deciding_world
from sesguard.aws.pace import Pace
from sesguard.aws.settings import DecidingSettings, QueueSettings, TurnsSettings
from sesguard.aws.tenant_streams import SesTenantStreams
from sesguard.aws.turns import DynamoTurns
from sesguard.ports.switch import TenantStreams, Turns
from sesguard.settle import World


class Enforcing(NamedTuple):
    """What enforce works with."""

    world: World
    turns: Turns
    tenant_streams: TenantStreams
    go_on: GoOn


def enforcing(
    settings: DecidingSettings,
    turns_settings: TurnsSettings,
    queue_settings: QueueSettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Enforcing:
    """Everything over AWS."""
    clients = clients or Clients()
    return Enforcing(
        deciding_world(settings, account, region, clients, Pace(APART, BURST)),
        DynamoTurns(clients.dynamodb, turns_settings.table),
        SesTenantStreams(clients, account, region),
        GoOn(clients, queue_settings.alarm_queue_url),
    )
