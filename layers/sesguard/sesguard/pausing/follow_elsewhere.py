"""Find whom a pause in another account or region concerns here, and let it wait for SES like any alarm.

The tenant is looked up by its id, and followed only where the registry here lists the very stream that was paused as
one of that tenant's. So ids that are the same by chance pause nobody, and a guard elsewhere can only speak for tenants
that send from its own account.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import Event, Outcome, operator_notice
from sesguard.pausing.decision import PauseElsewhere
from sesguard.pausing.enforce import Result, about_elsewhere
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import PauseQueue, RegisteredStreams
from sesguard.pausing.record import QueuedAlarm, StreamRecord
from sesguard.policy import Elsewhere
from sesguard.stream import StreamId

UNLISTED: Final = "unlisted"
"""The reason of a result: the registry here does not list the stream that was paused as one of the tenant's."""
_URGENCY: Final = 1.0
"""That of a risk which is just enough: who is worse by its own evidence goes first."""

_log = logging.getLogger(__name__)


def follow_elsewhere(
    deps: PausingDeps,
    queue: PauseQueue,
    registry: RegisteredStreams,
    home: StreamId,
    there: PausedElsewhere,
    now: datetime,
) -> list[Result]:
    """Queue the pause for each stream of the tenant here whose policy follows it; a result for each of them.

    home: the guard's own account and region. Raises AwsError: then it has to come again.
    """
    if there.stream[:2] == home[:2]:
        return []
    listed = registry.streams_of(there.tenant)
    streams = [stream for stream in listed if stream[:2] == home[:2]]
    loaded = deps.streams.load_many(streams)
    for stream, error in loaded.failed.items():
        if error.retryable:
            raise error
        _log.warning("stream %s: %s", stream, error)  # the sweep tells people
    following = [record for record in loaded.records if _follows(record, there)]
    if following and there.stream not in listed:
        deps.bus.publish([_unlisted(there, now)])
        return [Result(record.stream, reason=UNLISTED) for record in following]
    # A time to come would outlast what it says.
    signal = PauseElsewhere(replace(there, at=min(there.at, now)))
    for record in following:
        queue.enqueue(QueuedAlarm(record.stream, _URGENCY, signal, about_elsewhere(signal)))
    return [Result(record.stream, reason="queued", outcome=Outcome.ASKED) for record in following]


def _follows(record: StreamRecord, there: PausedElsewhere) -> bool:
    return record.policy.elsewhere is not Elsewhere.LEAVE and record.tenant == there.tenant and not record.state.off


def _unlisted(there: PausedElsewhere, now: datetime) -> Event:
    text = (
        f"{there.stream} of a tenant {there.tenant} was paused. The policy of that tenant's streams here follows such "
        "pauses, but the registry here does not list that stream as one of the tenant's, so nobody was paused. Is it "
        "the same customer? Then apply the file of all accounts here too: sesguard tenants apply FILE --accounts. If "
        "not, the id has two meanings."
    )
    key = f"unlisted/{there.tenant}/{there.stream}/{now:%Y-%m-%d}"
    return operator_notice("A pause elsewhere was not followed", text, key, now)
