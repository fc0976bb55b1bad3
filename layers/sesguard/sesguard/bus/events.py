"""The events that the guard puts on its bus, one for each transition of a stream, and notices to the operator.

What each holds is one struct, here or in ``bus.details``, that it is written from and read into, and ``schemas/`` is
generated of; ``detail.version`` rises with every change that a reader could trip over.
``detail.id`` stays the same however often an event is published, so that a reader can tell a repetition.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from sesguard.bus.fields import VERSION, AccountNumber, EventId, FilledText, Moment, SetName, Version, described
from sesguard.stream import StreamId

SOURCE: Final = "sesguard"
CENTRE: Final = "sesguard.centre"
"""The source of what the centre puts onto guards' buses: rules for what guards say do not match it."""

Event = Mapping[str, Any]
"""An event as it is stored and published: its ``type``, which is EventBridge's detail-type, and its JSON ``detail``."""


class DetailType(StrEnum):
    WARNED = "Tenant Warned"
    CALM = "Tenant Calm"
    PAUSED = "Tenant Paused"
    HELD = "Tenant Held"
    RESUMED = "Tenant Resumed"
    RECOVERED = "Tenant Recovered"
    AWAITING = "Tenant Awaiting Acknowledgement"
    ACCOUNT_AT_RISK = "Account At Risk"
    OPERATOR = "Operator Notice"
    DOMAIN = "Domain Posture"
    HEARTBEAT = "Guard Heartbeat"
    PAUSED_ELSEWHERE = "Paused Elsewhere"


class Outcome(StrEnum):
    """What became of a decision. Asked and done differ, and both are on record."""

    ASKED = "asked"  # the switch is still due
    PAUSED = "paused"
    RESUMED = "resumed"
    OBSERVED = "observed"  # the mode was observe: nothing was turned
    ALREADY_OFF = "already_off"  # somebody else had turned it off
    LEFT = "left"  # the guard had not turned it off, so it turned nothing on
    UNKNOWN_SET = "unknown_set"  # SES has no such configuration set
    FAILED = "failed"  # SES refused for good
    NOTED = "noted"  # there was nothing to turn
    FOUND_ON = "found_on"  # somebody turned it on
    FOUND_OFF = "found_off"  # somebody turned it off
    OFF_BY_AWS = "off_by_aws"  # SES itself has stopped it
    ON_BY_AWS = "on_by_aws"  # and lets it send again
    WAITS = "waits"  # too many pauses within an hour: it waits for an operator
    DROPPED = "dropped"  # and the operator dropped it
    VANISHED = "vanished"  # and what it rested on is gone


UNPUBLISHED: Final = frozenset({Outcome.ASKED, Outcome.WAITS, Outcome.DROPPED, Outcome.VANISHED})
"""Outcomes that the journal knows and no event ends with: what is asked waits until it is done."""


class StreamFields(msgspec.Struct, frozen=True):
    """A stream, as events name it."""

    account: AccountNumber
    region: FilledText
    configuration_set: SetName


class OperatorNotice(msgspec.Struct, frozen=True):
    """Something that the operator has to know, and the owner of the stream where a tenant is named."""

    id: EventId
    subject: FilledText
    text: FilledText
    at: Moment | None = None
    stream_fields: StreamFields | None = msgspec.field(default=None, name="stream")
    tenant: Annotated[str, described("whose owner is told as well; empty for nobody's")] = ""
    version: Version = VERSION


def event_of(kind: DetailType, detail: msgspec.Struct) -> Event:
    """Make the event of a struct: plain JSON data, with its times as ``iso`` writes them."""
    plain = msgspec.to_builtins(detail, builtin_types=(datetime,))
    plain.pop("kind", None)  # of a Transition: its type says it
    return {"type": kind.value, "detail": json.loads(json.dumps(plain, default=iso))}


def operator_notice(
    subject: str, text: str, key: str, now: datetime, stream: StreamId | None = None, tenant: str = ""
) -> Event:
    """Make an event that tells the operator, and the owner of ``tenant``. Notices with one ``key`` are told once."""
    about = StreamFields(*stream) if stream else None
    return event_of(DetailType.OPERATOR, OperatorNotice(event_id("operator", key), subject, text, now, about, tenant))


def pending(event: Event) -> bool:
    """Whether what the event tells of is not done yet, so that it must wait."""
    return bool(event["detail"].get("outcome") == Outcome.ASKED)


def with_outcome(event: Event, outcome: Outcome) -> Event:
    """Give an event that waited its outcome; any other comes back as it is."""
    return {**event, "detail": {**event["detail"], "outcome": outcome.value}} if pending(event) else event


def iso(at: datetime) -> str:
    """UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event_id(*parts: str) -> str:
    """An id that is the same for the same parts."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
