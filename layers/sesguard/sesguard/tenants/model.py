"""Tenants as the platform wants them, complete: every default is resolved, so that two can be compared key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sesguard.stream import StreamId

GUARDS_OWN: Final = "default"
"""The policy of a stream that names none: the guard's own, as the stack's parameters say."""

SHARED: Final = "shared"
"""The pool of a stream that names none: SES's shared addresses."""

DEDICATED: Final = "ses-default-dedicated-pool"
"""SES's own pool of the account's dedicated addresses that are in no other. A set without any pool sends through it,
where there are such addresses: https://docs.aws.amazon.com/ses/latest/dg/managing-ip-pools.html
"""

RESERVED_POOLS: Final = frozenset({"ses-shared-pool", DEDICATED})
"""Names that SES gives to its own: it lists them on some accounts, and they are none of the pools that it counts."""

EVENTS: Final = ("send", "delivery", "bounce", "complaint")
"""What a stream may publish to the guard, in the order in which it is kept."""

PUBLISHED: Final = ("send", "bounce", "complaint")
REASONS: Final = ("bounce", "complaint")


class ChannelEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way to reach somebody beside mail.

    kind: slack, teams, webhook or sns. url, secret: an https URL, or where it is kept (``ssm:/sesguard/…``,
    ``secretsmanager:sesguard/…``). topic: the ARN of an SNS topic.
    """

    kind: str
    url: str = ""
    secret: str = ""
    topic: str = ""


class StreamEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One stream as it should be.

    identities: SES identities whose default set this becomes, sorted. created: those of them that the guard makes in
    SES, by name, each with its MAIL FROM domain, "" for none. policy: a policy's name, ``GUARDS_OWN`` for none;
    overrides: what is laid over it, as written. tags: the tenant's and its own. suppression: reasons; None: as the
    account has it. suppression_scope (account, tenant), validation (off, managed, high, medium), ses_tenant_policy
    (standard, strict, none): "" leaves SES's as it is. events: of ``EVENTS``. ses_tenant: "" for none.
    switch: configuration_set, tenant or both. alarm: on_demand or always. adopt: whether what others made may be
    changed. daily_mails: expected a day, 0 where nothing is said.
    """

    account: str
    region: str
    configuration_set: str
    identities: tuple[str, ...] = ()
    pool: str = SHARED
    policy: str = GUARDS_OWN
    overrides: dict[str, Any] = {}
    tags: dict[str, str] = {}
    tls: str = "optional"
    suppression: tuple[str, ...] | None = None
    events: tuple[str, ...] = PUBLISHED
    suppression_scope: str = ""
    validation: str = ""
    ses_tenant: str = ""
    ses_tenant_policy: str = ""
    switch: str = "configuration_set"
    alarm: str = "on_demand"
    adopt: bool = False
    daily_mails: int = 0
    created: dict[str, str] = {}

    @property
    def stream(self) -> StreamId:
        return StreamId(self.account, self.region, self.configuration_set)


class TenantEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant as it should be. ``tags`` stand in every stream's too; ``streams`` are sorted by their text form."""

    id: str
    name: str = ""
    contacts: tuple[str, ...] = ()
    channels: tuple[ChannelEntry, ...] = ()
    tags: dict[str, str] = {}
    streams: tuple[StreamEntry, ...] = ()


class Pool(msgspec.Struct, frozen=True):
    """A pool of dedicated addresses; ``scaling``: managed or standard."""

    scaling: str


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file, or all that is registered. operator: None where nothing is said of the operator's channels."""

    tenants: tuple[TenantEntry, ...] = ()
    policies: Mapping[str, Mapping[str, Any]] = {}
    pools: Mapping[str, Pool] = {}
    operator: tuple[ChannelEntry, ...] | None = None


def policy_values(entry: StreamEntry, policies: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What is laid over the guard's own policy for this stream: its named policy, then its overrides."""
    return {**policies.get(entry.policy, {}), **entry.overrides}


def identity_key(name: str) -> str:
    """By which an identity is known whatever its spelling: a domain has no case, and only one tenant may have it."""
    local, at, domain = name.rpartition("@")
    return f"{local}{at}{domain.lower()}"
