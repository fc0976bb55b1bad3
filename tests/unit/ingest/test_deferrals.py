"""Mail that is deferred as not authenticated weighs nothing, and once it is much, its domains are looked at."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from sesguard.aws.counts.deferrals import DynamoDeferrals
from sesguard.errors import AwsError
from sesguard.ingest.batch import Batch, ingest
from sesguard.ingest.deferrals import MANY, Deferrals, note_deferrals
from sesguard.ingest.senders import RegisteredSender, Senders
from sesguard.posture.messages import LookRequest, read_request, written_request
from sesguard.ses_events.context import Context
from tests.fakes.clock import HOUR, MINUTE, NOW
from tests.fakes.guard import OneByOne
from tests.fakes.tables import TABLES, in_memory
from tests.fakes.world import ACME, Memory
from tests.ses_events import ACCOUNT, REGION, a_bounce, a_mail


class Looks:
    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.fails = False

    def ask(self, stream: Any, tenant: str, now: Any) -> None:
        if self.fails:
            raise AwsError("SendMessage", "InternalError", retryable=True)
        self.asked.append((stream, tenant))


class World:
    def __init__(self) -> None:
        self.memory = Memory()
        self.looks = Looks()
        self.deps = Deferrals(
            counter=DynamoDeferrals(in_memory(), TABLES.cohorts),
            counts=self.memory.counts,
            streams=self.memory.streams,
            looks=self.looks,
        )

    def note(self, count: int, now: Any = NOW) -> None:
        note_deferrals(self.deps, {ACME: count}, now)


@pytest.fixture
def world() -> World:
    return World()


def deferred(*codes: str, **mail: Any) -> Any:
    recipients = [
        {"emailAddress": f"r{place}@mailbox.example", "status": code, "diagnosticCode": f"smtp; 450 {code} no"}
        for place, code in enumerate(codes)
    ]
    event = a_bounce(mail=a_mail(**mail))
    event["bounce"] |= {"bounceType": "Transient", "bounceSubType": "General", "bouncedRecipients": recipients}
    return event


def taken(*events: Any, senders: Any = None) -> Batch:
    class Writer:
        def add(self, parts: Any, now: Any, left: Any) -> list[Any]:
            assert not parts  # it counts for nothing
            return []

    bodies = [json.dumps(event) for event in events]
    guard: Any = SimpleNamespace(parallel=OneByOne())  # nothing is weighed
    return ingest(bodies, Context(), Writer(), guard, NOW, lambda: 60.0, senders)


@pytest.mark.parametrize("code", ["4.7.26", "5.7.26", "5.7.515", "4.7.30"])
def test_transient_bounces_for_want_of_authentication_are_noticed_and_count_for_nothing(code: str):
    batch = taken(deferred(code, code))
    assert batch.deferred == {ACME: 2}


@pytest.mark.parametrize("code", ["4.2.2", "4.4.7", "5.7.1", "4.7.28", "", "nonsense"])
def test_others_are_not(code: str):
    assert taken(deferred(code)).deferred == {}


def test_a_delivery_delay_says_it_as_well():
    event = deferred("4.7.26")
    delayed = event.pop("bounce")["bouncedRecipients"]
    event |= {"eventType": "DeliveryDelay", "deliveryDelay": {"delayType": "General", "delayedRecipients": delayed}}
    assert taken(event).deferred == {ACME: 1}


def test_mail_from_another_tenants_identity_says_nothing_of_the_stream():
    class Known:
        def load(self, *_: Any) -> Senders:
            sets = {"acme-news": "acme", "mallory-news": "mallory"}
            return Senders(frozenset(), {"mallory.example": RegisteredSender("mallory", "mallory-news")}, sets)

    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/mallory.example"
    assert taken(deferred("4.7.26", sourceArn=arn), senders=Known()).deferred == {}


def test_a_few_are_no_surge_and_many_are(world: World):
    for _ in range(MANY - 1):
        world.note(1)
    assert world.looks.asked == []
    world.note(1)
    assert [stream for stream, _ in world.looks.asked] == [ACME]


def test_a_surge_asks_again_only_when_it_has_doubled(world: World):
    for _ in range(8 * MANY):
        world.note(1)
    assert len(world.looks.asked) == 4


def test_ones_that_are_hours_apart_are_no_surge(world: World):
    for hours in range(3 * MANY):
        world.note(1, NOW + hours * HOUR)
    assert world.looks.asked == []


@pytest.mark.parametrize(("sent", "asked"), [(MANY * 19, 1), (MANY * 21, 0)])
def test_what_is_little_of_what_was_sent_is_no_surge(world: World, sent: int, asked: int):
    world.memory.counts.sent(ACME, NOW - 5 * MINUTE, sent)
    world.note(MANY)
    assert len(world.looks.asked) == asked


def test_what_fails_stops_nothing(world: World):
    world.looks.fails = True
    world.note(MANY)
    world.looks.fails = False
    world.note(MANY)
    assert len(world.looks.asked) == 1


def test_the_request_is_read_as_it_was_written():
    request = LookRequest(refused=str(ACME), tenant="acme", incident="deferred/x")
    assert read_request(written_request(request)) == request
