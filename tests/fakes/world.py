"""A whole world in memory: streams, their counts, SES, alarms, the bus. Every port can be made to fail on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sesguard.detection.columns import SENT
from sesguard.detection.history import History
from sesguard.detection.weigh import Verdict
from sesguard.errors import ChannelError, ConflictError, SesguardError
from sesguard.notify.channel import Channel, Kind, TenantContacts
from sesguard.notify.delivery_ports import Notice
from sesguard.pausing.budget import Grant, Lane, PauseClaims, claim
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import (
    BY_CONFIGURATION_SET,
    PLAIN,
    AlarmNow,
    DesiredAlarm,
    Loaded,
    PauseTarget,
    Sending,
    StreamRecord,
)
from sesguard.pausing.state import StreamState
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.guard_message import PauseRequest, write_pause_request
from sesguard.stream import StreamId
from tests.fakes.clock import minute_of
from tests.fakes.schemas import check_entry, check_event

ACME = StreamId("123456789012", "eu-west-1", "acme-news")
NOTICES = StreamId("123456789012", "eu-west-1", "sesguard-notices")

Hook = Callable[[str], None]


def no_hook(_: str) -> None: ...


class MemoryStreams:
    """The port Streams, and the journal, in memory."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.records: dict[StreamId, StreamRecord] = {}
        self.journal: list[JournalEntry] = []
        self.hook: Hook = no_hook

    def load(self, stream: StreamId) -> StreamRecord:
        self.hook("load")
        record = self.records.get(stream)
        return record or StreamRecord(stream, 0, StreamState(), self.policy, known=False)

    def load_many(self, streams: Iterable[StreamId]) -> Loaded:
        records: list[StreamRecord] = []
        failed: dict[StreamId, SesguardError] = {}
        for stream in streams:
            try:
                records.append(self.load(stream))
            except SesguardError as error:
                failed[stream] = error
        return Loaded(records, failed)

    def save(self, record: StreamRecord, journal: Iterable[JournalEntry] = ()) -> StreamRecord:
        self.hook("save")
        stored = self.records.get(record.stream)
        if (stored.version if stored else 0) != record.version:
            raise ConflictError(str(record.stream))
        entries = list(journal)
        for entry in entries:
            check_entry(entry)
            assert entry.stream == str(record.stream)
        if {entry.at for entry in entries} & {it.at for it in self.entries(record.stream)}:
            raise ConflictError(str(record.stream))
        saved = replace(record, version=record.version + 1, known=True)
        self.records[record.stream] = saved
        self.journal += entries
        self.hook("saved")
        return saved

    def note(self, entry: JournalEntry) -> None:
        self.hook("note")
        check_entry(entry)
        if (entry.stream, entry.at) not in {(it.stream, it.at) for it in self.journal}:
            self.journal.append(entry)

    def not_healthy(self) -> Iterable[StreamId]:
        self.hook("not_healthy")
        return [stream for stream, record in sorted(self.records.items()) if stream.attributed and record.needs_sweep]

    def without_volume(self) -> Iterable[StreamId]:
        self.hook("without_volume")
        told = (stream for stream, record in sorted(self.records.items()) if record.state.volume_told is not None)
        return [stream for stream in told if not self.records[stream].needs_sweep]

    def entries(self, stream: StreamId, kind: str = "") -> list[Any]:
        """The stream's entries, of one ``kind`` or of all; each is the struct of its kind."""
        return [it for it in self.journal if it.stream == str(stream) and kind in ("", it.kind)]


