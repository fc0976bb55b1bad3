"""Wire sweep to AWS: what decides on streams, and their alarms, which enforce has no use for and may not touch."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.aws.alarms import CloudWatchAlarms
from sesguard.aws.clients import Clients
from sesguard.aws.deciding_wiring import deciding_world
from sesguard.aws.settings import AlarmSettings, DecidingSettings
from sesguard.settle import World

_APART = 1.0
"""Seconds between two of the sweep's calls to SES."""


class Sweeping(NamedTuple):
    """What sweep works with."""

    world: World
    alarms: CloudWatchAlarms


def sweeping(
    settings: DecidingSettings,
    alarm_settings: AlarmSettings,
    account: str,
    region: str,
    clients: Clients | None = None,
) -> Sweeping:
    """Everything over AWS."""
    clients = clients or Clients()
    alarms = CloudWatchAlarms(clients, alarm_settings.prefix, alarm_settings.topic_arn)
    return Sweeping(deciding_world(settings, account, region, clients, _APART), alarms)
