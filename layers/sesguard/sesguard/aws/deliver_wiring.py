"""Wire deliver to AWS and to webhooks."""

from __future__ import annotations

import random
from datetime import datetime
from typing import NamedTuple

from sesguard.acknowledgement.links import Links
from sesguard.aws.clients import Clients
from sesguard.aws.floods import DynamoFloods
from sesguard.aws.journal import DynamoJournal
from sesguard.aws.mail import SesMail, SnsTopics
from sesguard.aws.once import PowertoolsOnce
from sesguard.aws.parcels import SqsParcels
from sesguard.aws.secrets import AwsSecrets
from sesguard.aws.settings import DeliverSettings, LinkSettings
from sesguard.aws.signing_key import SigningKey
from sesguard.aws.tenants import DynamoTenants
from sesguard.aws.waiting_parcels import WaitingParcels
from sesguard.aws.wordings import DynamoWordings
from sesguard.channels.channel import Kind
from sesguard.notices.news import Transition
from sesguard.office import Office
from sesguard.outgoing.hooks import Hooks
from sesguard.outgoing.post import Caller


class Delivering(NamedTuple):
    """The office, the memory that wants to know of each invocation how long it may take, and where parcels wait."""

    office: Office
    once: PowertoolsOnce
    waiting: WaitingParcels


def delivering(settings: DeliverSettings, links: LinkSettings, clients: Clients | None = None) -> Delivering:
    """Everything over AWS."""
    clients = clients or Clients()
    sqs = clients.make("sqs")
    once = PowertoolsOnce(clients.dynamodb, settings.idempotency_table)
    mail = SesMail(clients.sesv2, settings.notice_sender, settings.notice_configuration_set)
    topics = SnsTopics(clients, settings.operator_topic_arn)
    hooks = Hooks(AwsSecrets(clients), Caller(settings.trusted_webhook_origins))
    office = Office(
        tenants=DynamoTenants(clients.dynamodb, settings.tenants_table),
        floods=DynamoFloods(clients.dynamodb, settings.digests_table),
        wordings=DynamoWordings(clients.dynamodb, settings.tenants_table),
        links=_Links(links, SigningKey(clients, links.signing_secret_arn)),
        carriers={
            Kind.MAIL: mail,
            Kind.SNS: topics,
            Kind.TOPIC: topics,
            Kind.SLACK: hooks,
            Kind.TEAMS: hooks,
            Kind.WEBHOOK: hooks,
        },
        parcels=SqsParcels(sqs, settings.delivery_queue_url),
        once=once,
        journal=DynamoJournal(clients.dynamodb, settings.incidents_table, settings.incident_retention_days),
        chance=random.random,
    )
    return Delivering(office, once, WaitingParcels(sqs, settings.delivery_queue_url))


class _Links:
    """Links whose key is read when the first is made."""

    def __init__(self, settings: LinkSettings, key: SigningKey) -> None:
        self._settings = settings
        self._key = key

    def __call__(self, news: Transition, now: datetime) -> str:
        if news.pause is None:
            return ""
        links = Links(self._settings.page_url, self._key.read(), self._settings.lifetime)
        return links.to(news.stream, news.incident, news.pause, now)
