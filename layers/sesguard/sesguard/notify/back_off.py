"""When a channel that failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

WAITS: Final = tuple(timedelta(seconds=each) for each in (30, 60, 120, 300, 900, 1_800, 3_600))
"""After the first try, the second, and so on: eight tries within about two hours."""
TRIES: Final = len(WAITS) + 1
LONGEST: Final = timedelta(hours=1)
"""What a receiver may ask for with Retry-After."""
_SPREAD: Final = 0.2


def wait(tries: int, asked: timedelta | None, chance: float) -> timedelta | None:
    """How long to wait after so many ``tries``; None where that was the last one.

    asked: what the receiver asked for. chance: 0 to 1; it adds up to a fifth, so that what failed together comes back
    apart.
    """
    if tries >= TRIES:
        return None
    least = max(WAITS[max(tries, 1) - 1], min(asked or timedelta(), LONGEST))
    return least * (1 + _SPREAD * chance)


def retry_after(header: str, now: datetime) -> timedelta | None:
    """Read Retry-After, seconds or a date; None for anything else.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    if header.isascii() and header.isdigit():
        return min(timedelta(seconds=int(header[:9])), LONGEST)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta())
