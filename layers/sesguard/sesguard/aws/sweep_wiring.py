"""Wire sweep to AWS: what decides on streams, and their alarms, which enforce has no use for and may not touch."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.aws.alarms import CloudWatchAlarms
from sesguard.aws.clients import Clients
from sesguard.aws.deciding_wiring import APART, deciding_world
from sesguard.aws.enforcement import SesEnforcement
from sesguard.aws.idle_alarms import CloudWatchIdleAlarms
from sesguard.aws.pace import Pace
from sesguard.aws.rounds import DynamoRounds
from sesguard.aws.settings import AlarmSettings, DecidingSettings, TurnsSettings
from sesguard.aws.turns import DynamoTurns
from sesguard.ports.account import Enforcement
from sesguard.ports.alarms import IdleAlarms
from sesguard.ports.streams import Rounds
from sesguard.ports.switch import Turns
from sesguard.settle import World


class Sweeping(NamedTuple):
    """What sweep works with."""

    world: World
    alarms: CloudWatchAlarms
    idle: IdleAlarms
    turns: Turns
    rounds: Rounds
    enforcement: Enforcement


def sweeping(
    settings: DecidingSettings,
    alarm_settings: AlarmSettings,
    turns_settings: TurnsSettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Sweeping:
    """Everything over AWS."""
    clients = clients or Clients()
    alarms = CloudWatchAlarms(clients, alarm_settings.prefix, alarm_settings.topic_arn)
    world = deciding_world(settings, account, region, clients, Pace(APART))
    return Sweeping(
        world,
        alarms,
        CloudWatchIdleAlarms(clients, alarm_settings.prefix),
        DynamoTurns(clients.dynamodb, turns_settings.table),
        DynamoRounds(clients.dynamodb, settings.streams_table, turns_settings.table),
        SesEnforcement(clients, turns_settings.table),
    )
