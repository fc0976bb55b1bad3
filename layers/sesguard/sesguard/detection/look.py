"""Weigh a stream as it is now, and read no more of it than matters."""

from __future__ import annotations

from datetime import datetime

from sesguard.detection.history import History
from sesguard.detection.ports import Counts
from sesguard.detection.weigh import Verdict, weigh
from sesguard.policy import Limits, Policy
from sesguard.stream import StreamId


def look_at(
    counts: Counts,
    stream: StreamId,
    now: datetime,
    since: datetime | None,
    policy: Policy,
    limits: Limits,
    tenant: str = "",
) -> tuple[History, Verdict]:
    """Weigh ``stream`` of ``tenant``, "" for nobody's; mail sent before ``since`` does not weigh. Raises AwsError.

    First without the names of receiving domains, of which a large stream has many: nothing is forgiven then, so the
    risk is never too low. Only where it reaches the lowest line that means anything are the names read: for bounces,
    of which some may be forgiven; for complaints where there is something to tell.
    """
    minute = int(now.timestamp()) // 60
    history = counts.history(stream, now, since, policy, names=False)
    verdict = weigh(history, limits, minute)
    bounces = verdict.bounces.risk if verdict.bounces is not None else 0.0
    if bounces < policy.calm_below and verdict.risk < policy.warn_at and verdict.drift is None:
        return history, verdict
    history = counts.history(stream, now, since, policy)
    verdict = weigh(history, limits, minute)
    # What a tenant's other streams have earned counts for a new one until it has been paused, and is asked where it
    # may matter alone.
    if tenant and since is None and verdict.volume < limits.new_stream_mails and verdict.risk >= policy.warn_at:
        past = counts.tenants_mail(stream, tenant, now)
        return history, weigh(history, limits, minute, past)
    return history, verdict
