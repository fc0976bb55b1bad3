"""A centre and its members in memory: what guards say is forwarded, and what the centre says reaches their buses."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from sesguard.alarm_queue import AlarmQueueDeps, enqueue
from sesguard.bus.events import CENTRE, SOURCE
from sesguard.bus.heartbeat import TAKES
from sesguard.errors import AwsError
from sesguard.members.central import CentralDeps, Forwarded, take
from sesguard.members.member import Member
from sesguard.notices.wording import Wording
from sesguard.pausing.enforce import Result
from sesguard.pausing.queue import serve
from sesguard.pausing.record import Sending
from sesguard.pausing.sweep import sweep
from sesguard.policy import Policy
from sesguard.stream import StreamId
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.enforcing import MemoryTenantStreams
from tests.fakes.pause_queue import MemoryPauseQueue
from tests.fakes.schemas import check_event
from tests.fakes.tenants import MemoryRegisteredStreams
from tests.fakes.world import Memory

TENANT = "acme"


class MemoryMembers:
    """The port MemberStore."""

    def __init__(self) -> None:
        self.known: dict[str, Member] = {}
        self.told: set[str] = set()

    def heard(self, member: Member) -> None:
        before = self.known.get(member.name)
        if before is None or before.heard <= member.heard:
            told = before.silent_told if before else None
            self.known[member.name] = msgspec.structs.replace(member, silent_told=told)

    def all(self) -> list[Member]:
        return list(self.known.values())

    def mark_silent(self, member: Member, told: datetime | None) -> bool:
        self.known[member.name] = msgspec.structs.replace(self.known[member.name], silent_told=told)
        return True

    def first_told(self, identity: str, now: datetime) -> bool:
        new = identity not in self.told
        self.told.add(identity)
        return new

    def forget_told(self, identity: str) -> None:
        self.told.discard(identity)

    def forget(self, members: Iterable[Member]) -> None:
        for member in members:
            del self.known[member.name]


class MemoryTopic:
    """The port CentralTopic."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.down = False

    def tell(self, subject: str, text: str) -> None:
        if self.down:
            raise AwsError("Publish", "InternalError", retryable=True)
        self.heard.append((subject, text))


class MemoryBuses:
    """The port MemberBuses: what each guard's bus was given, and errors to raise for some."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Any]] = []
        self.failing: dict[str, AwsError] = {}

    def put(self, member: Member, event: Any) -> None:
        if member.name in self.failing:
            raise self.failing[member.name]
        check_event(event)
        self.given.append((member.name, event))


def central_deps(after: timedelta = 20 * MINUTE) -> CentralDeps:
    return CentralDeps(MemoryMembers(), MemoryTopic(), MemoryBuses(), Wording.built_in(), after)


def forwarded(event: Any, account: str, source: str = SOURCE, region: str = "eu-west-1") -> str:
    """The event in EventBridge's envelope."""
    envelope = {
        "version": "0",
        "id": "x",
        "source": source,
        "account": account,
        "region": region,
        "time": "2026-11-26T12:00:00Z",
        "detail-type": event["type"],
        "detail": event["detail"],
    }
    return json.dumps(envelope)


class GuardThere:
    """The guard of one account and region, with one stream of the tenant."""

    def __init__(self, account: str, region: str, policy: Policy) -> None:
        self.home, self.stream = StreamId(account, region, ""), StreamId(account, region, "acme-news")
        self.name = f"{account}/{region}/sesguard"
        self.memory, self.registry, self.queue = Memory(policy), MemoryRegisteredStreams(), MemoryPauseQueue()
        self.memory.switch.sets[self.stream] = Sending.ON
        self.memory.streams.records[self.stream] = replace(
            self.memory.streams.load(self.stream), tenant=TENANT, known=True
        )
        self.said = 0  # of what is on its bus, how much was forwarded

    def follow(self, policy: Policy) -> None:
        record = self.memory.streams.load(self.stream)
        self.memory.streams.records[self.stream] = replace(record, policy=policy)

    def hear(self, event: Any, now: datetime) -> list[Result]:
        """Take what the centre has put onto the bus, and serve whoever waits."""
        registry, streams = self.registry, MemoryTenantStreams()
        deps = AlarmQueueDeps(self.memory.deps, self.queue, streams, registry, self.home)
        taken = enqueue(deps, forwarded(event, "999999999999", CENTRE), now)
        return [*taken, *serve(self.memory.deps, self.queue, lambda: now, lambda: True).results]

    def sweep(self, now: datetime) -> None:
        sweep(self.memory.deps, self.memory.alarms, now)

    @property
    def sends(self) -> bool:
        return self.memory.switch.sets[self.stream] is Sending.ON


class Organization:
    """Guards of several places, each of which knows the tenant's streams of all, and the centre."""

    def __init__(self, *policies: Policy) -> None:
        self.centre = central_deps()
        self.guards = [
            GuardThere(f"{number}" * 12, region, policy)
            for number, (policy, region) in enumerate(zip(policies, ("eu-west-1", "us-east-1") * 9, strict=False), 1)
        ]
        for guard in self.guards:
            guard.registry.streams[TENANT] = [each.stream for each in self.guards]
            home = guard.home
            self.centre.members.heard(
                Member(
                    account=home.account, region=home.region, stack="sesguard", guard="0.1.0", heard=NOW, takes=TAKES
                )
            )

    @property
    def given(self) -> list[tuple[str, Any]]:
        """What the centre has put onto buses."""
        assert isinstance(self.centre.buses, MemoryBuses)
        return self.centre.buses.given

    def forward(self, now: datetime) -> list[Forwarded]:
        """Let the centre take what guards have said since the last time."""
        taken = []
        for guard in self.guards:
            said = guard.memory.bus.events[guard.said :]
            guard.said += len(said)
            taken += [take(self.centre, forwarded(event, guard.home.account), now) for event in said]
        return taken

    def deliver(self, now: datetime) -> list[Result]:
        """Forward, and let each guard hear what the centre says to it, until nobody says anything new."""
        results: list[Result] = []
        done = len(self.given)
        self.forward(now)
        while done < len(self.given):
            name, event = self.given[done]
            done += 1
            results += self.guard(name).hear(event, now)
            self.forward(now)
        return results

    def guard(self, name: str) -> GuardThere:
        return next(guard for guard in self.guards if guard.name == name)
