"""Wire the acknowledgement page to AWS."""

from __future__ import annotations

from sesguard.acknowledgement.page import PageDeps
from sesguard.aws.clients import Clients
from sesguard.aws.settings import PageSettings
from sesguard.aws.signing_key import SigningKey
from sesguard.aws.tables.journal import DynamoDecisions
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.aws.tables.wordings import DynamoBrand
from sesguard.policy import Policy


def opened(settings: PageSettings, clients: Clients | None = None) -> PageDeps:
    clients = clients or Clients()
    return PageDeps(
        streams=DynamoStreams(
            clients.dynamodb,
            settings.streams_table,
            settings.incidents_table,
            Policy(mode=settings.default_mode),
            settings.incident_retention_days,
        ),
        decisions=DynamoDecisions(clients.dynamodb, settings.incidents_table),
        key=SigningKey(clients, settings.signing_secret_arn).read,
        brand=DynamoBrand(clients.dynamodb, settings.tenants_table).now,
    )
