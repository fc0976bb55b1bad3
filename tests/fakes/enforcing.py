"""An alarm's whole way through enforce: read, queued, served."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sesguard.alarm_queue import AlarmQueueDeps, enqueue
from sesguard.bus.events import Outcome
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.outbox import PausingDeps
from sesguard.stream import StreamId
from tests.fakes.pause_queue import MemoryPauseQueue
from tests.fakes.tenants import HOME, MemoryRegisteredStreams


class MemoryTenantStreams:
    """The port TenantStreams: the streams of each tenant by its name."""

    def __init__(self, **tenants: list[StreamId]) -> None:
        self.tenants = tenants

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        return self.tenants.get(tenant, [])


def enforce_all(
    deps: PausingDeps, body: str, now: datetime, tenants: MemoryTenantStreams | None = None
) -> list[Result]:
    """Take one message and serve at once whoever it has queued. Raises what a port raises."""
    queue = MemoryPauseQueue()
    of_tenants = tenants or MemoryTenantStreams()
    noted = enqueue(AlarmQueueDeps(deps, queue, of_tenants, MemoryRegisteredStreams(), HOME), body, now)
    served = [act(deps, it.stream, it.alarm, now, it.about) for it in queue.worst(100)]
    return served + [result for result in noted if result.outcome is not Outcome.ASKED]


def enforce(deps: PausingDeps, body: str, now: datetime) -> Result:
    """The same of a message that means one stream."""
    (result,) = enforce_all(deps, body, now)
    return result
