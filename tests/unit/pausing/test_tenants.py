"""Tenants that are weighed as one: who is due, who is paused or warned, what people are told, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.bus.events import Outcome
from sesguard.errors import AwsError
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import sweep
from sesguard.pausing.tenant_standing import ALONE_FOR, TenantDue, TenantStanding
from sesguard.pausing.tenants import TenantsWeighed, look_at_tenants
from sesguard.policy import Mode, Policy
from tests.fakes.account import stream
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.tenants import HOME, MemoryRegisteredStreams, MemoryTenantMarks, tenant_deps
from tests.fakes.world import NOTICES, Memory


class Scene:
    """A platform with tenants of several streams."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.memory, self.marks, self.registry = Memory(policy), MemoryTenantMarks(), MemoryRegisteredStreams()
        self.tenants = tenant_deps(self.marks, self.registry)

    def sent(self, tenant: str, name: str, mails: int, bounces: int = 0, at=NOW - 5 * MINUTE) -> None:
        it = stream(name)
        if it not in self.registry.streams.setdefault(tenant, []):
            self.registry.streams[tenant].append(it)
            self.memory.switch.sets[it] = Sending.ON
            self.memory.streams.save(replace(self.memory.streams.load(it), tenant=tenant))
        self.memory.counts.mail.setdefault(it, [])
        self.memory.counts.sent(it, at, mails, bounces=bounces)
        if bounces:
            self.marks.note(HOME, tenant, bounces, 0, NOW)

    def split(self, tenant: str = "acme", *, sets: int = 40, mails: int = 16, bounces: int = 5) -> None:
        for number in range(sets):
            self.sent(tenant, f"{tenant}-{number:02}", mails, bounces)

    def look(self, at=NOW) -> TenantsWeighed:
        return look_at_tenants(self.memory.deps, self.tenants, at)

    @property
    def off(self) -> set[str]:
        return {it.configuration_set for it, sending in self.memory.switch.sets.items() if sending is Sending.OFF}


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    # Bounces of several streams at one domain would be one clump: fakes name their domains alike.
    scene.memory.streams.policy = Policy(clump_forgiven_a_day=0, clump_forgiven_share=0.0)
    return scene


def test_mail_split_over_many_streams_is_paused_the_worst_first(scene):
    scene.split()
    scene.sent("acme", "acme-clean", 400, 4)
    scene.look()
    assert len(scene.off) > 20
    assert "acme-clean" not in scene.off
    assert scene.memory.streams.load(stream("acme-00")).state.status is Status.PAUSED


def test_a_tenant_counts_once_under_the_cap_on_pauses(scene):
    scene.memory.budget.cap = 1
    scene.split()
    scene.look()
    assert len(scene.off) > 30


def test_the_owner_is_told_of_the_whole_and_of_this_streams_part(scene):
    scene.split()
    scene.look()
    told = scene.memory.bus.details("Tenant Paused")[0]
    assert (told["reason"], told["tenant"], told["outcome"]) == ("tenant", "acme", "paused")
    assert told["evidence"]["together"] == {"streams": 40, "volume": 16, "bad": 5}
    assert told["evidence"]["sentence"].startswith("40 streams of its tenant together: hard bounce rate 31.2 % > 5 %")
    assert told["evidence"]["sentence"].endswith("5 of 16 mails are this stream's own")


def test_a_bad_rate_of_all_of_them_waits_for_the_owners_word(scene):
    scene.split()
    scene.look()
    assert scene.memory.streams.load(stream("acme-00")).state.acknowledge


def test_what_is_left_is_looked_at_again_until_it_is_not_too_much(scene):
    scene.split()
    scene.look()
    assert scene.marks.due()
    scene.look(NOW + MINUTE)
    assert not scene.marks.due()
    assert scene.marks.standing("acme").risk < 1


def test_another_tenant_is_not_touched(scene):
    scene.split()
    scene.split("good", mails=100, bounces=1)
    scene.look()
    assert scene.off
    assert not {name for name in scene.off if name.startswith("good")}


def test_a_warning_goes_to_the_worst_stream_once(scene):
    scene.split(sets=3, bounces=4)
    scene.look()
    scene.look(NOW + MINUTE)
    (told,) = scene.memory.bus.details("Tenant Warned")
    assert told["stream"]["configuration_set"] == "acme-00"
    assert told["evidence"]["together"]["streams"] == 3
    assert scene.off == set()


def test_nobody_is_weighed_before_there_is_enough_to_matter(scene):
    scene.split("good", sets=5, mails=200, bounces=1)
    scene.look()
    reads = len(scene.registry.asked)
    room = scene.marks.standing("good").room_bounces
    assert room >= 5
    for _ in range(room):
        scene.marks.note(HOME, "good", 1, 0, NOW)
    scene.look(NOW + HOUR)
    assert len(scene.registry.asked) == reads
    scene.marks.note(HOME, "good", 1, 0, NOW)
    scene.look(NOW + HOUR)
    assert len(scene.registry.asked) == reads + 1


