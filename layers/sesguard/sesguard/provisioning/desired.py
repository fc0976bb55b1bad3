"""What a stream needs of SES, and what is not true of it any more. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from sesguard.errors import RecordError
from sesguard.pausing.record import DesiredAlarm
from sesguard.posture.identity import SesIdentity
from sesguard.provisioning.problems import ProvisioningProblem
from sesguard.provisioning.ses_ports import DeliveryOptions, Suppression
from sesguard.stream import StreamId
from sesguard.tenants.model import Pool, StreamEntry

GUARD_TAG: Final = "sesguard"
"""Whatever the guard made carries this tag, with the name of its stack; set in the call that makes it."""
TENANT_TAG: Final = "tenant"

IDENTITY: Final = "identity:"
SES_TENANT: Final = "ses_tenant:"
ASSOCIATION: Final = "association:"
DESTINATION: Final = "destination"
TAG: Final = "tag:"


class LastApplied(msgspec.Struct, frozen=True):
    """What SES held for a stream when it was last made true: for which tenant, and what."""

    tenant: str
    entry: StreamEntry


class Desired(msgspec.Struct, frozen=True):
    """What a stream is to be: whose, what, and under which guard (the name of its stack)."""

    tenant: str
    entry: StreamEntry
    stack: str

    @property
    def name(self) -> str:
        return self.entry.configuration_set

    @property
    def own_tags(self) -> dict[str, str]:
        """Of what others made: for whom it is."""
        return {**self.entry.tags, TENANT_TAG: self.tenant}

    @property
    def tags(self) -> dict[str, str]:
        """Of what the guard makes."""
        return {**self.own_tags, GUARD_TAG: self.stack}

    @property
    def delivery(self) -> DeliveryOptions:
        return DeliveryOptions(self.entry.tls, self.entry.pool)

    @property
    def suppression(self) -> Suppression:
        entry = self.entry
        return Suppression(entry.suppression, scope=entry.suppression_scope, validation=entry.validation)

    @property
    def alarm(self) -> DesiredAlarm:
        return DesiredAlarm(self.entry.alarm == "always", tuple(sorted(self.own_tags.items())))


class DesiredDomain(msgspec.Struct, frozen=True):
    """An identity that the guard makes, for the stream whose default set it gets. mail_from: "" for none."""

    name: str
    mail_from: str
    configuration_set: str
    tags: dict[str, str] = {}


def domains_of(entry: StreamEntry, tenant: str) -> list[DesiredDomain]:
    """The identities that the guard makes for a stream of ``tenant``."""
    tags = {**entry.tags, TENANT_TAG: tenant}
    made = sorted(entry.created.items())
    return [DesiredDomain(name, mail_from, entry.configuration_set, tags) for name, mail_from in made]


def entry_of(wanted: str) -> StreamEntry:
    """Read what a row wants."""
    return msgspec.json.decode(wanted, type=StreamEntry)


def pool_of(wanted: str) -> Pool:
    return msgspec.json.decode(wanted, type=Pool)


def last_applied_of(text: str) -> LastApplied | None:
    """Read what SES held when that was last known. Raises RecordError."""
    try:
        return msgspec.json.decode(text, type=LastApplied) if text else None
    except msgspec.DecodeError as error:
        raise RecordError("was", str(error)) from None


def domain_of(wanted: str) -> DesiredDomain:
    return msgspec.json.decode(wanted, type=DesiredDomain)


def written(value: StreamEntry | Pool | LastApplied | DesiredDomain | SesIdentity) -> str:
    """JSON that is the same for the same content."""
    return msgspec.json.encode(value, order="deterministic").decode()


def same_in_ses(one: StreamEntry, other: StreamEntry) -> bool:
    """Whether both need the same of SES, whatever the guard weighs them by."""
    return _setup(one) == _setup(other)


def _setup(entry: StreamEntry) -> StreamEntry:
    return msgspec.structs.replace(entry, policy="", overrides={}, created={}, daily_mails=0)


def same_set(desired: Desired, was: LastApplied | None) -> bool:
    """Whether the set itself needs nothing: its options and its tags."""
    if was is None or was.tenant != desired.tenant:
        return False
    new, old = desired.entry, was.entry
    return all(getattr(new, key) == getattr(old, key) for key in _OF_SET)


_OF_SET: Final = ("tls", "pool", "suppression", "suppression_scope", "validation", "tags")


def owned(tags: Mapping[str, str], wish_stack: str) -> bool:
    return tags.get(GUARD_TAG) == wish_stack


def not_ours(kind: str, name: str, tags: Mapping[str, str]) -> ProvisioningProblem:
    """What is there already, and who made it."""
    other = tags.get(GUARD_TAG)
    whose = f"was made by the guard of stack {other}" if other else "was not made by the guard"
    return ProvisioningProblem(
        what=f"{kind} {name} is there already and {whose}",
        remedy="say adopt: true of the stream to let this guard set it up, or choose another name",
    )


def arn(kind: str, name: str, stream: StreamId, partition: str) -> str:
    """The ARN of an SES resource where ``stream`` is."""
    return f"arn:{partition}:ses:{stream.region}:{stream.account}:{kind}/{name}"


def expected_calls(entry: StreamEntry) -> int:
    """Calls that a new stream takes: set and destination, each identity read and set, tenant and associations.

    An identity that is to be made takes two more: it is made, and gets its MAIL FROM domain.
    """
    identities = len(entry.identities)
    return 2 + 2 * identities + 2 * len(entry.created) + ((2 + identities) if entry.ses_tenant else 0)
