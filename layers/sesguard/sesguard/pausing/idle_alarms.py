"""Once an hour: take down the alarms of streams that have been healthy for a day."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from sesguard.errors import SesguardError
from sesguard.pausing.ports import IdleAlarms, Streams

# A stream that was warned yesterday may be warned again today; CloudWatch bills an alarm by the hour.
KEPT_FOR: Final = timedelta(days=1)
AT_MINUTE: Final = 7  # of the hour, away from what others do on the full hour

_log = logging.getLogger(__name__)


def tidy(streams: Streams, idle: IdleAlarms, now: datetime) -> int:
    """Remove what is idle if the minute has come, and say how many. Raises nothing of AWS's: there is a next hour."""
    if now.minute != AT_MINUTE:
        return 0
    try:
        return idle.remove(frozenset(streams.not_healthy()), now - KEPT_FOR)
    except SesguardError as error:
        _log.warning("idle alarms: %s", error)
        return 0
