"""What is written to the bus and what is read from it is one struct."""

from __future__ import annotations

from typing import Any

import pytest

from sesguard.account.shield import shield
from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType, event_of, operator_notice
from sesguard.bus.evidence import Evidence
from sesguard.bus.read import read
from sesguard.pausing.decision import Alarm
from sesguard.pausing.enforce import act
from sesguard.policy import Mode
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.account import AccountScene, account_alarm
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.enforcing import enforce
from tests.fakes.notify import enveloped
from tests.fakes.schemas import check_event
from tests.fakes.world import ACME, Memory


def a_pause(**bad: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The event of a pause, and the evidence that the journal has of it."""
    memory = Memory()
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 5_000, **bad)
    act(memory.deps, ACME, Alarm(AlarmValue.ALARM, NOW), NOW, {"alarm": {"name": "n", "own": True, "reason": "r"}})
    event = next(it for it in memory.bus.events if it["type"] == "Tenant Paused")
    return event, memory.streams.entries(ACME, "decided")[-1].evidence


def at_risk() -> dict[str, Any]:
    scene = AccountScene(Mode.OBSERVE)
    scene.sent("good", 70_000, bounces=500)
    scene.sent("worse", 20_000, bounces=4_000)
    enforce(scene.memory.deps, account_alarm(NOW), NOW)
    shield(scene.memory.deps, scene.shield, NOW + MINUTE)
    return next(it for it in scene.memory.bus.events if it["type"] == "Account At Risk")


@pytest.mark.parametrize(
    "event",
    [
        at_risk(),
        operator_notice("subject", "text", "key", NOW),
        operator_notice("subject", "text", "key", NOW, ACME),
    ],
    ids=["at risk", "notice", "notice on a stream"],
)
def test_what_is_read_would_be_written_as_it_was(event):
    check_event(event)
    news = read(enveloped(event))
    assert news is not None
    assert event_of(DetailType(event["type"]), news) == event


@pytest.mark.parametrize("bad", [{"bounces": 900}, {"complaints": 200}], ids=repr)
def test_a_transition_is_read_as_it_was_written_and_its_evidence_is_what_the_journal_has(bad):
    event, evidence = a_pause(**bad)
    news = read(enveloped(event))
    assert isinstance(news, Transition)
    again = event_of(news.kind, news)
    assert again["type"] == event["type"]
    assert again["detail"]["evidence"].items() >= event["detail"]["evidence"].items()
    assert {**again["detail"], "evidence": {}} == {**event["detail"], "evidence": {}}
    assert set(event["detail"]["evidence"]) == set(evidence)


def test_times_are_written_with_microseconds_even_where_there_are_none():
    whole = NOW.replace(microsecond=0)
    assert operator_notice("subject", "text", "key", whole)["detail"]["at"].endswith(".000000Z")


def test_an_event_of_an_older_version_is_read():
    event, _ = a_pause(bounces=900)
    newer = {"action", "to", "from", "pause", "resumes_after", "version"}
    older = {name: value for name, value in event["detail"].items() if name not in newer}
    news = read(enveloped({**event, "detail": older | {"evidence": {}}}))
    assert isinstance(news, Transition)
    assert (news.evidence, news.pause) == (Evidence(), None)


def test_an_event_of_a_newer_version_is_read_but_for_what_this_one_does_not_know():
    event, _ = a_pause(bounces=900)
    evidence = event["detail"]["evidence"] | {"weather": "fair"}
    detail = event["detail"] | {"reason": "a newer one", "evidence": evidence, "weather": "fair"}
    news = read(enveloped({**event, "detail": detail}))
    assert isinstance(news, Transition)
    assert news.reason == "a newer one"


def test_evidence_that_is_no_evidence_keeps_no_event_back():
    assert Evidence.of({"volume": "many", "weather": "fair"}).volume == "many"
