"""The registry, what is lined up, and the worker, in memory, over SES in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sesguard.aws.counts.senders import DynamoSenders
from sesguard.aws.ses.calls import SesCalls
from sesguard.aws.ses.setup import SesSetup
from sesguard.bus.events import Event
from sesguard.errors import ConflictError
from sesguard.pausing.record import DesiredAlarm
from sesguard.provisioning.enqueue import Register, register
from sesguard.provisioning.job import SesJob
from sesguard.provisioning.rate_limit import Gate
from sesguard.provisioning.senders import SendersInForce, keep_senders
from sesguard.provisioning.task import ProvisioningTask, TaskState, TenantProblem, Untold
from sesguard.provisioning.worker import Worked, Worker, work
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry
from tests.fakes.clock import NOW
from tests.fakes.ses import ACCOUNT, REGION, MemorySes
from tests.fakes.tables import TABLES, in_memory
from tests.fakes.world import Hook, MemoryStreams, no_hook

HOME = StreamId(ACCOUNT, REGION, "")
STACK = "sesguard"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"


class MemoryOnboarding:
    """The port Onboarding. The index of what is due may be ``blind`` for rows that were just written."""

    def __init__(self) -> None:
        self.stored: dict[str, ProvisioningTask] = {}
        self.lists: dict[str, set[str]] = {}
        self.problems: dict[str, str] = {}
        self.news = Untold()
        self.hook: Hook = no_hook

    def load(self, key: str) -> ProvisioningTask | None:
        self.hook("load")
        return self.stored.get(key)

    def save(self, row: ProvisioningTask) -> ProvisioningTask:
        self._check("save", row)
        self.stored[row.key] = replace(row, version=row.version + 1)
        self.hook("saved")
        return self.stored[row.key]

    def remove(self, row: ProvisioningTask) -> None:
        self._check("remove", row)
        self.stored.pop(row.key, None)
        self.hook("removed")

    def _check(self, what: str, row: ProvisioningTask) -> None:
        self.hook(what)
        stored = self.stored.get(row.key)
        if (stored.version if stored else 0) != row.version:
            raise ConflictError(row.key)

    def due(self, now: datetime, most: int) -> Sequence[str]:
        self.hook("due")
        due = [row for row in self.stored.values() if row.state is TaskState.WAITING and row.due <= now]
        return [row.key for row in sorted(due, key=lambda row: row.due)][:most]

    def listed(self, tenant: str) -> frozenset[str]:
        self.hook("listed")
        return frozenset(self.lists.get(tenant, ()))

    def list_also(self, tenant: str, keys: Collection[str]) -> None:
        self.hook("list_also")
        self.lists.setdefault(tenant, set()).update(keys)

    def unlist(self, tenant: str, keys: Collection[str]) -> None:
        self.hook("unlist")
        self.lists.setdefault(tenant, set()).difference_update(keys)

    def tenant_problem(self, tenant: str, problem: str, now: datetime) -> bool:
        self.hook("tenant_problem")
        if self.problem_of(tenant) == problem:
            return False
        self.problems[tenant] = problem
        return True

    def problem_of(self, tenant: str) -> str:
        return self.problems.get(tenant, "")

    def failed(self, keys: Sequence[str]) -> None:
        self.hook("failed")
        self.news = self.news._replace(many=self.news.many + len(keys), keys=(*self.news.keys, *keys)[:20])

    def everything(self) -> tuple[Sequence[ProvisioningTask], Sequence[TenantProblem]]:
        self.hook("everything")
        return list(self.stored.values()), []

    def untold(self) -> Untold:
        return self.news

    def told(self, of: Untold, now: datetime) -> None:
        if of.told != self.news.told:
            raise ConflictError("@told")
        left = self.news.many - of.many
        self.news = Untold(left, tuple(set(self.news.keys) - set(of.keys)), now, of.told + 1)


class MemoryRegistered:
    """The port Registered: what is in the record of each stream."""

    def __init__(self, streams: MemoryStreams) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self._streams = streams
        self.hook: Hook = no_hook

    def put(self, entry: StreamEntry, tenant: str, policy: Mapping[str, Any], now: datetime) -> None:
        self.hook("put")
        record = self.records.setdefault(str(entry.stream), {})
        record |= {"tenant": tenant, "policy": dict(policy), "alarm": entry.alarm, "tags": dict(entry.tags)}
        record["registered"] = now
        record.pop("offboarded", None)
        self._streams.save(replace(self._streams.load(entry.stream), tenant=tenant, offboarded=False))

    def switch(self, stream: StreamId, kind: str, tenant_arn: str) -> bool:
        self.hook("switch")
        record = self._streams.load(stream)
        wanted = (kind, tenant_arn) if tenant_arn else None
        if self.records.get(str(stream), {}).get("switch") != wanted and (record.turned_off or record.switch_due):
            return False
        self.records.setdefault(str(stream), {})["switch"] = wanted
        return True

    def remove(self, stream: StreamId, since: datetime) -> None:
        self.hook("remove")
        record = self.records.get(str(stream))
        if record is not None and record.get("registered", since + timedelta(days=1)) <= since:
            self.records[str(stream)] = {"tenant": record["tenant"], "offboarded": since}
            self._streams.save(replace(self._streams.load(stream), offboarded=True))


class MemoryRegistryItems:
    """The port RegistryItems."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.hook: Hook = no_hook

    def item(self, name: str) -> Mapping[str, Any] | None:
        self.hook("item")
        return self.stored.get(name)

    def items(self) -> Iterable[Mapping[str, Any]]:
        self.hook("items")
        return list(self.stored.values())


