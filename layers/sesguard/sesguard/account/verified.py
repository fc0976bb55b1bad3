"""Keep on record which domains are verified in the account: SES's rate leaves out hard bounces there."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from sesguard.account.ports import VerifiedDomains, VerifiedDomainsStore
from sesguard.errors import SesguardError
from sesguard.stream import StreamId

EVERY: Final = timedelta(hours=1)
_MINUTE: Final = 7  # of the hour: not when everybody's schedules run

_log = logging.getLogger(__name__)


def keep_verified(domains: VerifiedDomains, store: VerifiedDomainsStore, home: StreamId, now: datetime) -> None:
    """Read them from SES once an hour, when the sweep of that minute runs. Raises nothing: an hour later is soon."""
    if now.minute != _MINUTE:
        return
    try:
        store.note_verified(home, domains.verified_domains())
    except SesguardError as error:
        _log.warning("verified domains not read: %s", error)
