"""The configuration sets of an SES tenant, as SES has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sesguard.aws.clients import Clients, calling_unless
from sesguard.aws.ses.calls import APART, CallRate, every
from sesguard.stream import StreamId

ACTIONS: Final = frozenset({"ses:ListTenantResources"})


class SesTenantStreams:
    """The port ``TenantStreams`` over SES. ``account``, ``region``: where the guard itself runs."""

    def __init__(self, clients: Clients, account: str, region: str) -> None:
        self._clients = clients
        self._account = account
        self._region = region

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        if home[:2] != (self._account, self._region):
            return []
        # Without a filter: SES is reported to refuse its own SDK's spelling of this one, see docs/aws-assumptions.md.
        sets: set[str] = set()
        with calling_unless("ListTenantResources", "NotFoundException"):
            list_some = self._clients.sesv2.list_tenant_resources
            for each in every(list_some, "TenantResources", CallRate(APART), TenantName=tenant):
                kind, _, name = each["ResourceArn"].rpartition(":")[2].partition("/")
                if kind == "configuration-set":
                    sets.add(name)
        return [home._replace(configuration_set=name) for name in sorted(sets)]
