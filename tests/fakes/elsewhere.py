"""A pause in another account, as the centre passes it on."""

from __future__ import annotations

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import StreamFields
from tests.fakes.clock import NOW


def a_pause_elsewhere(strikes: int = 1) -> PausedElsewhere:
    return PausedElsewhere(
        id="0" * 32,
        at=NOW,
        stream_fields=StreamFields("444455556666", "us-east-1", "acme"),
        tenant="acme",
        incident="2026-11-21T18:00:00.000000Z",
        reason="bounces",
        strikes=strikes,
    )