class MemoryCounts:
    """The port Counts: mail as tests say it was sent, read back as the adapter would."""

    def __init__(self) -> None:
        self.mail: dict[StreamId, list[tuple[int, int, int, int]]] = {}
        self.of_tenant: dict[str, int] = {}
        self.hook: Hook = no_hook

    def sent(self, stream: StreamId, at: datetime, mails: int, *, bounces: int = 0, complaints: int = 0) -> None:
        self.mail.setdefault(stream, []).append((minute_of(at), mails, bounces, complaints))

    def history(
        self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy, *, names: bool = True
    ) -> History:
        self.hook("history")
        start = minute_of(since) if since else 0
        history = History.under(policy, start)
        for minute, mails, bounces, complaints in self.mail.get(stream, ()):
            history.add(minute, SENT, mails)
            for number in range(bounces):  # a domain each, so that no clump is forgiven
                history.add_bounces(minute, 1, f"domain-{number}.example")
            if complaints:
                history.add_complaints(minute, complaints, "inbox.example")
        return history

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        self.hook("tenants_mail")
        return self.of_tenant.get(tenant, 0)


class MemoryPauseBudget:
    """The port PauseBudget: ``cap`` pauses an hour."""

    def __init__(self, cap: int = 20) -> None:
        self.cap = cap
        self.lanes: dict[Lane, PauseClaims] = {}
        self.hook: Hook = no_hook

    def claim(self, pause: str, now: datetime, lane: Lane = Lane.USUAL) -> Grant:
        self.hook("claim")
        self.lanes[lane], room = claim(self.lanes.get(lane, PauseClaims()), pause, self.cap, now)
        self.hook("claimed")
        return room


class MemorySwitch:
    """The port Switch: what SES holds of each configuration set, and every turn of it."""

    def __init__(self, *sets: StreamId) -> None:
        self.sets = dict.fromkeys(sets, Sending.ON)
        self.turns: list[tuple[StreamId, bool]] = []
        self.hook: Hook = no_hook

    def look(self, stream: StreamId, target: PauseTarget = BY_CONFIGURATION_SET) -> Sending:
        self.hook("look")
        return self.sets.get(stream, Sending.UNKNOWN_SET)

    def turn(self, stream: StreamId, *, on: bool, target: PauseTarget = BY_CONFIGURATION_SET) -> Sending:
        self.hook("turn")
        if stream not in self.sets:
            return Sending.UNKNOWN_SET
        self.sets[stream] = Sending.ON if on else Sending.OFF
        self.turns.append((stream, on))
        self.hook("turned")
        return self.sets[stream]


class MemoryBus:
    """The port Bus: every event that was accepted, repetitions included. Each has to be as its schema says."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []
        self.hook: Hook = no_hook

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.hook("publish")
        for event in events:
            check_event(event)
        self.events += events
        self.hook("published")

    @property
    def types(self) -> list[str]:
        """Of each event once, whatever was repeated."""
        return [event["type"] for event in {it["detail"]["id"]: it for it in self.events}.values()]

    def details(self, kind: str) -> list[Mapping[str, Any]]:
        unique = {it["detail"]["id"]: it for it in self.events if it["type"] == kind}
        return [event["detail"] for event in unique.values()]


class MemoryAlarms:
    """The port Alarms: what was published and tripped, and alarms whose state tests set."""

    def __init__(self) -> None:
        self.alarms: dict[StreamId, AlarmNow] = {}
        self.published: list[tuple[StreamId, Verdict]] = []
        self.tripped: list[StreamId] = []
        self.ensured: list[StreamId] = []
        self.hook: Hook = no_hook

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        self.hook("now")
        return {stream: self.alarms[stream] for stream in streams if stream in self.alarms}

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        self.hook("metrics")
        self.published += verdicts

    def ensure(self, stream: StreamId, desired: DesiredAlarm = PLAIN) -> None:
        self.hook("ensure")
        self.ensured.append(stream)

    def trip(self, stream: StreamId, reason: str, data: Mapping[str, Any] | None = None) -> bool:
        self.hook("trip")
        self.tripped.append(stream)
        return True

    def put(self, stream: StreamId, value: AlarmValue, since: datetime) -> None:
        self.alarms[stream] = AlarmNow(value, since)


class MemoryAlarmStates:
    """The port AlarmStates: the names of the alarms that are up, as tests say."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.asked: list[frozenset[str]] = []
        self.hook: Hook = no_hook

    def up(self, names: Collection[str]) -> frozenset[str]:
        self.hook("up")
        self.asked.append(frozenset(names))
        return frozenset(names) & self.names


