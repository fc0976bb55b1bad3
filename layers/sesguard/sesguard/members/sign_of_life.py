"""What a guard's sign of life says of its streams, so that the centre shows it where the guard cannot be reached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sesguard.bus.heartbeat import MOST_STREAMS, StreamStanding
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status
from sesguard.pausing.swept import Swept

_ORDER: Final = (Status.HELD, Status.PAUSED, Status.PROBATION, Status.WATCHED, Status.HEALTHY)


def streams_told(swept: Swept) -> Mapping[str, Any]:
    """Give ``states`` and ``worst`` of a heartbeat: names and numbers, nothing of anybody's mail."""

    def rank(record: StreamRecord) -> tuple[int, float, str]:
        return _ORDER.index(record.state.status), -swept.risks.get(record.stream, 0.0), str(record.stream)

    unwell = (record for record in swept.records if record.state.status is not Status.HEALTHY)
    worst = tuple(
        StreamStanding(
            configuration_set=record.stream.configuration_set,
            state=record.state.status.value,
            tenant=record.tenant,
            since=record.state.since,
            risk=round(swept.risks.get(record.stream, 0.0), 4),
        )
        for record in sorted(unwell, key=rank)[:MOST_STREAMS]
    )
    states = {status.value: number for status, number in swept.states.items() if status is not Status.HEALTHY}
    return {"states": states, "worst": worst}
