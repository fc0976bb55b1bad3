"""The events that the guard puts on its bus, one for each transition of a stream, and notices to the operator.

What each holds is in ``schemas/``; ``detail.version`` rises with every change that a reader could trip over.
``detail.id`` stays the same however often an event is published, so that a reader can tell a repetition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from sesguard.stream import StreamId

SOURCE: Final = "sesguard"
VERSION: Final = "1"

Event = Mapping[str, Any]


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


def operator_notice(subject: str, text: str, key: str, now: datetime, stream: StreamId | None = None) -> Event:
    """Make an event that tells the operator alone. Notices with one ``key`` are told once."""
    detail = {
        "version": VERSION,
        "id": event_id("operator", key),
        "at": iso(now),
        "stream": stream_fields(stream) if stream else None,
        "subject": subject,
        "text": text,
    }
    return {"type": DetailType.OPERATOR.value, "detail": detail}


def pending(event: Event) -> bool:
    """Whether what the event tells of is not done yet, so that it must wait."""
    return bool(event["detail"].get("outcome") == Outcome.ASKED)


def settled(event: Event, outcome: Outcome) -> Event:
    """Give an event that waited its outcome; any other comes back as it is."""
    return {**event, "detail": {**event["detail"], "outcome": outcome.value}} if pending(event) else event


def stream_fields(stream: StreamId) -> dict[str, str]:
    return stream._asdict()


def iso(at: datetime) -> str:
    """UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def event_id(*parts: str) -> str:
    """An id that is the same for the same parts."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
