"""Weigh the streams of a tenant together, where enough came in to matter, and pause those that brought it about.

Ingest notes how many bounces and complaints a tenant's streams had; the sweep weighs a tenant once they are more than
would change nothing. A stream that is off brings nothing, and one that was resumed only its mail since then. Streams
under other limits are weighed apart, and nobody who is under the limit himself is paused.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zlib import crc32

from sesguard.detection.explain import OwnPart, explain
from sesguard.detection.history import History
from sesguard.detection.together import JointHeadroom, TenantVerdict, ToPause, established, joint_headroom, weigh_tenant
from sesguard.errors import SesguardError, code_of, log_failure
from sesguard.pausing.backlog import drop_out
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Look, Pause, Reason, Signal
from sesguard.pausing.enforce import Result, carry_out
from sesguard.pausing.outbox import PausingDeps, complete_switch
from sesguard.pausing.ports import Parallel, RegisteredStreams, TenantMarks
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.saving import until_saved
from sesguard.pausing.state import Status
from sesguard.pausing.tenant_standing import AT_RISK, MOST_TOGETHER, PAUSES_AT, TenantDue, TenantStanding
from sesguard.policy import ClumpRule, Limits
from sesguard.stream import StreamId

_log = logging.getLogger(__name__)

_Rules = tuple[Limits, ClumpRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantDeps:
    """What weighing tenants needs. home: the guard's own account and region; streams of others are left to theirs."""

    home: StreamId
    marks: TenantMarks
    registry: RegisteredStreams
    parallel: Parallel


@dataclass(slots=True)
class TenantsWeighed:
    """What a look at tenants did. failed: the code of what kept a tenant from being weighed; it stays due."""

    weighed: int = 0
    results: list[Result] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def look_at_tenants(
    deps: PausingDeps, tenants: TenantDeps, now: datetime, time_left: Callable[[], bool] = lambda: True
) -> TenantsWeighed:
    """Weigh the tenants that are due. One that fails stops no other, and is due again. Raises nothing."""
    done = TenantsWeighed()
    read = 0
    for each in _due(tenants, done):
        if not time_left() or read >= MOST_TOGETHER:
            break
        try:
            if each.has_turn(now):
                read += _look(deps, tenants, each, done, now)
        except Exception as error:
            done.failed[each.tenant] = code_of(error)
            log_failure(_log, f"tenant {each.tenant}", error)
    return done


def _due(tenants: TenantDeps, done: TenantsWeighed) -> Iterator[TenantDue]:
    try:
        yield from tenants.marks.due()
    except SesguardError as error:
        _log.warning("tenants not read: %s", error)
        done.failed[""] = code_of(error)


def _look(deps: PausingDeps, tenants: TenantDeps, due: TenantDue, done: TenantsWeighed, now: datetime) -> int:
    """Weigh one tenant, and do what follows; how many streams were read."""
    every = [it for it in tenants.registry.streams_of(due.tenant) if it[:2] == tenants.home[:2]]
    streams = _some(every, now)
    records = _sending(deps, streams) if len(streams) > 1 else []
    groups = [_weigh(deps, tenants.parallel, its, now) for its in _by_rules(records) if len(its) > 1]
    for group in groups:
        done.results += _act(deps, group, now)
    standing = _standing(len(every), groups, now)
    others_may_be_bad_too = len(streams) < len(every) and standing.risk >= AT_RISK
    again = others_may_be_bad_too or any(group.to_be_continued for group in groups)
    tenants.marks.keep(due, standing, again=again)
    done.weighed += 1
    return len(streams)


def _some(streams: Sequence[StreamId], now: datetime) -> Sequence[StreamId]:
    """As many as are read at one look, other ones each minute: nobody chooses whom his mail is weighed with."""
    if len(streams) <= MOST_TOGETHER:
        return streams
    minute = int(now.timestamp()) // 60
    return sorted(streams, key=lambda it: (crc32(f"{minute}{it}".encode()), it))[:MOST_TOGETHER]


def _sending(deps: PausingDeps, streams: Sequence[StreamId]) -> list[StreamRecord]:
    """The records of those that send on, and whose pause for this same reason waits. Raises what one failed with.

    Without its volume, what the others come to would look worse than it is.
    """
    loaded = deps.streams.load_many(streams)
    for error in loaded.failed.values():
        raise error
    return [
        record
        for record in loaded.records
        if record.stream not in deps.spared
        and not record.state.off
        and (record.waiting is None or record.waiting.reason == Reason.TENANT)
    ]


