"""Wire posture to AWS and DNS."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from sesguard.aws.bus import EventBus
from sesguard.aws.clients import Clients, OnboardClients
from sesguard.aws.counts.sender_domains import DynamoSendersSeen
from sesguard.aws.dns import CachedResolver, DnsResolver
from sesguard.aws.queues import SqsLookQueue, SqsRefusalReports
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.identity_reader import SesIdentityReader
from sesguard.aws.settings import PostureSettings
from sesguard.aws.tables.lease import Lease
from sesguard.aws.tables.pause_queue import DynamoPausesWaiting
from sesguard.aws.tables.posture import DynamoPostureStore
from sesguard.aws.tables.registry import DynamoIdentityOwners
from sesguard.posture.changes import ConfirmationRule
from sesguard.posture.looking import LookDeps, NamedResolver
from sesguard.posture.nameservers import nameservers_of
from sesguard.provisioning.rate_limit import Gate
from sesguard.stream import StreamId

A_CALL: Final = 30.0
"""Seconds that a call to SES may take, with waiting after a refusal."""
APART_SECONDS: Final = 0.005
"""Between two questions of one process to a resolver: 200 a second; Amazon's takes 1,024 of an interface.
https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html#vpc-dns-limits
"""


@dataclass(frozen=True, slots=True)
class PostureWiring:
    """What posture works with, for as long as its process lives."""

    clients: Clients
    settings: PostureSettings
    account: str
    region: str
    lease: Lease
    resolvers: tuple[NamedResolver, ...]

    def deps(self, time_left: Callable[[float], bool]) -> LookDeps:
        """Everything for one message. time_left: whether there are that many seconds left."""
        clients, settings = self.clients, self.settings
        pauses = DynamoPausesWaiting(clients.dynamodb, settings.pause_queue_table)
        gate = Gate(self.lease.take, pauses.any, partial(time_left, A_CALL), time.monotonic, time.sleep)
        sqs, home = clients.make("sqs"), StreamId(self.account, self.region, "")
        return LookDeps(
            account=self.account,
            region=self.region,
            identities=SesIdentityReader(SesCalls(clients.sesv2, gate), self.lease, self.region),
            owners=DynamoIdentityOwners(clients.dynamodb, settings.tenants_table, self.account, self.region),
            store=DynamoPostureStore(clients.dynamodb, settings.posture_table),
            queue=SqsLookQueue(sqs, settings.posture_queue_url),
            bus=EventBus(clients.events, settings.guard_bus),
            senders=DynamoSendersSeen(clients.dynamodb, settings.cohorts_table, home),
            refusals=SqsRefusalReports(sqs, settings.alarm_queue_url),
            resolvers=self.resolvers,
            rule=ConfirmationRule(
                looks=settings.posture_looks,
                resolvers=min(len(self.resolvers), settings.posture_looks),
                apart=timedelta(seconds=settings.posture_apart_seconds),
            ),
        )


def posture_wiring(
    settings: PostureSettings, account: str, region: str, clients: Clients | None = None
) -> PostureWiring:
    """Everything over AWS. SES's calls are made under the same lease as onboard's: together they are one a second."""
    clients = clients or OnboardClients()
    lease = Lease(clients.dynamodb, settings.pause_queue_table, "onboard")
    return PostureWiring(clients, settings, account, region, lease, named_resolvers(settings.posture_resolvers))


def named_resolvers(names: str) -> tuple[NamedResolver, ...]:
    """Make the resolvers of a comma list: ``system``, or ADDRESS, or ADDRESS:PORT. Raises ValueError for others."""
    made = []
    for name, (addresses, port) in nameservers_of(names).items():
        asked = DnsResolver(addresses, port)
        made.append(NamedResolver(name, CachedResolver(asked, APART_SECONDS), asked))
    return tuple(made)
