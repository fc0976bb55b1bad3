"""What the registry says of one tenant, or who of all uses a policy or a pool, as it is read right now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sesguard.provisioning.desired import DesiredDomain, domains_of
from sesguard.provisioning.ports import RegistryItems
from sesguard.provisioning.task import DOMAIN
from sesguard.stream import StreamId
from sesguard.tenants.items import POLICY, RESERVED, policy_of, tenant_of
from sesguard.tenants.model import StreamEntry, policy_values
from sesguard.tenants.problems import RegistryError

_LONGEST: Final = 2_000


@dataclass(frozen=True, slots=True)
class DesiredTenant:
    """What the registry says of ``tenant``: its streams with what their policies lay over the guard's own.

    streams: None where the item cannot be used, and ``problem`` says why; then everything stays as it was.
    """

    tenant: str
    streams: Mapping[str, tuple[StreamEntry, Mapping[str, Any]]] | None
    problem: str = ""

    def domains(self, home: StreamId) -> Mapping[str, DesiredDomain]:
        """The identities at ``home`` that the guard makes, by their keys."""
        return {
            f"{DOMAIN}{each.name}": each
            for entry, _ in (self.streams or {}).values()
            if (entry.account, entry.region) == home[:2]
            for each in domains_of(entry, self.tenant)
        }

    def names(self, identity: str) -> bool:
        """Whether a stream of the tenant's names the identity."""
        return any(identity in entry.identities for entry, _ in (self.streams or {}).values())


def read_desired(items: RegistryItems, home: StreamId, tenant: str) -> DesiredTenant:
    """Read what the registry says of a tenant. Raises AwsError."""
    item = items.item(tenant)
    if item is None:
        return DesiredTenant(tenant, {})
    try:
        policies = _policies(items, named(item, "policy"))
        entry = tenant_of(item, home, policies)
    except RegistryError as error:
        return DesiredTenant(tenant, None, "; ".join(str(problem) for problem in error.problems)[:_LONGEST])
    return DesiredTenant(tenant, {str(each.stream): (each, policy_values(each, policies)) for each in entry.streams})


def _policies(items: RegistryItems, names: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The named policies that there are. Raises RegistryError for one that cannot be used."""
    found = {name: items.item(f"{POLICY}{name}") for name in sorted(names)}
    return {name: policy_of(item) for name, item in found.items() if item is not None}


def users(items: RegistryItems, uses: Callable[[Mapping[str, Any]], bool]) -> set[str]:
    """The ids of tenants whose item ``uses`` says so of. Raises AwsError."""
    return {item["id"] for item in items.items() if not item["id"].startswith(RESERVED) and uses(item)}


def named(item: Mapping[str, Any], key: str) -> set[str]:
    """Every text that stands under ``key`` at the tenant and its streams, whatever else is wrong with them."""
    streams = item.get("streams")
    places = [item, *(streams if isinstance(streams, list) else [])]
    values = (place.get(key) for place in places if isinstance(place, Mapping))
    return {value for value in values if isinstance(value, str)}
