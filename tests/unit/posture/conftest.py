"""Resolvers that ask a real DNS server on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from sesguard.aws.dns import DnsResolver
from tests.fakes.dns_server import SILENT, DnsServer, Zone

PATIENCE_SECONDS: Final = 60.0
"""For an answer that comes: how fast a busy machine is says nothing of a domain."""


@pytest.fixture
def serving() -> Iterator[Callable[[Zone], DnsResolver]]:
    """Serve a zone, and give a resolver that asks there."""
    with ExitStack() as servers:

        def start(zone: Zone) -> DnsResolver:
            server = servers.enter_context(DnsServer(zone))
            return DnsResolver(
                ["127.0.0.1"], server.port, lifetime=1.0 if SILENT in zone.values() else PATIENCE_SECONDS
            )

        yield start
