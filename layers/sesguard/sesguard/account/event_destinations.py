"""Whether each set still publishes to the guard: who removes a destination blinds it, and nothing else would say so.

The sets are those that the daily audit compares anyway, a few in each minute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from sesguard.account.ports import EventDestinations
from sesguard.bus.events import operator_notice
from sesguard.errors import SesguardError
from sesguard.pausing.audit_cursor import Cursor
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import AuditCursor
from sesguard.stream import StreamId

_MOST_NAMED: Final = 5

_log = logging.getLogger(__name__)


class Followed:
    """The port ``AuditCursor`` over another one; ``seen``: what it has given out."""

    def __init__(self, cursor: AuditCursor) -> None:
        self._cursor = cursor
        self.seen: list[str] = []

    def load(self) -> Cursor:
        return self._cursor.load()

    def following(self, after: str, most: int) -> Sequence[str | None]:
        found = self._cursor.following(after, most)
        self.seen += [key for key in found if key is not None]
        return found

    def save(self, cursor: Cursor) -> None:
        self._cursor.save(cursor)


def tell_blind(
    deps: PausingDeps,
    destinations: EventDestinations,
    home: StreamId,
    seen: Iterable[str],
    now: datetime,
    time_left: Callable[[], bool] = lambda: True,
) -> list[str]:
    """Look at the destinations of the streams ``seen``, and tell the operator, once an hour, of those that are wrong.

    home: account and region of the guard. Gives what is wrong, ``set: problem``. Raises nothing: an audit comes again.
    """
    blind: list[str] = []
    for key in seen:
        if not time_left():
            break
        try:
            problem = _problem(deps, destinations, home, key)
        except (SesguardError, ValueError) as error:  # a key that is no stream is the audit's own to tell
            _log.warning("event destination of %s not looked at: %s", key[:200], error)
            continue
        if problem:
            blind.append(f"{key.rpartition('/')[2]}: {problem}")
    if blind:
        _tell(deps, home, blind, now)
    return blind


def _problem(deps: PausingDeps, destinations: EventDestinations, home: StreamId, key: str) -> str:
    stream = StreamId.parse(key)
    if stream[:2] != home[:2] or not stream.attributed or stream in deps.spared:
        return ""
    record = deps.streams.load(stream)
    return destinations.problem_of(stream.configuration_set) if record.tenant and not record.offboarded else ""


def _tell(deps: PausingDeps, home: StreamId, blind: Sequence[str], now: datetime) -> None:
    more = f", and {len(blind) - _MOST_NAMED:,} more" if len(blind) > _MOST_NAMED else ""
    text = (
        f"Configuration sets of {home.account} {home.region} do not publish to the guard what it counts: "
        f"{'; '.join(blind[:_MOST_NAMED])}{more}. Their tenants are neither counted nor paused. To set them right: "
        "sesguard tenants repair. There may be others: each set is looked at once a day, and this is told once an hour."
    )
    key = f"blind/{home}/{now:%Y-%m-%dT%H}"
    try:
        deps.bus.publish([operator_notice("The guard is blind on some streams", text, key, now)])
    except SesguardError as error:
        _log.warning("blind streams not told: %s", error)
