"""Builders of states and verdicts, with defaults."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.weigh import Verdict, WeighedRun
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.policy import Policy
from tests.fakes.clock import HOUR, NOW, minute_of

INCIDENT = "2026-11-21T18:00:00.000000Z"


def a_verdict(
    risk: float = 0.0, *, rate: float = 0.09, kind: str = BOUNCES, volume: int = 1_000, at: datetime = NOW
) -> Verdict:
    """A verdict whose risk rests on one run of ``kind`` at ``rate``."""
    run = None
    if risk:
        limit = 0.05 if kind == BOUNCES else 0.001
        run = WeighedRun(
            kind, minute_of(at) - 10, minute_of(at), 1_000, round(1_000 * rate), limit, 50.0, risk * 13.8, 13.8
        )
    complaints = kind == COMPLAINTS
    return Verdict(minute_of(at), risk, None if complaints else run, run if complaints else None, volume)


def healthy(**changes: Any) -> StreamState:
    return StreamState(**changes)


def watched(since: datetime = NOW, **changes: Any) -> StreamState:
    return StreamState(**{"status": Status.WATCHED, "since": since, "incident": INCIDENT, **changes})


def paused(since: datetime = NOW, cool_down: timedelta = HOUR, **changes: Any) -> StreamState:
    defaults = {
        "status": Status.PAUSED,
        "since": since,
        "strikes": (since,),
        "cool_down_until": since + cool_down,
        "origin": Origin.GUARD,
        "incident": INCIDENT,
    }
    return StreamState(**{**defaults, **changes})


def probation(since: datetime = NOW, **changes: Any) -> StreamState:
    defaults = {
        "status": Status.PROBATION,
        "since": since,
        "counted_from": since,
        "calm_since": since,
        "strikes": (since - HOUR,),
        "incident": INCIDENT,
    }
    return StreamState(**{**defaults, **changes})


def held(since: datetime = NOW, **changes: Any) -> StreamState:
    return paused(since, **{"status": Status.HELD, "origin": Origin.OPERATOR, **changes})


POLICY = Policy()
