"""Wire deliver to AWS and to webhooks."""

from __future__ import annotations

import random
from datetime import datetime
from typing import NamedTuple

from sesguard.acknowledgement.links import Links
from sesguard.aws.clients import Clients
from sesguard.aws.message_visibility import MessageVisibility
from sesguard.aws.queues import SqsNotificationQueue
from sesguard.aws.secrets import AwsSecrets
from sesguard.aws.ses.mail import SesMail, SnsTopics
from sesguard.aws.settings import DeliverSettings, LinkSettings
from sesguard.aws.signing_key import SigningKey
from sesguard.aws.tables.digests import DynamoDigests
from sesguard.aws.tables.journal import DynamoJournal
from sesguard.aws.tables.once import DynamoOnce
from sesguard.aws.tables.tenants import DynamoTenants
from sesguard.aws.tables.wordings import DynamoWordings
from sesguard.bus.details import Transition
from sesguard.notify.channel import Kind
from sesguard.notify.delivery_ports import DeliveryDeps
from sesguard.notify.http.https import Caller
from sesguard.notify.http.webhooks import Hooks


class Delivering(NamedTuple):
    """once: wants to know of each invocation how long it may take. waiting: where what has to wait is hidden."""

    deps: DeliveryDeps
    once: DynamoOnce
    waiting: MessageVisibility


def delivering(settings: DeliverSettings, links: LinkSettings) -> Delivering:
    clients = Clients()
    sqs = clients.make("sqs")
    once = DynamoOnce(clients.dynamodb, settings.idempotency_table)
    mail = SesMail(clients.sesv2, settings.notice_sender, settings.notice_configuration_set)
    topics = SnsTopics(clients, settings.operator_topic_arn)
    hooks = Hooks(AwsSecrets(clients), Caller(settings.trusted_webhook_origins))
    deps = DeliveryDeps(
        tenants=DynamoTenants(clients.dynamodb, settings.tenants_table),
        digests=DynamoDigests(clients.dynamodb, settings.digests_table),
        wordings=DynamoWordings(clients.dynamodb, settings.tenants_table),
        links=_Links(links, SigningKey(clients, links.signing_secret_arn)),
        senders={
            Kind.MAIL: mail,
            Kind.SNS: topics,
            Kind.TOPIC: topics,
            Kind.SLACK: hooks,
            Kind.TEAMS: hooks,
            Kind.WEBHOOK: hooks,
        },
        notifications=SqsNotificationQueue(sqs, settings.delivery_queue_url),
        once=once,
        journal=DynamoJournal(clients.dynamodb, settings.incidents_table, settings.incident_retention_days),
        chance=random.random,
    )
    return Delivering(deps, once, MessageVisibility(lambda: settings.delivery_queue_url, clients))


class _Links:
    """Links whose key is read when the first is made."""

    def __init__(self, settings: LinkSettings, key: SigningKey) -> None:
        self._settings = settings
        self._key = key

    def __call__(self, news: Transition, now: datetime) -> str:
        if news.pause is None:
            return ""
        links = Links(self._settings.page_url, self._key.read(), self._settings.link_lifetime)
        return links.to(news.stream, news.incident, news.pause, now)
