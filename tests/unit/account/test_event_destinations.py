"""A set that does not publish to the guard any more is found within a day, and told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sesguard.account.event_destinations import Followed, tell_blind
from sesguard.aws.ses.event_destinations import SesEventDestinations
from sesguard.errors import AwsError
from tests.fakes.clock import NOW
from tests.fakes.cursors import MemoryAuditCursor
from tests.fakes.world import ACME, Memory

TOPIC = "arn:aws:sns:eu-west-1:123456789012:events"
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
HOME = ACME._replace(configuration_set="")


def destination(*types: str, enabled: bool = True, **to: Any) -> dict[str, Any]:
    return {
        "Enabled": enabled,
        "MatchingEventTypes": list(types or ("SEND", "BOUNCE", "COMPLAINT")),
        **(to or {"SnsDestination": {"TopicArn": TOPIC}}),
    }


class Ses:
    def __init__(self, *destinations: dict[str, Any]) -> None:
        self.destinations = list(destinations)

    def get_configuration_set_event_destinations(self, **_: str) -> dict[str, Any]:
        return {"EventDestinations": self.destinations}


@pytest.mark.parametrize(
    ("destinations", "problem"),
    [
        ([destination()], ""),
        ([destination("DELIVERY", "BOUNCE", "COMPLAINT")], ""),
        ([destination("BOUNCE", "SEND"), destination("COMPLAINT")], ""),
        ([], "no event destination leads to the guard"),
        (
            [destination(SnsDestination={"TopicArn": "arn:aws:sns:eu-west-1:123456789012:others"})],
            "no event destination leads to the guard",
        ),
        ([destination(enabled=False)], "switched off"),
        ([destination("BOUNCE", "COMPLAINT")], "leaves out SEND"),
        ([destination("SEND")], "leaves out BOUNCE, COMPLAINT"),
    ],
)
def test_what_keeps_events_from_the_guard_is_said(destinations, problem):
    found = SesEventDestinations(Ses(*destinations), TOPIC).problem_of("acme-news")  # type: ignore[arg-type]  # a twin
    assert found.endswith(problem) if problem else found == ""


def test_eventbridge_is_a_way_too():
    ses = Ses(destination(EventBridgeDestination={"EventBusArn": BUS}))
    assert SesEventDestinations(ses, BUS).problem_of("acme-news") == ""  # type: ignore[arg-type]  # a twin


class Broken:
    def __init__(self, said: str | Exception) -> None:
        self.said = said

    def problem_of(self, _: str) -> str:
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


@pytest.fixture
def memory() -> Memory:
    memory = Memory()
    memory.streams.save(replace(memory.streams.load(ACME), tenant="acme"))
    return memory


def test_it_is_told_once_an_hour_with_what_to_type(memory):
    assert tell_blind(memory.deps, Broken("it is gone"), HOME, [str(ACME)], NOW) == ["acme-news: it is gone"]
    tell_blind(memory.deps, Broken("it is gone"), HOME, [str(ACME)], NOW)
    first, second = memory.bus.events
    assert first["detail"]["id"] == second["detail"]["id"]
    assert "sesguard tenants repair" in first["detail"]["text"]


def test_nobody_is_told_of_what_is_well_elsewhere_or_has_left(memory):
    elsewhere = str(ACME._replace(region="us-east-1"))
    assert tell_blind(memory.deps, Broken(""), HOME, [str(ACME)], NOW) == []
    assert tell_blind(memory.deps, Broken("gone"), HOME, [elsewhere, "no stream", str(HOME)], NOW) == []
    memory.streams.save(replace(memory.streams.load(ACME), offboarded=True))
    assert tell_blind(memory.deps, Broken("gone"), HOME, [str(ACME)], NOW) == []
    assert memory.bus.events == []


def test_a_look_that_fails_stops_no_other(memory):
    failing = Broken(AwsError("GetConfigurationSetEventDestinations", "Throttling", retryable=True))
    assert tell_blind(memory.deps, failing, HOME, [str(ACME), str(ACME)], NOW) == []


def test_what_the_daily_round_looks_at_is_looked_at(memory):
    followed = Followed(MemoryAuditCursor(memory.streams))
    assert str(ACME) in followed.following("", 8)
    assert followed.seen == [str(ACME)]
