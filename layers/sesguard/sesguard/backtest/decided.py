"""How a replay runs, and what the guard decided in it."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.detection.explain import Explanation
from sesguard.detection.weigh import Verdict
from sesguard.pausing.decision import Action, Reason
from sesguard.pausing.state import StreamState
from sesguard.policy import Policy


class ReplayTerms(NamedTuple):
    """How a replay runs. latency: seconds from a decision until SES acts on it; every: seconds between two looks."""

    policy: Policy
    latency: float = 60.0
    every: float = 60.0


class Decided(NamedTuple):
    """One decision of the guard, at second ``at`` and in force from ``effective_at`` on. ``state``: what it led to."""

    stream: str
    at: float
    effective_at: float
    action: Action
    reason: Reason
    verdict: Verdict
    explanation: Explanation
    state: StreamState
    tenant: str = ""
