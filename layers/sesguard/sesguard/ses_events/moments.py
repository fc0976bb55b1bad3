"""Reading times in every form that SES or its documentation has ever written, as epoch minutes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

# 2026-11-20T09:14:07.412Z is what SES writes today. Its examples of notifications have ``2016-01-27T14:05:45 +0000``
# (https://docs.aws.amazon.com/ses/latest/dg/notification-examples.html), and other documents of AWS an offset with or
# without a colon, blanks after colons, and fractions of up to nine digits.
_TIME: Final = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt]|\s)\s*(?P<hour>[0-9]{2}):\s*(?P<minute>[0-9]{2})"
    r"(?::\s*(?P<second>[0-9]{2})(?:[.,][0-9]{1,12})?)?\s*"
    r"(?P<zone>[Zz]|UTC|GMT|(?P<sign>[+-])(?P<hours>[0-9]{2})(?::?(?P<minutes>[0-9]{2}))?)",
    re.ASCII,
)
_LONGEST: Final = 64
_USUAL: Final = len("2026-11-20T09:14:07.412Z")
_TO_MINUTE: Final = len("2026-11-20T09:14")
_USUAL_REST: Final = re.compile(r":(?:[0-5][0-9]|60)\.[0-9]{3}Z", re.ASCII)
_LEAP_SECOND: Final = 60

_MOST_KNOWN: Final = 16_384
_MOST_RESTS: Final = 61_000  # that there are
_known: dict[str, int] = {}
_rests: set[str] = set()


def minute_of(text: str) -> int | None:
    """Give the epoch minute in which ``text`` lies, None where it is no time. Fractions never round it up."""
    # Every event passes here, and mostly both halves of its time have been seen before.
    minute = _known.get(text[:_TO_MINUTE])
    if minute is not None and text[_TO_MINUTE:] in _rests:
        return minute
    return _read(text)


def _read(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if found is None or int(found["second"] or 0) > _LEAP_SECOND:
        return None
    offset = timedelta(hours=int(found["hours"] or 0), minutes=int(found["minutes"] or 0))
    try:
        zone = timezone(-offset if found["sign"] == "-" else offset) if offset else UTC
        moment = datetime.fromisoformat(f"{found['day']}T{found['hour']}:{found['minute']}").replace(tzinfo=zone)
        minute = int(moment.timestamp() // 60)
    except (ValueError, OverflowError):
        return None
    rest = text[_TO_MINUTE:]
    if len(text) == _USUAL and text[10] == "T" and _USUAL_REST.fullmatch(rest):
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        if len(_rests) >= _MOST_RESTS:
            _rests.clear()
        _known[text[:_TO_MINUTE]] = minute
        _rests.add(rest)
    return minute
