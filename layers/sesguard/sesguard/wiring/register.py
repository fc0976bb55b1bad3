"""Wire register to AWS: the registry, what is lined up, the records of streams, and who is woken."""

from __future__ import annotations

from typing import Final, NamedTuple

from sesguard.aws.clients import Clients
from sesguard.aws.counts.senders import DynamoSenders
from sesguard.aws.queues import SelfMessage
from sesguard.aws.settings import RegisterSettings
from sesguard.aws.tables.provisioning import DynamoOnboardingRows, DynamoProvisioningTasks
from sesguard.aws.tables.registered import DynamoStreamRegistrations
from sesguard.aws.tables.registry import DynamoRegistryItems
from sesguard.aws.workers import Workers
from sesguard.provisioning.enqueue import Register
from sesguard.provisioning.ports import OnboardingRows, SendersRecord, Wake
from sesguard.provisioning.registration import Registration
from sesguard.stream import StreamId

AT_ONCE: Final = 8
"""Tenants that are registered at the same time: a policy may be that of ten thousand."""


class Registering(NamedTuple):
    """What register works with."""

    registration: Registration
    wake: Wake
    rows: OnboardingRows
    senders: SendersRecord


def registering(settings: RegisterSettings, account: str, region: str, clients: Clients | None = None) -> Registering:
    clients = clients or Clients()
    deps = Register(
        items=DynamoRegistryItems(clients.dynamodb, settings.tenants_table),
        rows=DynamoProvisioningTasks(clients.dynamodb, settings.onboarding_table),
        registered=DynamoStreamRegistrations(clients.dynamodb, settings.streams_table),
        home=StreamId(account, region, ""),
    )
    return Registering(
        Registration(deps, Workers(AT_ONCE)),
        SelfMessage(clients, settings.onboard_queue_url),
        DynamoOnboardingRows(clients.dynamodb, settings.onboarding_table),
        DynamoSenders(clients.dynamodb, settings.cohorts_table),
    )