def test_a_tenant_of_one_stream_is_asked_about_every_few_hours_alone(scene):
    scene.sent("solo", "solo-news", 100, 9)
    scene.look()
    assert scene.marks.standing("solo").alone
    scene.marks.note(HOME, "solo", 500, 0, NOW + HOUR)
    assert not scene.marks.due()
    scene.marks.note(HOME, "solo", 1, 0, NOW + ALONE_FOR)
    assert scene.marks.due()


@pytest.mark.parametrize(
    ("streams", "risk", "minutes", "turn"),
    [
        (100, 0.1, 4, False),
        (100, 0.1, 5, True),
        (100, 0.6, 0, True),
        (5_000, 0.0, 10, True),
        (5_000, 0.0, 9, False),
        (2, 0.0, 1, True),
    ],
)
def test_the_more_streams_have_to_be_read_the_rarer_unless_it_is_at_risk(streams, risk, minutes, turn):
    before = TenantStanding(at=NOW, streams=streams, risk=risk)
    due = TenantDue("acme", NOW, 1, 99, 0, before)
    assert due.has_turn(NOW + timedelta(minutes=minutes)) is turn


def test_streams_under_other_limits_are_weighed_apart(scene):
    scene.split(sets=20, mails=16, bounces=2)
    lenient = Policy(bounce_limit=0.3, clump_forgiven_a_day=0, clump_forgiven_share=0.0)
    for number in range(0, 20, 2):
        it = stream(f"acme-{number:02}")
        scene.memory.streams.records[it] = replace(scene.memory.streams.records[it], policy=lenient)
    scene.look()
    assert not {name for name in scene.off if int(name[-2:]) % 2 == 0}


def test_in_observe_mode_nothing_is_turned(scene):
    observe = Policy(mode=Mode.OBSERVE, clump_forgiven_a_day=0, clump_forgiven_share=0.0)
    scene.memory.streams.policy = observe
    scene.split()
    scene.look()
    assert scene.off == set()
    assert scene.memory.bus.details("Tenant Paused")[0]["outcome"] == Outcome.OBSERVED


def test_the_guards_own_notices_are_never_paused_for_it(scene):
    scene.split()
    scene.registry.streams["acme"].append(NOTICES)
    scene.memory.counts.sent(NOTICES, NOW - MINUTE, 16, bounces=16)
    scene.look()
    assert scene.off
    assert NOTICES.configuration_set not in scene.off


def test_where_one_streams_counts_cannot_be_read_nobody_is_paused_and_the_tenant_stays_due(scene):
    scene.split()
    failing = AwsError("Query", "Throttling", retryable=True)

    def fail(_: str) -> None:
        raise failing

    scene.memory.counts.hook = fail
    assert scene.look().failed == {"acme": "Throttling"}
    assert scene.off == set()
    scene.memory.counts.hook = lambda _: None
    scene.look(NOW + MINUTE)
    assert scene.off


def test_what_was_resumed_brings_only_its_mail_since_then(scene):
    scene.split()
    scene.look()
    for name in scene.off:
        it = stream(name)
        record = scene.memory.streams.records[it]
        state = record.state.resumed(NOW + HOUR)
        scene.memory.streams.records[it] = replace(record, state=state)
        scene.memory.switch.sets[it] = Sending.ON
    scene.look(NOW + 2 * HOUR)
    assert scene.off == set()


def test_a_pause_that_waits_for_room_waits_on_though_the_stream_alone_says_nothing(scene):
    scene.memory.budget.cap = 0
    scene.split()
    scene.look()
    assert scene.off == set()
    record = scene.memory.streams.load(stream("acme-00"))
    assert record.waiting.reason == "tenant"
    scene.memory.budget.cap = 20
    sweep(scene.memory.deps, scene.memory.alarms, NOW + MINUTE)
    assert "acme-00" in scene.off


def test_and_is_let_go_when_all_of_them_are_well_again(scene):
    scene.memory.budget.cap = 0
    scene.split()
    scene.look()
    for name in list(scene.memory.counts.mail):
        scene.memory.counts.sent(name, NOW, 5_000)
    scene.look(NOW + MINUTE)
    assert scene.memory.streams.load(stream("acme-00")).waiting is None


def test_of_a_tenant_of_very_many_streams_some_are_read_at_a_time_and_all_are_found_in_the_end(scene):
    scene.split(sets=450, mails=16, bounces=5)
    scene.look()
    assert 100 < len(scene.off) <= 200
    for minute in range(1, 8):
        scene.look(NOW + minute * MINUTE)
    assert len(scene.off) > 380
