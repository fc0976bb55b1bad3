"""The port FleetSource over a world in memory: many streams, what each sent, and what cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sesguard.costs.day_counts import DaysRead
from sesguard.costs.usage import MailCounts, total
from sesguard.errors import AwsError
from sesguard.fleet.fleet import GuardPlace, ReadCost
from sesguard.fleet.hours import HOURS, HourCounts, hour_at
from sesguard.notices.wording import Wording
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.record import QueuedAlarm
from sesguard.pausing.tenant_standing import TenantStanding
from sesguard.policy import Mode, Policy
from sesguard.posture.changes import PostureRecord
from sesguard.stream import StreamId
from tests.fakes.clock import NOW
from tests.fakes.guard import MemoryJournal, NamedAlarms, OneByOne
from tests.fakes.world import ACME, Memory, MemoryTenants


def a_stream(name: str) -> StreamId:
    return ACME._replace(configuration_set=name)


def an_hour(volume: int = 0, bounces: int = 0, complaints: int = 0, at: datetime = NOW) -> HourCounts:
    """Counts of a stream that sent ``volume`` in the hour that goes on."""
    return HourCounts(hour_at(at), (*(0,) * (HOURS - 1), volume), bounces, complaints, 0, at)


class MemoryFleet:
    """sent: what is counted directly. snapped: what the sweep counted. failing: names of what cannot be read."""

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory or Memory()
        self.place = GuardPlace("sesguard", ACME.account, ACME.region, Mode.ENFORCE)
        self.policy = Policy()
        self.journal = MemoryJournal(self.memory.streams)
        self.alarms: Any = NamedAlarms()
        self.tenants = MemoryTenants(TenantContacts("acme", "Acme Ltd", ("owner@acme.example",)))
        self.parallel: Any = OneByOne()
        self.sets: list[str] = []
        self.lacking: list[str] = []
        self.registered: dict[StreamId, str] = {}
        self.sent: dict[StreamId, HourCounts] = {}
        self.snapped: dict[StreamId, HourCounts] = {}
        self.failing: set[str] = set()
        self.named_policies: dict[str, Policy] = {}
        self.counted: list[StreamId] = []

    @property
    def deps(self) -> Any:
        return self.memory.deps

    def _ask(self, what: str) -> None:
        if what in self.failing:
            raise AwsError(what, "ThrottlingException", retryable=True)

    def domains(self, tenant: str, stream: StreamId) -> Sequence[PostureRecord]:
        return ()

    def together(self, tenant: str) -> TenantStanding | None:
        return None

    def days(self, streams: Iterable[StreamId], days: range, now: datetime) -> DaysRead:
        found: dict[StreamId, dict[int, MailCounts]] = {}
        for stream in streams:
            for minute, *sent in self.memory.counts.mail.get(stream, ()):
                day = minute // 1_440
                if day in days:
                    of = found.setdefault(stream, {})
                    of[day] = total((of.get(day, MailCounts()), MailCounts(*sent)))
        return DaysRead(found, ())

    def wording(self) -> Wording:
        self._ask("wording")
        return Wording.built_in()

    def policies(self) -> Mapping[str, Policy]:
        self._ask("policies")
        return self.named_policies

    def queued_alarms(self) -> Sequence[QueuedAlarm]:
        self._ask("queue")
        return ()

    def configuration_sets(self) -> Sequence[str]:
        self._ask("sets")
        return self.sets

    def without_default_set(self) -> Sequence[str]:
        return self.lacking

    def dead_letters(self) -> Mapping[str, int]:
        self._ask("letters")
        return {"AlarmDeadLetters": 0}

    def on_record(self) -> Mapping[StreamId, str]:
        self._ask("on_record")
        return self.registered

    def snapshot(self) -> Mapping[StreamId, HourCounts]:
        self._ask("snapshot")
        return self.snapped

    def count(self, streams: Iterable[StreamId], now: datetime) -> Mapping[StreamId, HourCounts]:
        self._ask("count")
        asked = list(streams)
        self.counted += asked
        return {stream: self.sent.get(stream, an_hour(at=now)) for stream in asked}

    def reading(self) -> ReadCost:
        return ReadCost(len(self.counted), len(self.counted) * 0.5)
