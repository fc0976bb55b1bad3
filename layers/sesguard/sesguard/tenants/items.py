"""The registry's items, as TenantsTable holds them: plain documents, read and written.

A tenant's item is its document in tenants.yaml with what is default left out. Reserved ids begin with ``@``:
``@policy/NAME`` {values}, ``@pool/NAME`` {scaling}, ``@operator`` {channels}, ``@notices`` {templates, brand}.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec

from sesguard.stream import StreamId
from sesguard.tenants.keys import CHANNELS, POLICY_VALUES, POOL_RULE, TENANTS_OWN, inherited
from sesguard.tenants.model import ChannelEntry, Pool, StreamEntry, TenantEntry
from sesguard.tenants.parse import Reading, channels_of
from sesguard.tenants.problems import MISSING, Found, RegistryError
from sesguard.tenants.rules import KeyRule

RESERVED: Final = "@"
POLICY: Final = "@policy/"
POOL: Final = "@pool/"
OPERATOR: Final = "@operator"
KEYS: Final = frozenset({*TENANTS_OWN, *inherited(None, None), "streams", "values", "scaling"})
"""Every key that an item may have and that means something here."""

_DEFAULT: Final = StreamEntry(account="", region="", configuration_set="")
_PLAIN: Final = (
    "account", "region", "pool", "policy", "tls", "suppression", "suppression_scope", "validation", "events",
    "ses_tenant", "ses_tenant_policy", "switch", "alarm", "adopt", "daily_mails",
)  # fmt: skip


def tenant_of(
    item: Mapping[str, Any],
    home: StreamId,
    policies: Mapping[str, Mapping[str, Any]],
    pools: Collection[str] | None = None,
) -> TenantEntry:
    """Read a tenant's item, plain as :func:`sesguard.aws.dynamodb.plain_item` gives it.

    home: the account and region of a stream that names none. policies: the named ones with their values. pools: the
    names that a stream may give; None: any. Raises RegistryError with all that is wrong, and no address in it.
    """
    reading = Reading(home, policies, pools, Found(private=True))
    entry = reading.tenant(dict(item), ())
    problems = reading.found.all()
    if problems or entry is None:
        raise RegistryError(problems)
    return entry


def policy_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """Read the values of ``@policy/NAME``. Raises RegistryError."""
    values: dict[str, Any] = _checked(item, "values", POLICY_VALUES)
    return values


def pool_of(item: Mapping[str, Any]) -> Pool:
    """Read ``@pool/NAME``. Raises RegistryError."""
    return Pool(**_checked({"pool": {key: value for key, value in item.items() if key != "id"}}, "pool", POOL_RULE))


def operator_of(item: Mapping[str, Any]) -> tuple[ChannelEntry, ...]:
    """Read the channels of ``@operator``. Raises RegistryError."""
    return channels_of(_checked(item, "channels", CHANNELS))


def _checked(item: Mapping[str, Any], key: str, rule: KeyRule) -> Any:  # noqa: ANN401  # what the rule lets through
    found, value = Found(), item.get(key, MISSING)
    for wrong in rule.wrong(value):
        found.add((key, *wrong.path), wrong.value, wrong.remedy)
    if found.all():
        raise RegistryError(found.all())
    return value


def item_of(entry: TenantEntry, home: StreamId) -> dict[str, Any]:
    """The tenant's item, plain; ``tenant_of`` reads the same from it."""
    streams = [_stream(each, entry.tags, home) for each in entry.streams]
    return {
        "id": entry.id,
        **({"name": entry.name} if entry.name else {}),
        **({"contacts": list(entry.contacts)} if entry.contacts else {}),
        **({"channels": [msgspec.to_builtins(each) for each in entry.channels]} if entry.channels else {}),
        **({"tags": dict(entry.tags)} if entry.tags else {}),
        **_hoisted(streams),
        **({"streams": streams} if streams else {}),
    }


def policy_item(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": f"{POLICY}{name}", "values": dict(values)}


def pool_item(name: str, pool: Pool) -> dict[str, Any]:
    return {"id": f"{POOL}{name}", "scaling": pool.scaling}


def operator_item(channels: Collection[ChannelEntry]) -> dict[str, Any]:
    return {"id": OPERATOR, "channels": [msgspec.to_builtins(each) for each in channels]}


def _stream(entry: StreamEntry, tenants: Mapping[str, str], home: StreamId) -> dict[str, Any]:
    """A stream's document: what is not default, and of its tags those that are not its tenant's."""
    usual = {"account": home.account, "region": home.region}
    document: dict[str, Any] = {"configuration_set": entry.configuration_set}
    if entry.identities:
        document["identities"] = [_identity(name, entry.created) for name in entry.identities]
    for key in _PLAIN:
        value = getattr(entry, key)
        if value != usual.get(key, getattr(_DEFAULT, key)):
            document[key] = list(value) if isinstance(value, tuple) else value
    own = {key: value for key, value in entry.tags.items() if tenants.get(key) != value}
    return {
        **document,
        **({"overrides": dict(entry.overrides)} if entry.overrides else {}),
        **({"tags": own} if own else {}),
    }


def _identity(name: str, created: Mapping[str, str]) -> str | dict[str, Any]:
    """An identity's document: its name, or a map where the guard makes it."""
    if name not in created:
        return name
    mail_from = {"mail_from": created[name]} if created[name] else {}
    return {"name": name, "create": True, **mail_from}


def _hoisted(streams: list[dict[str, Any]]) -> dict[str, Any]:
    """Take out of the documents what all of several streams have in common: it stands once, at the tenant."""
    if len(streams) < 2:
        return {}
    shared: dict[str, Any] = {}
    for key in (*_PLAIN, "overrides"):
        if key in streams[0] and all(each.get(key) == streams[0][key] for each in streams):
            shared[key] = streams[0][key]
            for each in streams:
                del each[key]
    return shared
