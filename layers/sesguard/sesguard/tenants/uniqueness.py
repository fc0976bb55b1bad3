"""What may stand in a registry only once: tenants, streams, the default set of an identity, an SES tenant's owner."""

from __future__ import annotations

from typing import Final

from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry, TenantEntry, identity_key
from sesguard.tenants.problems import Found, Path

Name = tuple[str, str, str]
"""Account, region, name."""

_REGISTERED: Final = "@registered"


class Uniqueness:
    """Notes what it has seen, and adds to ``found`` what comes a second time, with where the first stands."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._tenants: dict[str, Path] = {}
        self._streams: dict[StreamId, tuple[Path, str]] = {}
        self.identities: dict[Name, Path] = {}
        self._ses_tenants: dict[Name, tuple[Path, str]] = {}

    def registered(self, tenant: TenantEntry) -> None:
        """Note a tenant that is registered and of which the document does not speak."""
        path = (_REGISTERED, tenant.id)
        for entry in tenant.streams:
            self._streams.setdefault(entry.stream, (path, tenant.id))
            for identity in entry.identities:
                self.identities.setdefault((entry.account, entry.region, identity_key(identity)), path)
            if entry.ses_tenant:
                key = (entry.account, entry.region, entry.ses_tenant)
                self._ses_tenants.setdefault(key, (path, tenant.id))

    def _place(self, path: Path) -> str:
        if path[:1] == (_REGISTERED,):
            return f"the registered tenant {path[1]}"
        return self._found.place(path)

    def tenant(self, tenant: str, path: Path) -> None:
        first = self._tenants.setdefault(tenant, path)
        if first != path:
            remedy = f"{self._place(first)} has a tenant of that id: choose another, or put the streams together"
            self._found.add(path, tenant, remedy)

    def stream(self, stream: StreamId, tenant: str, path: Path) -> bool:
        """Whether it is the first of its account, region and configuration set."""
        first, owner = self._streams.setdefault(stream, (path, tenant))
        if first == path:
            return True
        remedy = (
            f"{self._place(first)} has the same stream {stream} (of {owner or 'a tenant without id'}): "
            "a configuration set belongs to one stream of one tenant"
        )
        self._found.add(path, stream.configuration_set, remedy)
        return False

    def identity(self, entry: StreamEntry, identity: str, path: Path) -> None:
        first = self.identities.setdefault((entry.account, entry.region, identity_key(identity)), path)
        if first != path:
            remedy = f"{self._place(first)} names it too: an identity has one default configuration set"
            self._found.add(path, identity, remedy)

    def ses_tenant(self, entry: StreamEntry, tenant: str, path: Path) -> None:
        key = (entry.account, entry.region, entry.ses_tenant)
        first, owner = self._ses_tenants.setdefault(key, (path, tenant))
        if owner != tenant:
            remedy = f"{self._place(first)} ({owner}) has it too: an SES tenant is turned off as a whole"
            self._found.add(path, entry.ses_tenant, remedy)
