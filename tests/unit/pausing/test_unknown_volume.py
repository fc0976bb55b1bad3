"""A stream of whose mail no volume is published: owner and operator are told once, and the daily audit sees it end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from tests.fakes.rounds import MemoryAuditCursor
from tests.fakes.telling import PostOffice

from sesguard.detection.look import look_at
from sesguard.errors import AwsError
from sesguard.notify.contacts import TenantContacts
from sesguard.pausing.daily_audit import audit_next
from sesguard.pausing.record import Sending
from sesguard.pausing.swept import Swept
from sesguard.pausing.unknown_volume import tell_unknown_volume
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.world import ACME, Memory, MemoryTenants

OWNER = "owner@acme.example"


class Scene:
    """acme-news, which publishes bounces alone: 30 of them in three hours."""

    def __init__(self, tenant: str = "acme") -> None:
        self.memory = Memory()
        self.memory.switch.sets[ACME] = Sending.ON
        self.memory.streams.save(replace(self.memory.streams.load(ACME), tenant=tenant))
        for hour in range(3):
            self.memory.counts.sent(ACME, NOW - hour * HOUR, 0, bounces=10)
        self.rounds = MemoryAuditCursor(self.memory.streams)

    def look(self, at: datetime = NOW) -> None:
        record = self.memory.streams.load(ACME)
        _, verdict = look_at(self.memory.counts, ACME, at, None, record.policy, record.limits)
        tell_unknown_volume(self.memory.deps, record, verdict.unknown, at)

    def audit(self, at: datetime) -> Swept:
        swept = Swept()
        audit_next(self.memory.deps, self.rounds, swept, at)
        return swept

    @property
    def told_at(self) -> datetime | None:
        return self.memory.streams.load(ACME).state.volume_told


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_owner_and_operator_are_told_once_in_the_same_words(scene: Scene) -> None:
    for minutes in range(3):
        scene.look(NOW + minutes * MINUTE)
    (event,) = scene.memory.bus.events
    office = PostOffice(MemoryTenants(TenantContacts("acme", "Acme Ltd", (OWNER,)), streams={ACME: "acme"}))
    office.notify(event)
    ((to, subject, text),) = office.sent.mails
    assert to == OWNER
    assert "acme-news publishes no volume" in subject
    assert "Let its event destination publish Send events too" in " ".join(text.split())
    assert "operator" not in text.casefold()
    ((_, to_operator),) = office.sent.told
    assert "1 told by mail" in to_operator


def test_of_a_stream_without_a_tenant_the_operator_alone_is_told() -> None:
    scene = Scene(tenant="")
    scene.look()
    office = PostOffice()
    office.notify(*scene.memory.bus.events)
    assert office.sent.mails == []
    assert len(office.sent.told) == 1


def test_whoever_has_the_stream_by_now_is_told(scene: Scene) -> None:
    scene.look()
    office = PostOffice(MemoryTenants(TenantContacts("heir", "Heir", ("heir@heir.example",)), streams={ACME: "heir"}))
    office.notify(*scene.memory.bus.events)
    assert [to for to, _, _ in office.sent.mails] == ["heir@heir.example"]


def test_it_is_listed_until_the_daily_audit_finds_that_volume_is_published(scene: Scene) -> None:
    scene.look()
    assert list(scene.memory.streams.without_volume()) == [ACME]
    assert scene.audit(NOW + HOUR).without_volume == [ACME]
    assert scene.told_at == NOW
    for hour in range(1, 20):
        scene.memory.counts.sent(ACME, NOW + hour * HOUR, 500, bounces=3)
    assert scene.audit(NOW + 2 * DAY).without_volume == []
    assert scene.told_at is None
    assert list(scene.memory.streams.without_volume()) == []


def test_what_comes_back_is_told_again(scene: Scene) -> None:
    scene.look()
    for hour in range(1, 20):
        scene.memory.counts.sent(ACME, NOW + hour * HOUR, 500)
    scene.audit(NOW + 2 * DAY)
    for hour in range(4):
        scene.memory.counts.sent(ACME, NOW + 3 * DAY + hour * HOUR, 0, bounces=10)
    scene.look(NOW + 3 * DAY + 4 * HOUR)
    assert [event["detail"]["subject"] for event in scene.memory.bus.events] == [
        "acme-news publishes no volume",
        "Send events of acme-news are missing",
    ]


def test_counts_that_cannot_be_read_leave_it_as_it_is(scene: Scene) -> None:
    scene.look()

    def fail(_: str) -> None:
        raise AwsError("Query", "Throttling", retryable=True)

    scene.memory.counts.hook = fail
    assert scene.audit(NOW + HOUR).failed == {ACME: "Throttling"}
    assert scene.told_at == NOW
