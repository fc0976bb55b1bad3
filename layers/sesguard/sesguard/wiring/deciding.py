"""Wire what decides on streams (enforce, sweep, the command line) to AWS."""

from __future__ import annotations

from typing import Final

from sesguard.aws.bus import EventBus
from sesguard.aws.clients import Clients
from sesguard.aws.cloudwatch.alarm_states import CloudWatchAlarmStates
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.pause_budget import DynamoPauseBudget
from sesguard.aws.ses.calls import CallRate
from sesguard.aws.ses.switch import SesSwitch
from sesguard.aws.settings import DecidingSettings
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.pausing.outbox import PausingDeps
from sesguard.policy import Policy
from sesguard.stream import StreamId

SECONDS_APART: Final = 1.0
"""Seconds between two calls to SES: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
BURST: Final = 2
"""Calls to SES that one pause takes: one that is alone does not wait between them."""


def pausing_deps(
    settings: DecidingSettings, account: str, region: str, clients: Clients | None = None, pace: CallRate | None = None
) -> PausingDeps:
    """Everything over AWS. ``account``, ``region``: where the guard itself runs. ``pace``: of calls to SES, if any."""
    clients = clients or Clients()
    default = Policy(mode=settings.default_mode)
    return PausingDeps(
        streams=DynamoStreams(
            clients.dynamodb,
            settings.streams_table,
            settings.incidents_table,
            default,
            settings.incident_retention_days,
        ),
        counts=DynamoCounts(clients.dynamodb, settings.cohorts_table),
        switch=SesSwitch(clients, account, region, pace=pace),
        bus=EventBus(clients.events, settings.guard_bus),
        budget=DynamoPauseBudget(
            clients.dynamodb,
            settings.cohorts_table,
            settings.streams_table,
            StreamId(account, region, ""),
            settings.hourly_pauses,
        ),
        alarm_states=CloudWatchAlarmStates(clients),
        spared=frozenset({StreamId(account, region, settings.notice_configuration_set)}),
    )
