"""A whole registry's document: defaults, policies, pools, the operator's channels and the tenants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sesguard.errors import PolicyError
from sesguard.policy import policy_from
from sesguard.stream import StreamId
from sesguard.tenants import keys
from sesguard.tenants.items import item_of
from sesguard.tenants.located import line_of
from sesguard.tenants.model import GUARDS_OWN, RESERVED_POOLS, SHARED, ChannelEntry, Pool, Registry, TenantEntry
from sesguard.tenants.parse import Reading, channels_of
from sesguard.tenants.problems import MISSING, Found, Path
from sesguard.tenants.rules import KeyRule, Text
from sesguard.tenants.uniqueness import Name

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html, with room for how it counts
_LARGEST_ITEM: Final = 380_000
_MANY: Final = 500
TOP: Final[Mapping[str, KeyRule | None]] = {
    "defaults": None,
    "policies": None,
    "pools": None,
    "operator": None,
    "tenants": None,
}
_OPERATOR: Final[Mapping[str, KeyRule | None]] = {"channels": keys.CHANNELS}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file says, as far as it is usable, and what is wrong with it.

    places, identities: where each stream stands, and each identity by its account and region. Problems may be added to
    ``found`` by those who know more.
    """

    registry: Registry
    found: Found
    places: Mapping[StreamId, Path]
    identities: Mapping[Name, Path]


def read_document(document: object, home: StreamId, known: Registry, *, lines: bool) -> Wanted:
    """Read a document. lines: each tenant is a line.

    known: what is registered and stays; its policies and pools may be named, and its streams are taken.
    """
    found = Found(lambda path: line_of(document, path), lines=lines)
    whole = _Document(found, home, known)
    registry = whole.read({} if document is None else document)
    return Wanted(registry, found, whole.places, whole.identities)


class _Document:
    def __init__(self, found: Found, home: StreamId, known: Registry) -> None:
        self._found = found
        self._home = home
        self._known = known
        self.places: Mapping[StreamId, Path] = {}
        self.identities: Mapping[Name, Path] = {}

    def read(self, document: object) -> Registry:
        # Reads the keys of the top; what stands below them has rules of its own.
        top = Reading(self._home, {}, None, self._found).level(document, (), TOP).values
        policies = self._policies(top.get("policies", {}))
        pools = self._pools(top.get("pools", {}))
        named = {**self._known.policies, **policies}
        reading = Reading(self._home, named, {*self._known.pools, *pools}, self._found)
        documents = top.get("tenants", [])
        if not isinstance(documents, list):
            self._found.add(("tenants",), documents, "expected a list of tenants, each a map with id")
            documents = []
        reading.beside(self._known.tenants, {str(each.get("id")) for each in documents if isinstance(each, dict)})
        defaults = reading.defaults(top.get("defaults", {}), ("defaults",))
        read = [reading.tenant(each, ("tenants", place), defaults) for place, each in enumerate(documents)]
        for place, entry in enumerate(read):
            self._fits_an_item(entry, ("tenants", place, "streams"))
        self.places, self.identities = reading.places, reading.together.identities
        return Registry(
            tenants=tuple(entry for entry in read if entry is not None),
            policies=policies,
            pools=pools,
            operator=self._operator(top.get("operator", MISSING)),
        )

    def _fits_an_item(self, entry: TenantEntry | None, path: Path) -> None:
        if entry is None or sum(1 + len(each.identities) for each in entry.streams) < _MANY:
            return
        size = len(json.dumps(item_of(entry, self._home)))
        if size > _LARGEST_ITEM:
            remedy = (
                f"{size:,} bytes with all streams and identities, of at most {_LARGEST_ITEM:,}: make it two tenants"
            )
            self._found.add(path, list(entry.streams), remedy)

    def _policies(self, documents: object) -> dict[str, dict[str, Any]]:
        policies = {}
        for name, values in self._named(documents, "policies", keys.POLICY, frozenset({GUARDS_OWN})).items():
            path = ("policies", name)
            if self._fine(values, path, keys.POLICY_VALUES):
                self._fits(values, path)
            # One that is wrong is known all the same, so that who names it is not told that it does not exist.
            policies[name] = dict(values) if isinstance(values, dict) else {}
        return policies

    def _fits(self, values: Mapping[str, Any], path: Path) -> None:
        try:
            policy_from(values)
        except PolicyError as error:
            self._found.add((*path, error.key), error.value, f"expected {error.allowed}")

    def _pools(self, documents: object) -> dict[str, Pool]:
        pools = {}
        for name, values in self._named(documents, "pools", keys.POOL, frozenset({SHARED}) | RESERVED_POOLS).items():
            fine = self._fine(values, ("pools", name), keys.POOL_RULE)
            pools[name] = Pool(values["scaling"] if fine else "")
        return pools

    def _named(self, documents: object, key: str, rule: Text, taken: frozenset[str]) -> dict[str, Any]:
        """The documents by names that may be used."""
        if not isinstance(documents, dict):
            self._found.add((key,), documents, f"expected a map from names of {key} to what they are")
            return {}
        named = {}
        for name, document in documents.items():
            for wrong in rule.wrong(name):
                self._found.add((key, name), name, wrong.remedy)
            if name in taken:
                self._found.add((key, name), name, "that name has a meaning already: choose another")
            named[name] = document
        return named

    def _operator(self, document: object) -> tuple[ChannelEntry, ...] | None:
        if document is MISSING:
            return None
        reading = Reading(self._home, {}, None, self._found)
        return channels_of(reading.level(document, ("operator",), _OPERATOR).values.get("channels", ()))

    def _fine(self, value: object, path: Path, rule: KeyRule) -> bool:
        wrongs = list(rule.wrong(value))
        for wrong in wrongs:
            self._found.add((*path, *wrong.path), wrong.value, wrong.remedy)
        return not wrongs
