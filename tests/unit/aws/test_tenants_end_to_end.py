"""A tenant of many sets, from SES's events to who is paused, through the adapters of the tables."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.rollups import UNTOUCHED, clump_text, day_request
from sesguard.aws.counts.tenant_marks import DynamoTenantMarks, DynamoTenantNotes
from sesguard.aws.workers import Workers
from sesguard.detection.rows import DayTotals
from sesguard.ingest.batch import ingest
from sesguard.ingest.evaluate import Evaluator
from sesguard.pausing.record import Sending
from sesguard.pausing.sweep import ONE_BY_ONE
from sesguard.pausing.tenants import TenantDeps, look_at_tenants
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from tests.fakes.account import HOME, stream
from tests.fakes.clock import DAY, NOW, minute_of
from tests.fakes.tables import TABLES, in_moto
from tests.fakes.tenants import MemoryRegisteredStreams
from tests.fakes.world import Memory
from tests.ses_events import a_bounce, a_bounced, a_mail, a_send

SENT = (NOW - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def events(name: str, mails: int, bounces: int) -> list[str]:
    people = [f"person-{seat}@inbox-{name}.example" for seat in range(mails)]
    head = a_mail(*people, configuration_set=name, messageId=f"{name}-sent", timestamp=SENT)
    found = [a_send(mail=head)]
    for number in range(bounces):
        address = f"gone@{name}-{number}.example"
        mail = a_mail(address, configuration_set=name, messageId=f"{name}-{number}", timestamp=SENT)
        found.append(a_bounce(a_bounced(address), mail=mail, feedbackId=f"{name}-{number}"))
    return [json.dumps(event) for event in found]


class Guard:
    """Ingest and the sweep's look at tenants, over the tables; streams, SES and alarms in memory."""

    def __init__(self, client) -> None:
        self.client, self.memory, self.registry = client, Memory(), MemoryRegisteredStreams()
        self.memory.counts = DynamoCounts(client, TABLES.cohorts)
        self.now = NOW
        self.writer = DynamoCountsWriter(client, TABLES, Workers(1), home=HOME, clock=lambda: self.now.timestamp())
        self.notes = DynamoTenantNotes(client, TABLES.cohorts)
        self.tenants = TenantDeps(
            home=HOME,
            marks=DynamoTenantMarks(client, TABLES.cohorts, HOME),
            registry=self.registry,
            parallel=ONE_BY_ONE,
        )
        self.evaluator = Evaluator(
            streams=self.memory.streams,
            counts=self.memory.counts,
            alarms=self.memory.alarms,
            bus=self.memory.bus,
            requests=self.memory.requests,
            parallel=ONE_BY_ONE,
        )

    def register(self, tenant: str, name: str) -> None:
        it = stream(name)
        self.registry.streams.setdefault(tenant, []).append(it)
        self.memory.switch.sets[it] = Sending.ON
        self.memory.streams.save(replace(self.memory.streams.load(it), tenant=tenant))

    def past(self, name: str, *, days: int = 8, mails: int = 1_000, bounces: int = 8) -> None:
        for day in range(5, 5 + days):
            totals = DayTotals(mails, bounces, 0, 0, mails)
            at = minute_of(NOW - day * DAY) // 1_440
            self.client.put_item(
                **day_request(TABLES.cohorts, str(stream(name)), at, totals, UNTOUCHED, clump_text(Policy()))
            )

    def take(self, bodies: list[str]):
        self.now += timedelta(seconds=1)  # what was read for the same moment is not read again
        batch = ingest(bodies, Context(), self.writer, self.evaluator, self.now, lambda: 600.0, tenants=self.notes)
        assert batch.failed == {}
        return batch

    def look(self):
        self.now += timedelta(seconds=1)
        done = look_at_tenants(self.memory.deps, self.tenants, self.now)
        assert done.failed == {}
        return done

    @property
    def off(self) -> set[str]:
        return {it.configuration_set for it, sending in self.memory.switch.sets.items() if sending is Sending.OFF}


@pytest.fixture
def guard():
    with in_moto() as client:
        yield Guard(client)


def test_a_hundred_sets_of_which_none_is_over_its_own_line_are_found_as_surely_as_one(guard):
    guard.register("alone", "alone")
    batch = guard.take(events("alone", 200, 40))
    assert [looked.risk >= 1 for looked in batch.looked] == [True]
    names = [f"set-{number:02}" for number in range(100)]
    for name in names:
        guard.register("split", name)
    batch = guard.take([body for name in names for body in events(name, 5, 1)])
    assert max(looked.risk for looked in batch.looked) < 0.5
    assert guard.look().weighed >= 1
    assert len(guard.off & set(names)) > 40
    told = guard.memory.bus.details("Tenant Paused")
    assert {each["reason"] for each in told} == {"tenant"}


def test_a_new_stream_is_weighed_with_the_credit_that_its_tenants_past_earns(guard):
    for name in ("old-1", "old-2"):
        guard.register("good", name)
        guard.past(name)
    guard.register("good", "new")
    guard.register("stranger", "strange")
    guard.take(events("old-1", 50, 1))
    guard.look()
    batch = guard.take([*events("new", 100, 20), *events("strange", 100, 20)])
    risks = {looked.stream.configuration_set: looked.risk for looked in batch.looked}
    assert risks["strange"] >= 1  # new, and nobody knows its tenant: held to one in a thousand
    assert 0.5 <= risks["new"] < 1
    assert len(guard.memory.alarms.tripped) == 1
    # Twice as bad, it is paused: its own evidence is enough under any credit.
    batch = guard.take(events("new", 240, 120))
    assert batch.looked[0].risk >= 1


def test_the_past_of_a_tenant_that_does_badly_earns_nothing(guard):
    for name in ("bad-1", "bad-2"):
        guard.register("bad", name)
        guard.past(name, mails=1_000, bounces=45)
    guard.register("bad", "new")
    guard.take(events("bad-1", 50, 40))
    guard.look()
    assert guard.memory.counts.tenants_mail(HOME, "bad", NOW) == 0
    batch = guard.take(events("new", 100, 20))
    assert batch.looked[0].risk >= 1