class MemoryPauseRequests:
    """The port PauseRequests: the bodies of the messages that were sent."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.hook: Hook = no_hook

    def send(self, stream: StreamId, risk: float, at: datetime) -> None:
        self.hook("send")
        self.bodies.append(write_pause_request(PauseRequest(stream, risk, at)))


class MemoryIdleAlarms:
    """The port IdleAlarms: what it was asked to keep, and since when."""

    def __init__(self) -> None:
        self.asked: list[tuple[frozenset[StreamId], datetime]] = []
        self.hook: Hook = no_hook

    def remove(self, keep: Collection[StreamId], before: datetime) -> int:
        self.hook("remove")
        self.asked.append((frozenset(keep), before))
        return 1


class MemoryOnce:
    """The port Once."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()

        self.hook: Hook = no_hook

    def do(self, key: str, action: Callable[[], None]) -> None:
        if not self.done[key]:
            action()
            self.hook("do")
            self.done[key] += 1
            self.hook("done")


class MemoryTenants:
    """The port Tenants."""

    def __init__(self, *tenants: TenantContacts, streams: Mapping[StreamId, str] | None = None) -> None:
        self.tenants = {tenant.id: tenant for tenant in tenants}
        self.streams = dict(streams or {})
        self.of_the_operator: list[Channel] = []

    def find(self, tenant: str) -> TenantContacts | None:
        return self.tenants.get(tenant)

    def tenant_of(self, stream: StreamId) -> str:
        return self.streams.get(stream, "")

    def operators(self) -> Sequence[Channel]:
        return self.of_the_operator


class Sent:
    """The port Sender, for every kind of channel: all that was handed over, and errors to raise for some addresses."""

    def __init__(self) -> None:
        self.all: list[tuple[Channel, Notice]] = []
        self.failing: dict[str, ChannelError] = {}
        self.hook: Hook = no_hook

    def send(self, channel: Channel, notice: Notice) -> None:
        self.hook("send")
        if channel.address in self.failing:
            raise self.failing[channel.address]
        self.all.append((channel, notice))
        self.hook("sent")

    @property
    def mails(self) -> list[tuple[str, str, str]]:
        """Address, subject and text of each mail."""
        return [(to.address, it.message.subject, it.message.text) for to, it in self.all if to.kind is Kind.MAIL]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Subject and text of all that the operator's topic was told."""
        return [(it.message.subject, it.message.text) for to, it in self.all if to.kind is Kind.TOPIC]


class Memory:
    """All of it, with ``acme-news`` on in SES and nothing counted."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.streams = MemoryStreams(policy)
        self.counts = MemoryCounts()
        self.switch = MemorySwitch(ACME, NOTICES)
        self.bus = MemoryBus()
        self.alarms = MemoryAlarms()
        self.budget = MemoryPauseBudget()
        self.alarm_states = MemoryAlarmStates()
        self.requests = MemoryPauseRequests()

    @property
    def deps(self) -> PausingDeps:
        return PausingDeps(
            streams=self.streams,
            counts=self.counts,
            switch=self.switch,
            bus=self.bus,
            budget=self.budget,
            alarm_states=self.alarm_states,
            spared=frozenset({NOTICES}),
        )

    def state(self, stream: StreamId = ACME) -> StreamState:
        return self.streams.load(stream).state

    def hook_all(self, hook: Hook) -> None:
        for port in (
            self.streams,
            self.counts,
            self.switch,
            self.bus,
            self.alarms,
            self.budget,
            self.alarm_states,
            self.requests,
        ):
            port.hook = hook
