"""Alarms that need SES wait for their turn, the worst first, because SES takes one control call a second.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html. A message is only queued when it comes, which takes no
call to SES; then its queue is done with it, so that however long SES refuses calls, no message comes back so often
that it is given up. One worker at a time serves those who wait; the sweep does where no worker is left.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import sleep
from typing import Final

from sesguard.bus.events import operator_notice
from sesguard.errors import AwsError, ConflictError, RecordError, SesguardError
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import PauseQueue
from sesguard.pausing.record import QueuedAlarm
from sesguard.pausing.unreadable import tell_unreadable
from sesguard.stream import StreamId

RETRY_PAUSE_SECONDS: Final = 1.0
"""To wait after SES refused a call, or while another one serves."""
TRIES: Final = 2
"""To become the one who serves: whoever still is a second later sees who lined up before that."""
REFUSALS: Final = 10
"""Failures in a row after which serving is left to the next sweep."""
_MOST_READ: Final = 1_000
TRIES_IN_FRONT: Final = 3
"""Tries in vain after which a stream lets the others go first."""

KEPT_TRYING: Final = timedelta(hours=1)
"""How old an alarm gets whose turn breaks in a way that nobody thought of; then people are told, and it is let go."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Served:
    """What serving came to: results in the order of serving, failures by stream, and whether there was time for all.

    turns: how many had theirs, whatever came of it.
    """

    results: list[Result] = field(default_factory=list)
    failed: dict[StreamId, str] = field(default_factory=dict)
    left: bool = False
    turns: int = 0

    @property
    def goes_on(self) -> bool:
        """Whether another worker should follow at once.

        Not where all that was tried failed: such a chain of workers would have no end, and the sweep tries again.
        """
        return self.left and (self.turns > 0 or not self.failed)


def queued_streams(queue: PauseQueue) -> frozenset[StreamId]:
    """The streams that are still to be served; none where that cannot be read."""
    try:
        return frozenset(queued.stream for queued in queue.worst(_MOST_READ))
    except SesguardError as error:
        _log.warning("queue not read: %s", error)
        return frozenset()


def serve(
    deps: PausingDeps,
    queue: PauseQueue,
    clock: Callable[[], datetime],
    time_left: Callable[[], bool],
    *,
    tries: int = 1,
    pause: Callable[[float], None] = sleep,
) -> Served:
    """Serve all who wait, the worst first, until nobody waits or there is no time.

    tries: TRIES for who has just lined somebody up. Raises nothing of AWS's: what fails goes on waiting.
    """
    worker = _Worker(deps, queue, clock, pause, Served())
    served = worker.served
    try:
        if not _taken(worker, time_left, tries):
            return served
        _serve_all(worker, time_left)
    except SesguardError as error:
        _log.warning("queue: %s", error)
    with suppress(SesguardError):  # it ends by itself
        queue.leave()
    return served


def _taken(worker: _Worker, time_left: Callable[[], bool], tries: int) -> bool:
    for number in range(1, tries + 1):
        if worker.queue.take():
            return True
        if number < tries and time_left():
            worker.pause(RETRY_PAUSE_SECONDS)
    return False


@dataclass(slots=True)
class _Worker:
    """Where one worker serves. tried: in vain, how often."""

    deps: PausingDeps
    queue: PauseQueue
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    served: Served
    tried: Counter[StreamId] = field(default_factory=Counter)

    def next(self) -> QueuedAlarm | None:
        """The worst of all who wait; whose turn fails again and again lets others go first."""
        waiting = self.queue.worst(1 + len(self.tried))
        return min(
            waiting, key=lambda it: (self.tried[it.stream] // TRIES_IN_FRONT, -it.urgency, it.alarm.at), default=None
        )


def _serve_all(worker: _Worker, time_left: Callable[[], bool]) -> None:
    refused = 0
    while (queued := worker.next()) is not None:
        if not time_left() or not worker.queue.take():
            worker.served.left = True
            return
        refused = 0 if _serve(worker, queued) else refused + 1
        if refused >= REFUSALS:
            return
        if refused:
            worker.pause(RETRY_PAUSE_SECONDS)


def _serve(worker: _Worker, queued: QueuedAlarm) -> bool:
    """Give one its queued. False where it has to have another one."""
    now = worker.clock()
    try:
        result = act(worker.deps, queued.stream, queued.alarm, now, queued.about)
    except (AwsError, ConflictError, RecordError) as error:
        worker.served.failed[queued.stream] = getattr(error, "code", "Conflict")
        if error.retryable:
            worker.tried[queued.stream] += 1
            return False
        _log.error("stream %s: %s", queued.stream, error)
        _tell_refused(worker.deps, queued, error, now)
    except Exception as error:
        # Whatever is wrong with one stream must not keep the others waiting; it stays in line, and in the log. Not for
        # ever: while anybody waits, nobody is compared with SES, and the sweep leaves the stream to its turn.
        _log.exception("stream %s", queued.stream)
        worker.served.failed[queued.stream] = type(error).__name__
        if now - queued.alarm.at < KEPT_TRYING:
            worker.tried[queued.stream] += TRIES_IN_FRONT
            return False
        _tell_refused(worker.deps, queued, error, now)
    else:
        worker.served.failed.pop(queued.stream, None)
        worker.served.results.append(result)
    worker.queue.served(queued)
    worker.served.turns += 1
    return True


def _tell_refused(deps: PausingDeps, queued: QueuedAlarm, error: Exception, now: datetime) -> None:
    """What was decided is on record and the sweep goes on trying; where nothing could be, only people can help."""
    if isinstance(error, RecordError):
        tell_unreadable(deps.bus, {error.key: error.problem}, now)
        return
    if isinstance(error, SesguardError) and deps.streams.load(queued.stream).trouble:
        return
    name = queued.about.get("alarm", {}).get("name", "")
    why = str(error) if isinstance(error, SesguardError) else f"{type(error).__name__}, see the log"
    text = f'The alarm "{name}" was not acted upon, so {queued.stream} may still be sending: {why}.'
    key = f"refused/{queued.stream}/{why}/{now:%Y-%m-%d}"
    deps.bus.publish([operator_notice("An alarm was not acted upon", text, key, now, queued.stream)])
