"""What applying a file would change, item by item. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

import msgspec

from sesguard.stream import StreamId
from sesguard.tenants import diff as fields
from sesguard.tenants.diff import Field
from sesguard.tenants.items import OPERATOR, POLICY, POOL, item_of, operator_item, policy_item, pool_item
from sesguard.tenants.model import Registry, StreamEntry, TenantEntry
from sesguard.tenants.snapshot import RegistrySnapshot

T = TypeVar("T")


class PlanAction(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    REMOVE = "remove"
    REPLACE = "replace"  # what is registered is not usable


class StreamChange(NamedTuple):
    """What becomes of one stream; ``old`` or ``new`` is None where there is none."""

    action: PlanAction
    stream: StreamId
    old: StreamEntry | None
    new: StreamEntry | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one item of the registry. document: what it shall be, None where it goes."""

    action: PlanAction
    item: str
    fields: tuple[Field, ...]
    document: Mapping[str, Any] | None
    name: str = ""
    streams: tuple[StreamChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """changes: in the order in which they have to be made. unchanged: how many items stay as they are.

    left: registered tenants of which the file says nothing, so that they stay, too.
    """

    changes: tuple[Change, ...]
    unchanged: int
    left: tuple[str, ...]

    @property
    def streams(self) -> tuple[StreamChange, ...]:
        return tuple(each for change in self.changes for each in change.streams)


def plan(wanted: Registry, registered: RegistrySnapshot, home: StreamId, *, prune: bool) -> Plan:
    """Compare what a file wants with what is registered. prune: what the file does not have goes.

    What was adopted stays so, though the file may not say it: see :func:`kept`.
    """
    return _Planner(wanted, registered, home, prune=prune).plan()


def kept(wanted: TenantEntry, registered: TenantEntry | None) -> TenantEntry:
    """The wanted entry, with ``adopt`` where it is registered so: ``apply --adopt`` says it, and files need not."""
    adopted = {each.stream for each in registered.streams if each.adopt} if registered else set()
    return adopting(wanted, adopted)


def adopting(entry: TenantEntry, adopted: Iterable[StreamId]) -> TenantEntry:
    """The entry with these streams of it adopted."""
    streams = frozenset(adopted)
    if not any(each.stream in streams and not each.adopt for each in entry.streams):
        return entry
    changed = (msgspec.structs.replace(each, adopt=each.adopt or each.stream in streams) for each in entry.streams)
    return msgspec.structs.replace(entry, streams=tuple(changed))


class _Planner:
    def __init__(self, wanted: Registry, registered: RegistrySnapshot, home: StreamId, *, prune: bool) -> None:
        self._wanted = wanted
        self._registered = registered
        self._home = home
        self._prune = prune
        self._changes: list[Change] = []
        self._unchanged = 0

    def plan(self) -> Plan:
        was = self._registered.registry
        # Policies and pools come before the tenants that name them, and go after them.
        gone = self._values(POLICY, was.policies, self._wanted.policies, policy_item, dict)
        gone += self._values(POOL, was.pools, self._wanted.pools, pool_item, msgspec.to_builtins)
        self._operator()
        left = self._tenants({entry.id: entry for entry in was.tenants})
        self._changes += gone
        return Plan(tuple(self._changes), self._unchanged, left)

    def _values(
        self,
        prefix: str,
        was: Mapping[str, T],
        wanted: Mapping[str, T],
        item: Callable[[str, T], dict[str, Any]],
        plain: Callable[[T], Mapping[str, Any]],
    ) -> list[Change]:
        """Policies or pools: plan what is new and different, and give what is to go."""
        for name, new in wanted.items():
            old = was.get(name)
            action = self._action(f"{prefix}{name}", old is not None)
            differs = fields.of_values(plain(old) if old is not None else {}, plain(new))
            if action is PlanAction.CHANGE and not differs:
                self._unchanged += 1
            else:
                self._changes.append(Change(action, f"{prefix}{name}", differs, item(name, new)))
        gone = [*was, *self._unusable(prefix)] if self._prune else []
        return [
            Change(
                PlanAction.REMOVE,
                f"{prefix}{name}",
                fields.of_values(plain(was[name]), {}) if name in was else (),
                None,
            )
            for name in gone
            if name not in wanted
        ]

    def _unusable(self, prefix: str) -> list[str]:
        return [item.removeprefix(prefix) for item in self._registered.unusable if item.startswith(prefix)]

    def _action(self, item: str, exists: bool) -> PlanAction:
        if item in self._registered.unusable:
            return PlanAction.REPLACE
        return PlanAction.CHANGE if exists else PlanAction.CREATE

    def _operator(self) -> None:
        old, new = self._registered.registry.operator, self._wanted.operator
        if new is None:
            return  # the file says nothing of the operator
        action = self._action(OPERATOR, old is not None)
        differs = fields.of_channels(old or (), new)
        if (action is PlanAction.CHANGE and not differs) or (action is PlanAction.CREATE and not new):
            self._unchanged += 1
        else:
            self._changes.append(Change(action, OPERATOR, differs, operator_item(new)))

    def _tenants(self, was: Mapping[str, TenantEntry]) -> tuple[str, ...]:
        named = set()
        for entry in self._wanted.tenants:
            named.add(entry.id)
            self._tenant(was.get(entry.id), entry)
        unusable = [item for item in self._registered.unusable if not item.startswith("@")]
        left = sorted({*was, *unusable} - named)
        if not self._prune:
            return tuple(left)
        self._changes += [removal(item, was.get(item)) for item in left]
        return ()

    def _tenant(self, old: TenantEntry | None, wanted: TenantEntry) -> None:
        new = kept(wanted, old)
        action = self._action(new.id, old is not None)
        if action is PlanAction.CHANGE and old == new:
            self._unchanged += 1
            return
        differs = fields.of_tenant(old, new)
        streams = _streams(old.streams if old else (), new.streams, differs)
        self._changes.append(Change(action, new.id, differs, item_of(new, self._home), new.name, streams))


def removal(item: str, old: TenantEntry | None) -> Change:
    """A tenant that goes; None where what is registered of it is not usable."""
    if old is None:
        return Change(PlanAction.REMOVE, item, (), None)
    return Change(PlanAction.REMOVE, item, (), None, old.name, _streams(old.streams, (), ()))


def _streams(
    old: tuple[StreamEntry, ...], new: tuple[StreamEntry, ...], said: tuple[Field, ...]
) -> tuple[StreamChange, ...]:
    """What becomes of a tenant's streams. ``said`` of the tenant already are its tags, which its streams have, too."""
    before, after = {each.stream: each for each in old}, {each.stream: each for each in new}
    changes = []
    for stream in sorted({*before, *after}):
        was, shall = before.get(stream), after.get(stream)
        if was == shall:
            continue
        action = PlanAction.CREATE if was is None else PlanAction.REMOVE if shall is None else PlanAction.CHANGE
        differs = fields.of_stream(was, shall) if shall else ()
        own = tuple(each for each in differs if each not in said or not each.key.startswith("tags."))
        changes.append(StreamChange(action, stream, was, shall, own))
    return tuple(changes)
