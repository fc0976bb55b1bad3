"""A tenant's document, made whole and checked: defaults, its own keys and a stream's laid over each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sesguard.errors import PolicyError
from sesguard.policy import policy_from
from sesguard.stream import StreamId
from sesguard.tenants import keys
from sesguard.tenants.channels import not_own
from sesguard.tenants.model import EVENTS, REASONS, ChannelEntry, StreamEntry, TenantEntry
from sesguard.tenants.problems import MISSING, Found, Hidden, Path
from sesguard.tenants.rules import KeyRule, unknown_key
from sesguard.tenants.uniqueness import Uniqueness

_MAPS: Final = ("overrides", "tags")
_MOST_STREAMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Level:
    """One document's usable keys. spoiled: those that it has and that are not usable."""

    path: Path
    values: Mapping[str, Any]
    spoiled: frozenset[str] = frozenset()


class Reading:
    """Reads documents one after another; what is wrong in them, or between them, is in ``found``.

    home: the guard's own account and region. policies: all that may be named. pools: likewise; None: any.
    """

    def __init__(
        self,
        home: StreamId,
        policies: Mapping[str, Mapping[str, Any]],
        pools: Iterable[str] | None,
        found: Found,
    ) -> None:
        self.found = found
        self.places: dict[StreamId, Path] = {}
        """Where each stream stands that can be told from others."""
        self._home = home
        self._policies = policies
        self._inherited = keys.inherited(frozenset(policies), None if pools is None else frozenset(pools))
        self._stream_keys = {**keys.STREAMS_OWN, **self._inherited}
        self._tenant_keys: dict[str, KeyRule | None] = {**keys.TENANTS_OWN, **self._inherited, "streams": None}
        self.together = Uniqueness(found)
        self._fitting: set[tuple[str, bytes]] = set()

    def beside(self, registered: Iterable[TenantEntry], read: Collection[str]) -> None:
        """Note tenants that stay registered beside those to be read, whose ids are ``read``."""
        for tenant in registered:
            if tenant.id not in read:
                self.together.registered(tenant)

    def defaults(self, document: object, path: Path) -> Level:
        return self.level(document, path, self._inherited)

    def tenant(self, document: object, path: Path, defaults: Level | None = None) -> TenantEntry | None:
        """As much of it as is usable; None where not even the id is."""
        own = self.level(document, path, self._tenant_keys)
        values = own.values
        if "id" not in values:
            if "id" not in own.spoiled:
                self.found.add((*path, "id"), MISSING, "is missing: give the tenant an id, such as acme")
            tenant = ""
        else:
            tenant = values["id"]
            self.together.tenant(tenant, (*path, "id"))
        if not {"contacts", "channels"} & own.spoiled and not values.get("contacts") and not values.get("channels"):
            self.found.add((*path, "contacts"), MISSING, "nobody would be told: add contacts, or channels")
        for place, channel in enumerate(values.get("channels", ()) if tenant else ()):
            for key, remedy in not_own(tenant, channel).items():
                self.found.add((*path, "channels", place, key), Hidden(len(channel[key])), remedy)
        above = [*([defaults] if defaults else []), own]
        streams = self._streams(tenant, values.get("streams", []), (*path, "streams"), above)
        if not tenant:
            return None
        return TenantEntry(
            id=tenant,
            name=values.get("name", ""),
            contacts=tuple(values.get("contacts", ())),
            channels=channels_of(values.get("channels", ())),
            tags=_laid("tags", above),
            streams=tuple(sorted(streams, key=lambda entry: entry.stream)),
        )

    def level(self, document: object, path: Path, rules: Mapping[str, KeyRule | None]) -> Level:
        """Check each key of a document by its rule; one without a rule is taken as it is."""
        if not isinstance(document, dict):
            self.found.add(path, document, f"expected a map with keys such as {', '.join(list(rules)[:3])}")
            return Level(path, {}, frozenset(rules))
        values, spoiled = {}, set()
        for key, value in document.items():
            if key not in rules:
                self.found.add((*path, str(key)), value, unknown_key(key, rules))
                continue
            rule = rules[key]
            wrong = list(rule.wrong(value)) if rule else []
            for one in wrong:
                self.found.add((*path, key, *one.path), one.value, one.remedy)
            if wrong:
                spoiled.add(key)
            else:
                values[key] = value
        return Level(path, values, frozenset(spoiled))

    def _streams(self, tenant: str, documents: object, path: Path, above: list[Level]) -> list[StreamEntry]:
        if not isinstance(documents, list):
            self.found.add(path, documents, "expected a list of streams, each a map with configuration_set")
            return []
        if len(documents) > _MOST_STREAMS:
            self.found.add(path, documents, f"{len(documents):,} streams: at most {_MOST_STREAMS:,} a tenant")
            return []
        read = (self._stream(tenant, each, (*path, place), above) for place, each in enumerate(documents))
        return [entry for entry in read if entry is not None]

    def _stream(self, tenant: str, document: object, path: Path, above: list[Level]) -> StreamEntry | None:
        own = self.level(document, path, self._stream_keys)
        levels = [*above, own]
        spoiled = frozenset[str]().union(*(level.spoiled for level in levels))
        if "configuration_set" not in own.values and "configuration_set" not in spoiled:
            self.found.add((*path, "configuration_set"), MISSING, "is missing: each stream is one configuration set")
        if "configuration_set" not in own.values or spoiled & {"account", "region"}:
            return None
        entry = self._entry(levels)
        if self.together.stream(entry.stream, tenant, (*path, "configuration_set")):
            self.places[entry.stream] = path
        self._fit(entry, levels, spoiled)
        for place, identity in enumerate(own.values.get("identities", ())):
            self.together.identity(entry, _name_of(identity), (*path, "identities", place))
        if entry.ses_tenant:
            self.together.ses_tenant(entry, tenant, _where("ses_tenant", levels))
        return entry

    def _entry(self, levels: list[Level]) -> StreamEntry:
        values: dict[str, Any] = {"account": self._home.account, "region": self._home.region}
        for level in levels:
            values.update({key: value for key, value in level.values.items() if key in self._stream_keys})
        values.update({key: _laid(key, levels) for key in _MAPS})
        values["overrides"] = {key: _whole(value) for key, value in values["overrides"].items()}
        for key, order in (("events", EVENTS), ("suppression", REASONS)):
            if key in values:
                values[key] = tuple(word for word in order if word in values[key])
        identities = values.get("identities", ())
        values["identities"] = tuple(sorted(map(_name_of, identities)))
        values["created"] = {
            it["name"]: it.get("mail_from", "") for it in identities if isinstance(it, dict) and it.get("create")
        }
        return StreamEntry(**values)

    def _fit(self, entry: StreamEntry, levels: list[Level], spoiled: frozenset[str]) -> None:
        """What is wrong between keys that are fine by themselves."""
        if entry.switch != "configuration_set" and not entry.ses_tenant and not spoiled & {"switch", "ses_tenant"}:
            remedy = "needs ses_tenant, the SES tenant that is to be turned; or switch: configuration_set"
            self.found.add(_where("switch", levels), entry.switch, remedy)
        for key in ("ses_tenant_policy", "suppression_scope"):
            value = getattr(entry, key)
            if value not in ("", "account") and not entry.ses_tenant and not spoiled & {key, "ses_tenant"}:
                self.found.add(_where(key, levels), value, "needs ses_tenant, the SES tenant that it is about")
        if "events" not in spoiled and not {"send", "delivery"} & set(entry.events):
            remedy = "add send, or delivery: without either the guard does not know how much was sent"
            self.found.add(_where("events", levels), entry.events, remedy)
        if not spoiled & {"policy", "overrides"}:
            self._fits_policy(entry, levels)

    def _fits_policy(self, entry: StreamEntry, levels: list[Level]) -> None:
        seen = (entry.policy, msgspec.json.encode(entry.overrides, order="deterministic"))
        if not entry.overrides or seen in self._fitting:
            return
        try:
            policy_from({**self._policies.get(entry.policy, {}), **entry.overrides})
        except PolicyError as error:
            self.found.add(_where("overrides", levels, error.key), error.value, f"expected {error.allowed}")
        else:
            self._fitting.add(seen)


def _name_of(identity: str | Mapping[str, Any]) -> str:
    """The name of an identity that its rule has found fine."""
    name: str = identity if isinstance(identity, str) else identity["name"]
    return name


def channels_of(documents: Iterable[Mapping[str, str]]) -> tuple[ChannelEntry, ...]:
    """Channels that their rule has found fine."""
    return tuple(ChannelEntry(**each) for each in documents)


def _laid(key: str, levels: list[Level]) -> dict[str, Any]:
    """Maps are laid over each other key by key."""
    whole: dict[str, Any] = {}
    for level in levels:
        whole.update(level.values.get(key, {}))
    return whole


def _where(key: str, levels: list[Level], inner: str = "") -> Path:
    """Where the value stands that is in force: the level nearest to the stream that gives it."""
    for level in reversed(levels):
        if key in level.values and (not inner or inner in level.values[key]):
            return (*level.path, key, *([inner] if inner else []))
    for level in reversed(levels):
        if key in level.values:
            return (*level.path, key)
    return (*levels[-1].path, key)


def _whole(value: object) -> object:
    """A number as DynamoDB gives it back: it does not tell 1.0 from 1."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
