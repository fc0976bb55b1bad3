"""A stream of whose mail no volume is published: it is waited for, then owner and operator are told once.

The daily audit sees it end. Volume that comes later than the outcomes it belongs to is weighed within a minute.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from sesguard.detection.look import look_at
from sesguard.errors import AwsError, ConflictError
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.daily_audit import audit_next
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import sweep
from sesguard.pausing.swept import Swept
from sesguard.pausing.unknown_volume import WAITED_FOR, note_unknown_volume
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.cursors import MemoryAuditCursor
from tests.fakes.notify import NotifyScene
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
        note_unknown_volume(self.memory.deps, record, verdict.unknown, at)

    def sweep(self, at: datetime) -> Swept:
        return sweep(self.memory.deps, self.memory.alarms, at)

    def wait(self, at: datetime = NOW) -> None:
        """Look, and let the sweep wait in vain."""
        self.look(at)
        self.sweep(at + WAITED_FOR)

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
    scene.look()
    for minutes in range(30):
        assert (scene.memory.bus.events == []) == (minutes * MINUTE <= WAITED_FOR)
        scene.look(NOW + minutes * MINUTE)
        scene.sweep(NOW + minutes * MINUTE)
    (event,) = scene.memory.bus.events
    told = NotifyScene(MemoryTenants(TenantContacts("acme", "Acme Ltd", (OWNER,)), streams={ACME: "acme"}))
    told.notify(event)
    ((to, subject, text),) = told.sent.mails
    assert to == OWNER
    assert "acme-news publishes no volume" in subject
    assert "Let its event destination publish Send events too" in " ".join(text.split())
    assert "operator" not in text.casefold()
    ((_, to_operator),) = told.sent.told
    assert "1 told by mail" in to_operator


def test_of_a_stream_without_a_tenant_the_operator_alone_is_told() -> None:
    scene = Scene(tenant="")
    scene.wait()
    told = NotifyScene()
    told.notify(*scene.memory.bus.events)
    assert told.sent.mails == []
    assert len(told.sent.told) == 1


def test_whoever_has_the_stream_by_now_is_told(scene: Scene) -> None:
    scene.wait()
    told = NotifyScene(MemoryTenants(TenantContacts("heir", "Heir", ("heir@heir.example",)), streams={ACME: "heir"}))
    told.notify(*scene.memory.bus.events)
    assert [to for to, _, _ in told.sent.mails] == ["heir@heir.example"]


def test_it_is_listed_until_the_daily_audit_finds_that_volume_is_published(scene: Scene) -> None:
    scene.wait()
    assert list(scene.memory.streams.without_volume()) == [ACME]
    assert scene.audit(NOW + HOUR).without_volume == [ACME]
    assert scene.told_at == NOW + WAITED_FOR
    for hour in range(1, 20):
        scene.memory.counts.sent(ACME, NOW + hour * HOUR, 500, bounces=3)
    assert scene.audit(NOW + 2 * DAY).without_volume == []
    assert scene.told_at is None
    scene.sweep(NOW + 2 * DAY + WAITED_FOR)
    assert list(scene.memory.streams.without_volume()) == list(scene.memory.streams.not_healthy()) == []


def test_what_comes_back_is_told_again(scene: Scene) -> None:
    scene.wait()
    for hour in range(1, 20):
        scene.memory.counts.sent(ACME, NOW + hour * HOUR, 500)
    scene.audit(NOW + 2 * DAY)
    scene.sweep(NOW + 2 * DAY)
    for hour in range(4):
        scene.memory.counts.sent(ACME, NOW + 3 * DAY + hour * HOUR, 0, bounces=10)
    scene.look(NOW + 3 * DAY + 4 * HOUR)
    assert [event["detail"]["subject"] for event in scene.memory.bus.events] == [
        "acme-news publishes no volume",
        "Send events of acme-news are missing",
    ]


def test_counts_that_cannot_be_read_leave_it_as_it_is(scene: Scene) -> None:
    scene.wait()

    def fail(_: str) -> None:
        raise AwsError("Query", "Throttling", retryable=True)

    scene.memory.counts.hook = fail
    assert scene.audit(NOW + HOUR).failed == {ACME: "Throttling"}
    assert scene.told_at == NOW + WAITED_FOR


def late(scene: Scene, mails: int, at: datetime = NOW) -> Status:
    """30 bounces come, then the volume of their mail with nothing after it, then the sweep."""
    scene.look(at)
    scene.memory.counts.sent(ACME, at, mails)
    scene.sweep(at + MINUTE)
    return scene.memory.streams.load(ACME).state.status


def test_volume_that_comes_after_the_last_bounce_is_weighed_by_the_next_sweep() -> None:
    scene = Scene()
    scene.memory.counts.mail.clear()
    scene.memory.counts.sent(ACME, NOW, 0, bounces=45)
    assert late(scene, 45) is Status.PAUSED
    assert scene.memory.switch.sets[ACME] is Sending.OFF
    assert scene.memory.bus.types == ["Tenant Paused"]


def test_and_a_good_stream_is_let_go_and_nobody_is_told() -> None:
    scene = Scene()
    scene.memory.counts.mail.clear()
    scene.memory.counts.sent(ACME, NOW, 0, bounces=45)
    assert late(scene, 9_000) is Status.HEALTHY
    assert list(scene.memory.streams.not_healthy()) == []
    assert scene.memory.bus.events == []
    assert scene.memory.alarms.published == []


def test_an_hour_whose_volume_is_less_than_that_of_before_is_weighed_by_its_own_when_that_comes() -> None:
    scene = Scene()
    scene.memory.counts.mail.clear()
    for day in range(1, 8):
        scene.memory.counts.sent(ACME, NOW - day * DAY, 50_000, bounces=100)
    scene.memory.counts.sent(ACME, NOW, 0, bounces=400)
    assert late(scene, 500) is Status.PAUSED


def test_of_mail_sent_long_ago_no_volume_is_waited_for() -> None:
    scene = Scene()
    scene.memory.counts.mail.clear()
    scene.memory.counts.sent(ACME, NOW - 5 * HOUR, 0, bounces=45)
    scene.look()
    assert list(scene.memory.streams.not_healthy()) == []


def test_a_stream_of_which_people_know_that_it_publishes_none_is_not_looked_at_every_minute(scene: Scene) -> None:
    scene.wait()
    for minutes in range(11, 20):
        scene.look(NOW + minutes * MINUTE)
        assert list(scene.memory.streams.not_healthy()) == []


@pytest.mark.parametrize("error", [AwsError("TransactWriteItems", "Throttling", retryable=True), ConflictError("acme")])
def test_where_the_waiting_cannot_be_put_on_record_the_bounces_come_again(scene: Scene, error: Exception) -> None:
    def fail(name: str) -> None:
        if name == "save":
            raise error

    scene.memory.streams.hook = fail
    with pytest.raises(type(error)):
        scene.look()


def test_volume_that_is_published_at_last_is_weighed_without_another_bounce(scene: Scene) -> None:
    scene.wait()
    scene.memory.counts.mail.clear()
    scene.memory.counts.sent(ACME, NOW + HOUR, 500, bounces=400)
    scene.audit(NOW + 2 * HOUR)
    scene.sweep(NOW + 2 * HOUR)
    assert scene.memory.streams.load(ACME).state.status is Status.PAUSED
