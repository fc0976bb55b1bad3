"""Alarms that need SES wait for their turn, the worst first, because SES takes one control call a second.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html. A message is only weighed and lined up when it comes, which takes
no call to SES; then its queue is done with it, so that however long SES refuses calls, no message comes back so often
that it is given up. One worker at a time serves those who wait; the sweep does where no worker is left.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from time import sleep
from typing import Final

from sesguard.bus.events import operator_notice
from sesguard.errors import AwsError, ConflictError, SesguardError
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import PauseQueue
from sesguard.pausing.record import QueuedAlarm
from sesguard.stream import StreamId

PAUSE: Final = 1.0
"""Seconds to wait after SES refused a call, or while another one serves."""
TRIES: Final = 2
"""To become the one who serves: whoever still is a second later sees who lined up before that."""
REFUSALS: Final = 10
"""Failures in a row after which serving is left to the next sweep."""
_MOST: Final = 1_000
TRIES_IN_FRONT: Final = 3
"""Turns in vain after which a stream lets the others go first."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Served:
    """What serving came to: results in the order of the turns, failures by stream, and whether somebody still waits.

    gave_up: SES failed so often in a row that going on at once is no use. busy: another one serves. turns: how many
    had theirs, whatever came of it.
    """

    results: list[Result] = field(default_factory=list)
    failed: dict[StreamId, str] = field(default_factory=dict)
    left: bool = False
    gave_up: bool = False
    busy: bool = False
    turns: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether another worker should follow at once.

        Not where all that was tried failed: such a chain of workers would have no end, and the sweep tries again.
        """
        return self.left and (self.turns > 0 or not self.failed)


def queued_streams(turns: PauseQueue) -> frozenset[StreamId]:
    """Whose turn is still to come; nobody's, where that cannot be read."""
    try:
        return frozenset(turn.stream for turn in turns.worst(_MOST))
    except SesguardError as error:
        _log.warning("turns not read: %s", error)
        return frozenset()


def serve(
    deps: PausingDeps,
    turns: PauseQueue,
    clock: Callable[[], datetime],
    time_left: Callable[[], bool],
    *,
    tries: int = 1,
    pause: Callable[[float], None] = sleep,
) -> Served:
    """Serve all who wait, the worst first, until nobody waits or there is no time.

    tries: TRIES for who has just lined somebody up. Raises nothing of AWS's: what fails goes on waiting.
    """
    counter = _Counter(deps, turns, clock, pause, Served())
    served = counter.served
    try:
        if not _taken(counter, time_left, tries):
            served.busy = True
            return served
        _serve_all(counter, time_left)
    except SesguardError as error:
        _log.warning("turns: %s", error)
        served.gave_up = True
    with suppress(SesguardError):  # it ends by itself
        turns.leave()
    return served


def _taken(counter: _Counter, time_left: Callable[[], bool], tries: int) -> bool:
    for number in range(1, tries + 1):
        if counter.turns.take():
            return True
        if number < tries and time_left():
            counter.pause(PAUSE)
    return False


@dataclass(slots=True)
class _Counter:
    """Where one worker serves. tried: in vain, how often."""

    deps: PausingDeps
    turns: PauseQueue
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    served: Served
    tried: Counter[StreamId] = field(default_factory=Counter)

    def next(self) -> QueuedAlarm | None:
        """The worst of all who wait; whose turn fails again and again lets others go first."""
        waiting = self.turns.worst(1 + len(self.tried))
        return min(
            waiting, key=lambda it: (self.tried[it.stream] // TRIES_IN_FRONT, -it.urgency, it.alarm.at), default=None
        )


def _serve_all(counter: _Counter, time_left: Callable[[], bool]) -> None:
    refused = 0
    while (turn := counter.next()) is not None:
        if not time_left() or not counter.turns.take():
            counter.served.left = True
            return
        refused = 0 if _serve(counter, turn) else refused + 1
        if refused >= REFUSALS:
            counter.served.gave_up = True
            return
        if refused:
            counter.pause(PAUSE)


def _serve(counter: _Counter, turn: QueuedAlarm) -> bool:
    """Give one its turn. False where it has to have another one."""
    now = counter.clock()
    try:
        result = act(counter.deps, turn.stream, turn.alarm, now, turn.about)
    except (AwsError, ConflictError) as error:
        counter.served.failed[turn.stream] = getattr(error, "code", "Conflict")
        if error.retryable:
            counter.tried[turn.stream] += 1
            return False
        _log.error("stream %s: %s", turn.stream, error)
        _tell_refused(counter.deps, turn, error, now)
    except Exception as error:
        # Whatever is wrong with one stream must not keep the others waiting; it stays in line, and in the log.
        _log.exception("stream %s", turn.stream)
        counter.served.failed[turn.stream] = type(error).__name__
        counter.tried[turn.stream] += TRIES_IN_FRONT
        return False
    else:
        counter.served.failed.pop(turn.stream, None)
        counter.served.results.append(result)
    counter.turns.served(turn)
    counter.served.turns += 1
    return True


def _tell_refused(deps: PausingDeps, turn: QueuedAlarm, error: SesguardError, now: datetime) -> None:
    """What was decided is on record and the sweep goes on trying; where nothing could be, only people can help."""
    if deps.streams.load(turn.stream).trouble:
        return
    name = turn.about.get("alarm", {}).get("name", "")
    text = f'The alarm "{name}" was not acted upon, so {turn.stream} may still be sending: {error}.'
    key = f"refused/{turn.stream}/{error}/{now:%Y-%m-%d}"
    deps.bus.publish([operator_notice("An alarm was not acted upon", text, key, now, turn.stream)])
