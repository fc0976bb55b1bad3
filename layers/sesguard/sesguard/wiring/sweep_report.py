"""What a sweep tells others: the dashboard a few metrics, and the centre how the streams stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sesguard.bus.heartbeat import MOST_STREAMS, StreamStanding
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status
from sesguard.pausing.swept import Swept

STATES: Final = {
    Status.HELD: "HeldStreams",
    Status.PAUSED: "PausedStreams",
    Status.PROBATION: "ProbationStreams",
    Status.WATCHED: "WatchedStreams",
}
QUEUED: Final = "QueuedPauses"
WORST: Final = 20
_ORDER: Final = (*STATES, Status.HEALTHY)


def risk_metric(rank: int) -> str:
    """Name the metric of the stream that is the worst but ``rank`` - 1: a rank, not a stream, has a metric."""
    return f"WorstRisk{rank:02}"


def fleet_metrics(swept: Swept, queued: int) -> dict[str, float]:
    """Give metrics by name: streams by state, alarms that wait for SES, and risk of the worst, however many there are.

    One that says nothing is not published, and so not billed: a healthy platform has none of these.
    """
    states = {name: float(swept.states[status]) for status, name in STATES.items()}
    risks = {risk_metric(rank): risk for rank, (_, risk) in enumerate(swept.worst(WORST), 1)}
    return {name: value for name, value in {**states, QUEUED: float(queued), **risks}.items() if value > 0}


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
