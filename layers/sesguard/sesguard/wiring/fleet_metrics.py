"""What the sweep publishes for the dashboard: a few metrics a minute, whatever the number of streams.

A metric that says nothing is not published, and so not billed: a healthy platform has none of these.
"""

from __future__ import annotations

from typing import Final

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


def risk_metric(rank: int) -> str:
    """Name the metric of the stream that is the worst but ``rank`` - 1: a rank, not a stream, has a metric."""
    return f"WorstRisk{rank:02}"


def fleet_metrics(swept: Swept, queued: int) -> dict[str, float]:
    """Give metrics by name: streams by state, alarms that wait for SES, and risk of the worst."""
    states = {name: float(swept.states[status]) for status, name in STATES.items()}
    risks = {risk_metric(rank): risk for rank, (_, risk) in enumerate(swept.worst(WORST), 1)}
    return {name: value for name, value in {**states, QUEUED: float(queued), **risks}.items() if value > 0}
