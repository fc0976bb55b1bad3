"""Wire notify to AWS."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.aws.clients import Clients
from sesguard.aws.journal import DynamoJournal
from sesguard.aws.mail import SesMail, SnsOperatorLine
from sesguard.aws.once import PowertoolsOnce
from sesguard.aws.settings import NotifySettings
from sesguard.aws.tenants import DynamoTenants
from sesguard.notify import Channels


class Telling(NamedTuple):
    """The channels, and the memory that wants to know of each invocation how long it may take."""

    channels: Channels
    once: PowertoolsOnce


def telling(settings: NotifySettings, clients: Clients | None = None) -> Telling:
    """Everything over AWS."""
    clients = clients or Clients()
    once = PowertoolsOnce(clients.dynamodb, settings.idempotency_table)
    channels = Channels(
        tenants=DynamoTenants(clients.dynamodb, settings.tenants_table, settings.streams_table),
        mail=SesMail(clients.sesv2, settings.notice_sender, settings.notice_configuration_set),
        operator=SnsOperatorLine(clients.sns, settings.operator_topic_arn),
        once=once,
        journal=DynamoJournal(clients.dynamodb, settings.incidents_table, settings.incident_retention_days),
    )
    return Telling(channels, once)
