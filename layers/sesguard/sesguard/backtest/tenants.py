"""Tenants in a replay: when their streams are weighed together, and what follows, as the sweep does it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.guarded import GuardedStream
from sesguard.backtest.moment import time_of
from sesguard.detection.explain import OwnPart, explain
from sesguard.detection.together import TenantVerdict, ToPause, established, joint_headroom, weigh_tenant
from sesguard.pausing.decision import Look, Pause, Reason
from sesguard.pausing.state import Status
from sesguard.pausing.tenant_standing import PAUSES_AT, TenantDue, TenantStanding


class ReplayedTenant:
    """One tenant: its streams, what came in of them since they were weighed, and whether that is enough to matter.

    due: the second at which to weigh it, None while nothing asks for it.
    """

    def __init__(self, name: str, terms: ReplayTerms) -> None:
        self.name = name
        self.due: float | None = None
        self._terms = terms
        self._streams: dict[str, GuardedStream] = {}
        self._bad: dict[str, tuple[int, int]] = {}
        self._seen = (0, 0)
        self._standing: TenantStanding | None = None

    def note(self, stream: GuardedStream, at: float) -> None:
        """Take up what came in of one of its streams."""
        self._streams[stream.name] = stream
        self._bad[stream.name] = stream.bad
        stream.past = self._standing.past(time_of(at)) if self._standing is not None else 0
        if self.due is None and len(self._streams) > 1 and self._matters(at):
            self.due = self._turn(at)

    def look(self, at: float) -> Iterator[Decided]:
        """Weigh those that send together; pause those that are to be paused, or warn of the worst."""
        self.due = None
        policy, minute = self._terms.policy, int(at // 60)
        sending = {name: stream for name, stream in self._streams.items() if not stream.state.off}
        self._seen = self._came_in()
        if len(sending) < 2:
            self._standing = TenantStanding(at=time_of(at), streams=len(self._streams))
            return
        histories = {name: stream.history for name, stream in sending.items()}
        limits = policy.limits(probation=False)
        found = weigh_tenant(histories, limits, policy.clumps, minute)
        for each in _to_decide(found, sending, policy.warn_at):
            signal = Pause(Reason.TENANT) if found.to_pause else Look()
            own = OwnPart(each.streams, each.its.volume, each.its.bad)
            yield from sending[each.stream].decide(signal, at, each.verdict, explain(each.verdict, each.history, own))
        left = {name: history for name, history in histories.items() if not sending[name].state.off}
        line = policy.warn_at if found.verdict.risk < policy.warn_at else PAUSES_AT
        room_left = joint_headroom(left, limits, policy.clumps, minute, line) if len(left) > 1 else None
        self._standing = TenantStanding(
            at=time_of(at),
            streams=len(self._streams),
            risk=found.verdict.risk,
            room_bounces=room_left.bounces if room_left else 0,
            room_complaints=room_left.complaints if room_left else 0,
            established=established(left.values(), limits, minute),
        )
        for stream in self._streams.values():
            stream.past = self._standing.past(time_of(at))
        if found.to_pause:
            self.due = at + self._terms.every

    def _came_in(self) -> tuple[int, int]:
        bad = self._bad.values()
        return sum(bounces for bounces, _ in bad), sum(complaints for _, complaints in bad)

    def _matters(self, at: float) -> bool:
        bounces, complaints = self._came_in()
        before = self._standing
        since = bounces - self._seen[0], complaints - self._seen[1]
        return before is None or before.alone or before.exceeded_by(*since, time_of(at))

    def _turn(self, at: float) -> float:
        every = self._terms.every
        tick = ceil(at / every) * every
        due = TenantDue(self.name, time_of(at), 0, 0, 0, self._standing)
        while not due.has_turn(time_of(tick)):
            tick += every
        return tick


def _to_decide(
    found: TenantVerdict[str], sending: Mapping[str, GuardedStream], warn_at: float
) -> Iterator[ToPause[str]]:
    yield from found.to_pause
    if not found.to_pause and found.shares and warn_at <= found.verdict.risk < PAUSES_AT:
        name, its = found.shares[0]
        if sending[name].state.status is Status.HEALTHY:
            yield ToPause(name, its, found.streams, found.verdict, found.history)
