"""Wire ``sesguard doctor``: what checks look at, with the operator's own credentials."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

from sesguard import __version__
from sesguard.aws.clients import WORKERS, sdk_version
from sesguard.aws.counts.account_reader import DynamoAccount
from sesguard.aws.doctor.access import SendingAccess
from sesguard.aws.doctor.guard_facts import GuardFactsReader
from sesguard.aws.doctor.messaging import MessagingReader
from sesguard.aws.doctor.resources import StackResources
from sesguard.aws.doctor.runtime import RuntimeReader
from sesguard.aws.doctor.ses_facts import SesFactsReader
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.tables.pause_queue import DynamoPausesWaiting
from sesguard.aws.tables.provisioning import DynamoOnboardingRows
from sesguard.aws.tables.registry import DynamoRegistryItems
from sesguard.aws.workers import Workers
from sesguard.doctor.check import Deployment
from sesguard.doctor.facts import DeploymentHome, Versions
from sesguard.errors import AwsError
from sesguard.provisioning.rate_limit import Gate
from sesguard.wiring.operator import Guard

SAMPLE: Final = 25
"""Sets, identities, tenants, users and roles of which details are read, unless told otherwise: about a minute."""


def deployment_of(
    guard: Guard,
    now: datetime,
    sample: int = SAMPLE,
    sleep: Callable[[float], None] = time.sleep,
) -> Deployment:
    """Everything over AWS. Calls nobody yet."""
    clients, stack = guard.clients, guard.stack
    home = DeploymentHome(stack.name, stack.account, stack.region, guard.partition, stack.outputs, stack.parameters)
    resources = StackResources(clients, stack.name)
    chance = Random()  # noqa: S311  # nothing secret is picked
    guard_facts = GuardFactsReader(
        stack.home,
        DynamoRegistryItems(clients.dynamodb, stack.output("TenantsTableName")),
        DynamoOnboardingRows(clients.dynamodb, stack.output("OnboardingTableName")),
        guard.deps.streams,
        DynamoAccount(clients, stack.output("CohortsTableName"), Workers(WORKERS)),
        now,
    )
    return Deployment(
        home,
        Versions(__version__, stack.outputs.get("Version", ""), sdk_version()),
        now,
        SesFactsReader(SesCalls(clients.sesv2, polite_gate(guard, sleep)), sample, chance),
        MessagingReader(clients, resources, stack.output("GuardBusName"), now),
        RuntimeReader(clients, resources, now),
        guard_facts,
        SendingAccess(clients, home, sample, chance),
    )


def polite_gate(guard: Guard, sleep: Callable[[float], None] = time.sleep) -> Gate:
    """Let a call to SES through each second, and none while the guard has a pause to make.

    Where these credentials may not see whether it has, calls are made all the same.
    """
    table = guard.stack.outputs.get("TurnsTableName", "")
    waiting = DynamoPausesWaiting(guard.clients.dynamodb, table)

    def waits() -> bool:
        try:
            return bool(table) and waiting.any()
        except AwsError:
            return False

    def always() -> bool:
        return True

    return Gate(always, waits, always, time.monotonic, sleep)
