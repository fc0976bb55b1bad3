"""How the domains of a stream stood when posture last looked at them, for whoever looks at the stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sesguard.aws.counts.sender_domains import DynamoSendersSeen
from sesguard.aws.tables.posture import DynamoPostureStore
from sesguard.aws.tables.registry import DynamoRegistryItems
from sesguard.posture.changes import PostureRecord
from sesguard.posture.owner import owners_of
from sesguard.posture.senders import unnamed
from sesguard.stream import StreamId
from sesguard.tenants.snapshot import registered
from sesguard.wiring.operator import Guard


def posture_records(guard: Guard, tenant: str, stream: StreamId) -> Sequence[PostureRecord]:
    """Read the records of what ``stream``, one of ``tenant``'s, sends from: by the registry, and as seen in its mail.

    Empty where the stack is older than posture, or the tenant names none. Raises AwsError.
    """
    table = guard.stack.outputs.get("PostureTableName")
    if table is None or not tenant:
        return ()
    items = DynamoRegistryItems(guard.clients.dynamodb, guard.stack.output("TenantsTableName"))
    item = items.item(tenant)
    if item is None:
        return ()
    home = guard.stack.home
    owners = owners_of(registered({tenant: item}, home).registry.tenants, stream.account, stream.region)
    named = {name for name, owner in owners.items() if stream.configuration_set in owner.sets}
    if stream[:2] == home[:2]:
        senders = DynamoSendersSeen(guard.clients.dynamodb, guard.stack.output("CohortsTableName"), home)
        named |= unnamed(senders.of(stream.configuration_set, datetime.now(UTC)), named)
    names = sorted(named)
    found = DynamoPostureStore(guard.clients.dynamodb, table).load(names)
    return [found[name] for name in names if name in found]


def without_default_set(guard: Guard) -> Sequence[str]:
    """Read which identities lack a default configuration set: domains, and of addresses theirs. Raises AwsError."""
    table = guard.stack.outputs.get("PostureTableName")
    if table is None:
        return ()
    names = DynamoPostureStore(guard.clients.dynamodb, table).without_default_set()
    return sorted({name.rpartition("@")[2] for name in names})
