"""Wire what decides on streams (enforce, sweep, the command line) to AWS."""

from __future__ import annotations

from sesguard.aws.bus import EventBus
from sesguard.aws.clients import Clients
from sesguard.aws.counts import DynamoCounts
from sesguard.aws.settings import DecidingSettings
from sesguard.aws.streams import DynamoStreams
from sesguard.aws.switch import SesSwitch
from sesguard.policy import Policy
from sesguard.settle import World
from sesguard.stream import StreamId


def deciding_world(
    settings: DecidingSettings, account: str, region: str, clients: Clients | None = None, apart: float = 0.0
) -> World:
    """Everything over AWS. ``account``, ``region``: where the guard itself runs. ``apart``: see SesSwitch."""
    clients = clients or Clients()
    default = Policy(mode=settings.default_mode)
    return World(
        streams=DynamoStreams(
            clients.dynamodb,
            settings.streams_table,
            settings.incidents_table,
            default,
            settings.incident_retention_days,
        ),
        counts=DynamoCounts(clients.dynamodb, settings.cohorts_table),
        switch=SesSwitch(clients, account, region, apart),
        bus=EventBus(clients.events, settings.guard_bus),
        spared=frozenset({StreamId(account, region, settings.notice_configuration_set)}),
    )