class MemoryKeptAlarms:
    """The port KeptAlarms."""

    def __init__(self) -> None:
        self.alarms: dict[StreamId, DesiredAlarm] = {}
        self.hook: Hook = no_hook

    def ensure(self, stream: StreamId, desired: DesiredAlarm) -> None:
        self.hook("ensure")
        self.alarms[stream] = desired

    def remove(self, stream: StreamId) -> None:
        self.hook("delete alarm")
        self.alarms.pop(stream, None)


class MemoryGuardBus:
    """The guard's bus: what is on it, each id once."""

    def __init__(self) -> None:
        self.told: dict[str, Event] = {}
        self.hook: Hook = no_hook

    def publish(self, events: Sequence[Event]) -> None:
        self.hook("publish")
        self.told |= {event["detail"]["id"]: event for event in events}
        self.hook("published")

    @property
    def occasions(self) -> list[str]:
        return [event["detail"]["occasion"] for event in self.told.values()]


class Platform:
    """A platform that registers tenants, its guard, and SES. Time is SES's clock."""

    def __init__(self, ses: MemorySes | None = None) -> None:
        self.ses = ses or MemorySes()
        self.items = MemoryRegistryItems()
        self.rows = MemoryOnboarding()
        self.streams = MemoryStreams()
        self.registered = MemoryRegistered(self.streams)
        self.alarms = MemoryKeptAlarms()
        self.senders = DynamoSenders(in_memory(), TABLES.cohorts)  # type: ignore[arg-type]  # a twin of the client
        self.bus = MemoryGuardBus()
        self.waiting = 0  # looks for which somebody waits for a pause
        self.holds: Callable[[], bool] = lambda: True
        self.gates: list[Gate] = []

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.ses.now)

    @property
    def register_world(self) -> Register:
        return Register(items=self.items, rows=self.rows, registered=self.registered, home=HOME)

    def put(self, **item: Any) -> None:
        """PutItem into the registry, and its event."""
        self.items.stored[item["id"]] = item
        self.register(item["id"])

    def tenant(self, name: str, *streams: Mapping[str, Any] | str, **fields: Any) -> None:
        """Register a tenant; a stream is its set's name, or all that is said of it."""
        each = [{"configuration_set": it} if isinstance(it, str) else dict(it) for it in streams]
        self.put(id=name, contacts=[f"owner@{name}.example"], streams=each, **fields)

    def delete(self, name: str) -> None:
        del self.items.stored[name]
        self.register(name)

    def register(self, name: str) -> None:
        names = [name]
        while names:
            names += sorted(register(self.register_world, names.pop(0), self.now).others)

    def keep_senders(self) -> SendersInForce:
        """As register does after what it registered, and every hour."""
        return keep_senders(self.rows, self.senders, HOME)

    def _somebody_waits(self) -> bool:
        self.waiting -= 1
        return self.waiting >= 0

    def worker(self, time_left: Callable[[], bool] = lambda: True) -> Worker:
        ses = self.ses
        gate = Gate(self.holds, self._somebody_waits, time_left, ses.clock, ses.sleep)
        self.gates.append(gate)
        deps = SesJob(
            setup=SesSetup(SesCalls(ses, gate), TOPIC),  # type: ignore[arg-type]  # a twin of the client
            rows=self.rows,
            registered=self.registered,
            streams=self.streams,
            journal=self.streams,
            alarms=self.alarms,
            bus=self.bus,
            stack=STACK,
        )
        return Worker(
            deps=deps,
            home=HOME[:2],
            gate=gate,
            clock=lambda: self.now,
            time_left=time_left,
            pause=ses.sleep,
        )

    def work(self, time_left: Callable[[], bool] = lambda: True) -> Worked:
        return work(self.worker(time_left))

    def settle(self, rounds: int = 50) -> None:
        """Work, minute after minute, until nothing waits."""
        for _ in range(rounds):
            self.work()
            if not any(it.state is TaskState.WAITING and not it.waits_for_dns for it in self.rows.stored.values()):
                return
            self.ses.sleep(3_600)
        waiting = {row.key: row.problem for row in self.rows.stored.values() if row.state is TaskState.WAITING}
        raise AssertionError(waiting)

    def row(self, name: str) -> ProvisioningTask:
        return self.rows.stored[str(HOME._replace(configuration_set=name))]

    def calls(self) -> list[str]:
        """The names of the calls since this was asked last."""
        names = [name for name, _ in self.ses.calls]
        self.ses.calls.clear()
        return names

    def hook_all(self, hook: Hook) -> None:
        for port in (self.ses, self.items, self.rows, self.streams, self.registered, self.alarms, self.bus):
            port.hook = hook
