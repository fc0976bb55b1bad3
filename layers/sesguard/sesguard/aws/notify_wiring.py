"""Wire notify to AWS."""

from __future__ import annotations

from sesguard.aws.bad_contacts import DynamoBadContacts
from sesguard.aws.clients import Clients
from sesguard.aws.floods import DynamoFloods
from sesguard.aws.parcels import SqsParcels, SqsWaker
from sesguard.aws.settings import NotifySettings
from sesguard.aws.tenants import DynamoTenants
from sesguard.notify import Desk


def desk(settings: NotifySettings, clients: Clients | None = None) -> Desk:
    """Everything over AWS."""
    clients = clients or Clients()
    sqs = clients.make("sqs")
    return Desk(
        tenants=DynamoTenants(clients.dynamodb, settings.tenants_table, settings.streams_table),
        contacts=DynamoBadContacts(clients.dynamodb, settings.idempotency_table),
        floods=DynamoFloods(clients.dynamodb, settings.digests_table),
        waker=SqsWaker(sqs, settings.notify_queue_url),
        parcels=SqsParcels(sqs, settings.delivery_queue_url),
    )
