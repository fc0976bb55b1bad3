"""Tenants in memory: what came in of their streams since they were weighed together, who is due, and their streams."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sesguard.pausing.sweep import ONE_BY_ONE
from sesguard.pausing.tenant_standing import TenantDue, TenantStanding
from sesguard.pausing.tenants import TenantDeps
from sesguard.stream import StreamId
from tests.fakes.world import ACME, Hook, no_hook

HOME = ACME._replace(configuration_set="")


class MemoryTenantMarks:
    """The ports TenantNotes and TenantMarks."""

    def __init__(self) -> None:
        self.counts: dict[str, list[int]] = {}
        self.standings: dict[str, TenantStanding] = {}
        self.marks: dict[str, tuple[datetime, int]] = {}
        self.hook: Hook = no_hook

    def note(self, home: StreamId, tenant: str, bounces: int, complaints: int, now: datetime) -> None:
        self.hook("note_tenant")
        counts = self.counts.setdefault(tenant, [0, 0])
        counts[0] += bounces
        counts[1] += complaints
        standing = self.standings.get(tenant)
        if standing is None or standing.exceeded_by(*counts, now):
            since, marks = self.marks.get(tenant, (now, 0))
            self.marks[tenant] = since, marks + 1

    def due(self) -> Sequence[TenantDue]:
        self.hook("due")
        return [
            TenantDue(tenant, since, marks, *self.counts[tenant], self.standings.get(tenant))
            for tenant, (since, marks) in sorted(self.marks.items(), key=lambda it: (it[1][0], it[0]))
        ]

    def standing(self, tenant: str) -> TenantStanding | None:
        return self.standings.get(tenant)

    def keep(self, due: TenantDue, standing: TenantStanding, *, again: bool) -> None:
        self.hook("keep")
        counts = self.counts[due.tenant]
        counts[0] -= due.bounces
        counts[1] -= due.complaints
        self.standings[due.tenant] = standing
        if not again and self.marks[due.tenant][1] == due.marks:
            del self.marks[due.tenant]


class MemoryRegisteredStreams:
    """The port RegisteredStreams."""

    def __init__(self) -> None:
        self.streams: dict[str, list[StreamId]] = {}
        self.asked: list[str] = []

    def streams_of(self, tenant: str) -> Sequence[StreamId]:
        self.asked.append(tenant)
        return self.streams.get(tenant, [])


def tenant_deps(marks: MemoryTenantMarks | None = None, registry: MemoryRegisteredStreams | None = None) -> TenantDeps:
    """Nobody is due unless tests say so."""
    return TenantDeps(
        home=HOME,
        marks=marks or MemoryTenantMarks(),
        registry=registry or MemoryRegisteredStreams(),
        parallel=ONE_BY_ONE,
    )
