"""What SES has, as a registry that takes it over as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sesguard.stream import StreamId
from sesguard.tenants.inventory import SetSeen
from sesguard.tenants.keys import TAGS, TENANT_ID
from sesguard.tenants.model import DEDICATED, REASONS, SHARED, Pool, Registry, StreamEntry, TenantEntry

_LONGEST_ID: Final = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """defaults: the default set of each identity. pools: those that the sets name and nobody has registered.

    dedicated: whether a set without a pool sends from dedicated addresses, and not from SES's shared ones.
    """

    sets: tuple[SetSeen, ...]
    defaults: Mapping[str, str] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    dedicated: bool = False


def registry_of(seen: Seen, home: StreamId, contact: str, by_tag: str = "") -> Registry:
    """A registry in which each set is a stream to adopt, and has what it has now.

    by_tag: sets with the same value of that tag are one tenant's; any other is a tenant of its own.
    """
    identities: dict[str, list[str]] = {}
    for identity, name in seen.defaults.items():
        identities.setdefault(name, []).append(identity)
    without = DEDICATED if seen.dedicated else SHARED
    groups: dict[tuple[bool, str], list[StreamEntry]] = {}
    for each in seen.sets:
        grouped = bool(by_tag and each.tags.get(by_tag))
        key = (grouped, each.tags[by_tag] if grouped else each.name)
        groups.setdefault(key, []).append(_stream(each, home, identities.get(each.name, ()), without))
    names = _ids(name for _, name in groups)
    tenants = (
        TenantEntry(id=name, name="" if key[1] == name else key[1], contacts=(contact,), streams=tuple(streams))
        for (key, streams), name in zip(groups.items(), names, strict=True)
    )
    return Registry(tenants=tuple(sorted(tenants, key=lambda entry: entry.id)), pools=seen.pools)


def _stream(seen: SetSeen, home: StreamId, identities: Iterable[str], without: str) -> StreamEntry:
    """``without``: the pool of a set that names none."""
    reasons = seen.suppression
    return StreamEntry(
        account=home.account,
        region=home.region,
        configuration_set=seen.name,
        identities=tuple(sorted(identities)),
        pool=seen.pool or without,
        tags={key: value for key, value in sorted(seen.tags.items()) if not list(TAGS.wrong({key: value}))},
        tls=seen.tls,
        suppression=None if reasons is None else tuple(reason for reason in REASONS if reason in reasons),
        adopt=True,
    )


def _ids(names: Iterable[str]) -> list[str]:
    """An id for each name; a number makes the second of a kind another."""
    ids: list[str] = []
    taken: set[str] = set()
    for name in names:
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).lstrip("_.-")[:_LONGEST_ID]
        stem = stem if re.fullmatch(TENANT_ID.pattern, stem) else "tenant"
        made, number = stem, 1
        while made in taken:
            number += 1
            made = f"{stem[: _LONGEST_ID - 8]}-{number}"
        taken.add(made)
        ids.append(made)
    return ids
