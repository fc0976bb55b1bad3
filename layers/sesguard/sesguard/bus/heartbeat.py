"""A guard's sign of life for the centre: what it is, how it is set, and how its last sweep went."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import msgspec

from sesguard.bus.events import DetailType, Event, event_id, event_of
from sesguard.bus.fields import (
    VERSION,
    AccountNumber,
    Amount,
    EventId,
    FilledText,
    Moment,
    SetName,
    Version,
    Weight,
    described,
)


class StreamStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream that is not healthy stands. risk: of its evidence now; 0 where it was not weighed."""

    configuration_set: SetName
    state: str
    tenant: str = ""
    since: Moment | None = None
    risk: Weight = 0.0


MOST_STREAMS: Final = 20
"""Streams that a sign of life names: some 4 KB of the 256 that an event may have."""


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True):
    """Sent every few minutes by the sweep of a guard that has a centre.

    guard: the version of its code. settings: the template's parameters that its sweep knows, as texts. unhealthy:
    streams that are not healthy. waiting: pauses that wait for SES. dead_letters: messages that were given up. takes:
    the kinds of the centre's events that it has a rule for. states: how many streams that are not healthy there are of
    each state. worst: those that stand worst.
    """

    version: Version = VERSION
    id: EventId
    at: Moment
    account: AccountNumber
    region: FilledText
    stack: FilledText
    guard: FilledText
    settings: Mapping[str, str] = {}
    unhealthy: Amount = 0
    waiting: Amount = 0
    dead_letters: Amount = 0
    takes: tuple[str, ...] = ()
    states: Mapping[str, Amount] = {}
    worst: Annotated[tuple[StreamStanding, ...], described(maxItems=MOST_STREAMS)] = ()


TAKES: Final = (DetailType.PAUSED_ELSEWHERE.value,)
"""What this version's template has a rule for on the guard's bus."""
EVERY_MINUTES = 5
"""Sweeps come every minute; of these one in so many says so, by the clock, so that none has to remember."""


def is_due(now: datetime) -> bool:
    """Whether the sweep of this minute says that it lives."""
    return now.minute % EVERY_MINUTES == 0


def heartbeat(now: datetime, account: str, region: str, stack: str, **rest: object) -> Event:
    """Make the event. ``rest``: the other fields of Heartbeat."""
    identity = event_id("heartbeat", account, region, stack, f"{now:%Y-%m-%dT%H:%M}")
    told = Heartbeat(id=identity, at=now, account=account, region=region, stack=stack, takes=TAKES, **rest)  # type: ignore[arg-type]  # as the struct says
    return event_of(DetailType.HEARTBEAT, told)
