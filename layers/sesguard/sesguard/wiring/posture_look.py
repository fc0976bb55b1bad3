"""Wire ``sesguard posture``: the same look as the function's; SES's word only where it is asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from sesguard.aws.counts.sender_domains import DynamoSendersSeen
from sesguard.aws.dns import CachedResolver, DnsResolver
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.identity_reader import SesIdentityReader, SesMailFromRestart
from sesguard.aws.tables.registry import DynamoIdentityOwners
from sesguard.errors import SesguardError
from sesguard.posture.assess import DomainAssessment, assess
from sesguard.posture.facts import read_facts
from sesguard.posture.identity import SesIdentity
from sesguard.posture.nameservers import nameservers_of
from sesguard.posture.senders import NOTHING_SEEN, OneClickSample, sample_of
from sesguard.provisioning.rate_limit import Gate
from sesguard.wiring.operator import Guard


class NameServerError(SesguardError):
    """What was named is no name server."""


class Looker:
    """Looks at domains. resolver: system, ADDRESS or ADDRESS:PORT. Raises NameServerError."""

    def __init__(self, resolver: str) -> None:
        try:
            ((addresses, port),) = nameservers_of(resolver).values()
        except ValueError:
            message = f"{resolver[:60]!r} is no name server; expected system or an address such as 192.0.2.53"
            raise NameServerError(message) from None
        self._resolver = CachedResolver(DnsResolver(addresses, port))

    def look(
        self,
        domain: str,
        identity: SesIdentity | None = None,
        users: int = 1,
        sample: OneClickSample = NOTHING_SEEN,
    ) -> DomainAssessment:
        """Look at one. users: tenants that send from it. sample: of its mail."""
        return assess(read_facts(domain, self._resolver, identity), identity, users=users, sample=sample)


class OperatorIdentities:
    """Identities of SES, one call a second, and whose they are by the registry. Methods raise AwsError."""

    def __init__(
        self,
        reader: SesIdentityReader,
        mail_from: SesMailFromRestart,
        owners: DynamoIdentityOwners,
        senders: DynamoSendersSeen,
    ) -> None:
        self._reader = reader
        self._mail_from = mail_from
        self._all = cache(owners.all)
        self._senders = cache(lambda: senders.read(datetime.now(UTC)))

    def sample(self, domain: str) -> OneClickSample:
        """What was seen of a domain's mail lately."""
        return sample_of(self._senders(), domain)

    def names(self) -> Sequence[str]:
        return sorted(self._reader.names())

    def of_tenant(self, tenant: str) -> Sequence[str] | None:
        """The identities of a tenant; None where none of that id names any."""
        return sorted(name for name, owner in self._all().items() if owner.tenant == tenant) or None

    def tenants(self) -> frozenset[str]:
        return frozenset(owner.tenant for owner in self._all().values())

    def users(self, domain: str) -> int:
        """How many tenants send from a domain, by the registry; 1 where it names none."""
        same = {owner.tenant for name, owner in self._all().items() if name.rpartition("@")[2] == domain}
        return len(same) or 1

    def read(self, name: str) -> SesIdentity | None:
        """Read one; of an address also whether its domain signs for it."""
        found = self._reader.read(name)
        if found is None or not found.is_address:
            return found
        parent = self._reader.read(found.domain)
        if parent is None or parent.dkim_status != "SUCCESS":
            return found
        return found.signed_by(parent)

    def restart_mail_from(self, name: str) -> bool:
        """Have SES look for the records of the MAIL FROM domain again; False where there is none."""
        found = self._reader.read(name)
        if found is None or not found.mail_from:
            return False
        self._mail_from.restart(found)
        return True


def identities_of(guard: Guard) -> OperatorIdentities:
    """What the operator's own credentials see of SES where the guard is."""
    clients, stack = guard.clients, guard.stack

    def always() -> bool:
        return True

    gate = Gate(always, lambda: False, always, time.monotonic, time.sleep)
    calls = SesCalls(clients.sesv2, gate)
    reader = SesIdentityReader(calls, None, stack.region)
    owners = DynamoIdentityOwners(clients.dynamodb, stack.output("TenantsTableName"), stack.account, stack.region)
    senders = DynamoSendersSeen(clients.dynamodb, stack.output("CohortsTableName"), stack.home)
    return OperatorIdentities(reader, SesMailFromRestart(calls), owners, senders)