def _by_rules(records: Sequence[StreamRecord]) -> list[list[StreamRecord]]:
    """Those that are held to the same limits together."""
    groups: dict[_Rules, list[StreamRecord]] = {}
    for record in sorted(records, key=lambda it: it.stream):
        groups.setdefault((record.policy.limits(probation=False), record.policy.clumps), []).append(record)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class _Group:
    """Streams that were weighed together."""

    records: Mapping[StreamId, StreamRecord]
    found: TenantVerdict[StreamId]
    room: JointHeadroom
    established: int

    @property
    def to_be_continued(self) -> bool:
        """Whether to look again in a minute: after a pause the rest may still be too much, or one waits for room."""
        return bool(self.found.to_pause) or any(record.waiting is not None for record in self.records.values())

    @property
    def sentence(self) -> str:
        """What the worst of it rests on."""
        found = self.found
        return explain(found.verdict, found.history, OwnPart(found.streams)).sentence


def _weigh(deps: PausingDeps, parallel: Parallel, records: Sequence[StreamRecord], now: datetime) -> _Group:
    """Weigh them; the names of receiving domains are read only where that matters. Raises AwsError."""
    policy = records[0].policy
    limits, minute = policy.limits(probation=False), int(now.timestamp()) // 60
    histories = _read(deps, parallel, records, now, names=False)
    found = weigh_tenant(histories, limits, policy.clumps, minute)
    if found.verdict.risk >= policy.calm_below:
        histories = _read(deps, parallel, records, now, names=True)
        found = weigh_tenant(histories, limits, policy.clumps, minute)
    going = {each.stream for each in found.to_pause}
    rest = {stream: history for stream, history in histories.items() if stream not in going}
    line = policy.warn_at if found.verdict.risk < policy.warn_at else PAUSES_AT
    left = joint_headroom(rest, limits, policy.clumps, minute, line) if len(rest) > 1 else JointHeadroom(0, 0)
    old = established(rest.values(), limits, minute)
    return _Group({record.stream: record for record in records}, found, left, old)


def _read(
    deps: PausingDeps, parallel: Parallel, records: Sequence[StreamRecord], now: datetime, *, names: bool
) -> dict[StreamId, History]:
    histories: dict[StreamId, History] = {}
    failed: list[SesguardError] = []

    def read(record: StreamRecord) -> None:
        since = record.state.counted_from
        try:
            histories[record.stream] = deps.counts.history(record.stream, now, since, record.policy, names=names)
        except SesguardError as error:
            failed.append(error)

    parallel.each(read, records)
    for error in failed:
        raise error
    return histories


def _standing(streams: int, groups: Sequence[_Group], now: datetime) -> TenantStanding:
    if not groups:
        return TenantStanding(at=now, streams=streams)
    worst = max(groups, key=lambda group: group.found.verdict.risk)
    return TenantStanding(
        at=now,
        streams=streams,
        volume=round(sum(group.found.verdict.volume for group in groups)),
        risk=round(worst.found.verdict.risk, 4),
        room_bounces=min(group.room.bounces for group in groups),
        room_complaints=min(group.room.complaints for group in groups),
        sentence=worst.sentence,
        established=sum(group.established for group in groups),
    )


def _act(deps: PausingDeps, group: _Group, now: datetime) -> Iterator[Result]:
    """Pause who is to be paused, warn of the worst, and let waiting pauses go that rest on nothing any more."""
    found, records = group.found, group.records
    to_pause = {each.stream for each in found.to_pause}
    for each in found.to_pause:
        yield from _decide(deps, records[each.stream], Pause(Reason.TENANT), each, now)
    risk = found.verdict.risk
    for record in records.values():
        if record.waiting is not None and record.stream not in to_pause and risk < record.policy.warn_at:
            drop_out(deps, record, now)
    if not to_pause and found.shares:
        stream, its = found.shares[0]
        record = records[stream]
        if record.state.status is Status.HEALTHY and record.policy.warn_at <= risk < PAUSES_AT:
            worst = ToPause(stream, its, found.streams, found.verdict, found.history)
            yield from _decide(deps, record, Look(), worst, now)


def _decide(
    deps: PausingDeps, weighed: StreamRecord, signal: Signal, each: ToPause[StreamId], now: datetime
) -> Iterator[Result]:
    """Decide on one stream by the verdict on all of them, unless it is not any more as it was weighed."""
    own = OwnPart(each.streams, each.its.volume, each.its.bad)
    evidence = explain(each.verdict, each.history, own).as_dict()

    def once() -> Result | None:
        record = complete_switch(deps, deps.streams.load(weighed.stream), now)
        as_weighed = record.state.counted_from == weighed.state.counted_from and record.waiting is None
        if record.state.off or not as_weighed:
            return None
        decision = decide(record.state, signal, each.verdict, record.policy, now)
        return carry_out(deps, record, decision, evidence, now)

    result = until_saved(once)
    if result is not None:
        yield result
