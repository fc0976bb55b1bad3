"""Compare every stream's wanted state with SES once a day, healthy ones included: a few in each minute's sweep.

Of a stream of whose mail no volume was published it is seen then whether that is still so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sesguard.bus.events import operator_notice
from sesguard.errors import SesguardError
from sesguard.pausing.audit_cursor import Cursor
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import AuditCursor
from sesguard.pausing.state import Status
from sesguard.pausing.swept import Swept
from sesguard.pausing.unknown_volume import look_again
from sesguard.stream import StreamId

# Each takes one control call to SES, which takes 60 a minute for an account and region
# (https://docs.aws.amazon.com/ses/latest/dg/quotas.html): 8 leave room for pauses and for those that are not healthy,
# and come to 11,520 a day, more than the 10,000 configuration sets that a region can have.
A_MINUTE: Final = 8
DAY: Final = timedelta(days=1)
LATE: Final = timedelta(hours=26)
"""What a round may take before the operator hears of it: pauses go first."""


_log = logging.getLogger(__name__)


def audit_next(
    deps: PausingDeps, cursors: AuditCursor, swept: Swept, now: datetime, time_left: Callable[[], bool] = lambda: True
) -> None:
    """Compare the next few streams of the day's round; who was not reached comes first the next time.

    Raises nothing: what fails for one stream is noted in ``swept``, and an audit that cannot be read waits a minute.
    """
    try:
        cursor = cursors.load()
        if cursor.after or cursor.begun is None or now - cursor.begun >= DAY:
            cursors.save(_further(deps, cursors, cursor, swept, now, time_left))
    except SesguardError as error:
        _log.warning("daily audit: %s", error)


def _further(
    deps: PausingDeps, cursors: AuditCursor, cursor: Cursor, swept: Swept, now: datetime, time_left: Callable[[], bool]
) -> Cursor:
    begun = cursor.begun if cursor.after else now
    after = cursor.after
    for key in cursors.following(after, A_MINUTE):
        if key is None:
            if begun is not None and now - begun >= LATE:
                _tell_late(deps, begun, now)
            return Cursor("", begun)
        if not time_left():
            break
        _audit(deps, key, swept, now)
        after = key
    return Cursor(after, begun)


def _tell_late(deps: PausingDeps, begun: datetime, now: datetime) -> None:
    hours, a_day = (now - begun) / timedelta(hours=1), A_MINUTE * (DAY // timedelta(minutes=1))
    text = (
        f"Every stream is compared with SES once a day, {A_MINUTE} in a minute, as SES takes one control call a "
        f"second. The last round took {hours:.0f} hours. More than {a_day:,} streams are on record, or pauses went "
        "first for long, or sweeps had no time for it. Whether somebody turned a stream that is healthy on or off, or "
        "took its event destination away, is seen that much later."
    )
    key = f"audit/{begun:%Y-%m-%dT%H:%M}"
    deps.bus.publish([operator_notice("Not every stream was compared with SES within a day", text, key, now)])


def _audit(deps: PausingDeps, key: str, swept: Swept, now: datetime) -> None:
    try:
        stream = StreamId.parse(key)
    except ValueError as error:
        swept.unreadable[key] = str(error)
        return
    with swept.meanwhile(stream):
        record = deps.streams.load(stream)
        # The others are compared every minute, and without a set it is the record of an account.
        if stream.attributed and record.state.status is Status.HEALTHY and not record.offboarded:
            record = swept.compare(deps, record, now)
        if stream.attributed and record.state.volume_told is not None and look_again(deps, record, now):
            swept.without_volume.append(stream)
