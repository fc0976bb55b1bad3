"""Wire notify to AWS."""

from __future__ import annotations

from sesguard.aws.clients import Clients
from sesguard.aws.queues import SqsNotificationQueue, SqsWaker
from sesguard.aws.settings import NotifySettings
from sesguard.aws.tables.bad_contacts import DynamoBadContacts
from sesguard.aws.tables.digests import DynamoDigests
from sesguard.aws.tables.tenants import DynamoTenants
from sesguard.notify.route import RouteDeps


def route_deps(settings: NotifySettings) -> RouteDeps:
    clients = Clients()
    sqs = clients.make("sqs")
    return RouteDeps(
        tenants=DynamoTenants(clients.dynamodb, settings.tenants_table, settings.streams_table),
        contacts=DynamoBadContacts(clients.dynamodb, settings.idempotency_table),
        digests=DynamoDigests(clients.dynamodb, settings.digests_table),
        waker=SqsWaker(sqs, settings.notify_queue_url),
        notifications=SqsNotificationQueue(sqs, settings.delivery_queue_url),
    )
