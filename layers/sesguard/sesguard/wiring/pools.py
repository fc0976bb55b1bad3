"""Wire the pools of dedicated addresses to SES."""

from __future__ import annotations

from sesguard.aws.ses.addresses import SesAddresses
from sesguard.aws.ses.calls import SesCalls
from sesguard.wiring.doctor import polite_gate
from sesguard.wiring.operator import Guard


def pool_addresses(guard: Guard) -> SesAddresses:
    """Everything over SES, one call a second, and none while the guard has a pause to make."""
    return SesAddresses(SesCalls(guard.clients.sesv2, polite_gate(guard)))
